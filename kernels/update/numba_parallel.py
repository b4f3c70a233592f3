"""``update.numba_parallel``: the update as a compiled loop on all cores.

    w = w - eta g              read w and g, write w, in one pass

Reference: Numba documentation, "Automatic parallelization with @jit".

Differs from ``update.numba_loop`` in dividing the loop among threads; what they cost to
start shows on small tensors.
"""

from __future__ import annotations

from kernels.backends.numba.updating import NumbaUpdateKernel


class NumbaParallel(NumbaUpdateKernel):
    """A compiled loop, on all cores."""

    name = "update.numba_parallel"
    operator = "compiled loop"
    bytes_per_parameter = 12
    parallel = True


KERNEL = NumbaParallel()
