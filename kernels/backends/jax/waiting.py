"""Waits until a device has nothing left to do, for which JAX has no call of its own.

JAX gives an array before its values are there, on the CPU too. Two things together leave
nothing under way:

- every array that is alive is waited for, which covers all that anyone can still ask for,
  copies to the device included;
- an operator that is enqueued last is waited for, which covers results that nobody holds
  any more: a GPU takes operators in the order they were enqueued (one stream), and so does
  the CPU those of one thread.

It costs some microseconds, and a seventh of one more for every array that is alive.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from kernels.backends.jax.devices import kind_of, named
from kernels.backends.jax.imports import jax


@cache
def _last_operator(device: str) -> tuple[Any, Any]:
    """Return an operator, compiled, and its argument on the device."""
    argument = jax.device_put(np.zeros((), dtype=np.float32), named(device))
    operator = jax.jit(lambda x: x + 1)
    operator(argument).block_until_ready()
    return operator, argument


def drain(device: str) -> None:
    """Return once a device has nothing left to do.

    Parameters
    ----------
    device : str
    """
    operator, argument = _last_operator(device)
    last = operator(argument)
    for array in jax.live_arrays(kind_of(device)):
        array.block_until_ready()
    last.block_until_ready()
