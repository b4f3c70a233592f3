"""``update.numpy_momentum``: four operators, all in place.

    v = mu v                   read and write v
    t = eta g                  read g, write t
    v = v - t                  read v and t, write v
    w = w + v                  read w and v, write w

Reference: Sutskever, Martens, Dahl & Hinton 2013, ICML, PMLR 28:1139, equations 1 and 2.

Differs from ``update.numpy_in_place`` in the velocity: 40 bytes a parameter instead of 20.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kernels.backends.numpy.updating import NumpyUpdateKernel
from kernels.rule import VELOCITY_WITH_RATE

if TYPE_CHECKING:
    from kernels.backends.numpy.updating import NumpyUpdateState


class NumpyMomentumUpdate(NumpyUpdateKernel):
    """One temporary for all updates, with momentum."""

    name = "update.numpy_momentum"
    operator = "multiply, multiply, subtract, add"
    rule = VELOCITY_WITH_RATE
    bytes_per_parameter = 40

    def update(self, state: NumpyUpdateState) -> None:
        """Update every tensor in turn."""
        eta, mu, multiply = state.eta, self.rule.momentum, np.multiply
        for w, g, v, t in zip(state.w, state.g, state.v, state.t, strict=True):
            multiply(v, mu, out=v)
            multiply(g, eta, out=t)
            np.subtract(v, t, out=v)
            np.add(w, v, out=w)


KERNEL = NumpyMomentumUpdate()
