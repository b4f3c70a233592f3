"""``numba.epoch``: a whole epoch in one compiled loop over NumPy arrays.

    for each batch:  g = sum over its samples of r x,  r = x w + b - y
                     p = p - (eta / m) g

Reference: Numba documentation, "A ~5 minute guide to Numba"; the arithmetic as in
``nd.closed_form``.

Differs from ``numpy.closed_form`` in calling nothing between two steps: no operator, no
temporary, no copy of the samples in their order.
"""

from __future__ import annotations

from kernels.backends.numba.training import NumbaEpochKernel
from kernels.cost import StepCost


class NumbaEpoch(NumbaEpochKernel):
    """An epoch in compiled code, on NumPy arrays."""

    name = "numba.epoch"
    saves = "everything between two steps: dispatch, temporaries, the copy of the samples"
    # X and y are read once, in place; parameters stay in registers or in the first cache.
    cost = StepCost(features=1, samples=1, parameters=0)


KERNEL = NumbaEpoch()
