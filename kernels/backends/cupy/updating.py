"""What the ``update.cupy_*`` kernels share that CuPy compiles: parameters and gradients."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kernels.backends.cupy.devices import select
from kernels.backends.cupy.imports import cupy
from kernels.defaults import UpdateDefaults

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kernels.contract import Weight


@dataclass
class CupyUpdateState:
    """Arrays of one update.

    Attributes
    ----------
    w, g : list of cupy.ndarray, each of shape (n,)
    eta : float
    apply : object
        What else the kernel made in ``prepare``.
    """

    w: list[Any]
    g: list[Any]
    eta: float
    apply: Any = None


class CupyUpdateKernel(UpdateDefaults, ABC):
    """An update of CuPy arrays; subclasses give ``update``."""

    backend = "cupy"

    def prepare(
        self, device: str, weights: Sequence[Weight], gradients: Sequence[Weight], eta: float
    ) -> CupyUpdateState:
        """Copy the parameters and their gradients to the GPU."""
        select(device)
        w, g = [cupy.array(one) for one in weights], [cupy.array(one) for one in gradients]
        return CupyUpdateState(w, g, eta)

    @abstractmethod
    def update(self, state: CupyUpdateState) -> None:
        """Enqueue one update of all tensors; timed."""

    def parameters(self, state: CupyUpdateState) -> list[Weight]:
        """Wait, and return copies of the parameters, each of shape (n,)."""
        return [cupy.asnumpy(w) for w in state.w]
