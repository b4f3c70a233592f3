"""Waits until a device has nothing left to do, for which JAX has no call of its own.

JAX gives an array before its values are there, on the CPU too. Every array that is alive is
waited for, which covers all that anyone can still ask for, copies to the device included, and
what was enqueued before it: a GPU takes operators in that order (one stream).

On the CPU, where it costs a microsecond, an operator is enqueued last and waited for as well,
which covers results that nobody holds any more. On a GPU its launch would be part of the time
of every round, and what is timed holds its last result: a kernel its parameters, a control its
array.

It costs a seventh of a microsecond more for every array that is alive.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from kernels.backends.jax.devices import kind_of, named
from kernels.backends.jax.imports import jax


@cache
def _last_operator() -> tuple[Any, Any]:
    """Return an operator, compiled, and its argument on the CPU."""
    argument = jax.device_put(np.zeros((), dtype=np.float32), named("cpu(0)"))
    operator = jax.jit(lambda x: x + 1)
    operator(argument).block_until_ready()
    return operator, argument


def drain(device: str) -> None:
    """Return once a device has nothing left to do.

    Parameters
    ----------
    device : str
    """
    kind, last = kind_of(device), []
    if kind == "cpu":
        operator, argument = _last_operator()
        last = [operator(argument)]
    for array in [*jax.live_arrays(kind), *last]:
        array.block_until_ready()
