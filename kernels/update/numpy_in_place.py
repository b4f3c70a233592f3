"""``update.numpy_in_place``: the temporary in memory that is there already.

    t = eta g                  read g, write t
    w = w - t                  read w and t, write w

Reference: NumPy manual, "Universal functions (ufunc)", the argument ``out``.

Differs from ``update.numpy_expression`` in allocating nothing: as many bytes, but the
temporary is in a cache where it fits, and large ones need no fresh pages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kernels.backends.numpy.updating import NumpyUpdateKernel

if TYPE_CHECKING:
    from kernels.backends.numpy.updating import NumpyUpdateState


class NumpyInPlace(NumpyUpdateKernel):
    """One temporary for all updates, subtracted in place."""

    name = "update.numpy_in_place"
    operator = "multiply, subtract"
    bytes_per_parameter = 20

    def update(self, state: NumpyUpdateState) -> None:
        """Update every tensor in turn."""
        eta, multiply, subtract = state.eta, np.multiply, np.subtract
        for w, g, t in zip(state.w, state.g, state.t, strict=True):
            multiply(g, eta, out=t)
            subtract(w, t, out=w)


KERNEL = NumpyInPlace()
