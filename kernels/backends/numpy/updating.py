"""What the ``update.numpy_*`` kernels share: parameters, gradients, velocities, a rate."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kernels.defaults import UpdateDefaults

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from kernels.contract import Weight

    Array = NDArray[np.float32]


@dataclass
class NumpyUpdateState:
    """Arrays of one update.

    Attributes
    ----------
    w, g, v, t : list of ndarray, each of shape (n,)
        Weights, gradients, velocities, and memory for a temporary. The temporaries share
        one memory, as large as the largest: only one is in use at a time.
    eta : float
    """

    w: list[Array]
    g: list[Array]
    v: list[Array]
    t: list[Array]
    eta: float


class NumpyUpdateKernel(UpdateDefaults, ABC):
    """An update of NumPy arrays; subclasses give ``update``."""

    backend = "numpy"

    def prepare(
        self,
        device: str,  # noqa: ARG002 - there is one
        weights: Sequence[Weight],
        gradients: Sequence[Weight],
        eta: float,
    ) -> NumpyUpdateState:
        """Copy the parameters and their gradients; allocate the rest."""
        temporary = np.empty(max(map(len, weights)), dtype=np.float32)
        return NumpyUpdateState(
            w=[np.array(one, dtype=np.float32) for one in weights],
            g=[np.array(one, dtype=np.float32) for one in gradients],
            v=[np.zeros(len(one), dtype=np.float32) for one in weights],
            t=[temporary[: len(one)] for one in weights],
            eta=eta,
        )

    @abstractmethod
    def update(self, state: NumpyUpdateState) -> None:
        """Update all tensors; timed."""

    def parameters(self, state: NumpyUpdateState) -> list[Weight]:
        """Return copies of the parameters, each of shape (n,)."""
        return [w.copy() for w in state.w]
