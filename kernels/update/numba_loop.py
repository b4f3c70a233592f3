"""``update.numba_loop``: the update as a compiled loop.

    w = w - eta g              read w and g, write w, in one pass

Reference: Numba documentation, "Compiling Python code with @jit".

Differs from ``update.sgd_update`` in who runs it: the calling thread, at once.
"""

from __future__ import annotations

from kernels.backends.numba.updating import NumbaUpdateKernel


class NumbaLoop(NumbaUpdateKernel):
    """A compiled loop, on one core."""

    name = "update.numba_loop"
    operator = "compiled loop"
    bytes_per_parameter = 12


KERNEL = NumbaLoop()
