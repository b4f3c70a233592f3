"""What the ``update.*`` kernels share: one parameter tensor, its gradient, its rate."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kernels.backends.mxnet.batches import context
from kernels.backends.mxnet.imports import mx

if TYPE_CHECKING:
    from kernels.contract import Weight


@dataclass
class UpdateState:
    """Arrays of one update.

    Attributes
    ----------
    w, g : NDArray, shape (n,)
    eta : float
    apply : object
        What else the kernel made in ``prepare``.
    """

    w: Any
    g: Any
    eta: float
    apply: Any = None


class NdUpdateKernel(ABC):
    """An update of one ``nd`` array; subclasses give ``update``."""

    backend = "mxnet"

    def prepare(self, device: str, weight: Weight, gradient: Weight, eta: float) -> UpdateState:
        """Copy the parameter and its gradient to the device."""
        ctx = context(device)
        w = mx.nd.array(weight, ctx=ctx, dtype="float32")
        g = mx.nd.array(gradient, ctx=ctx, dtype="float32")
        return UpdateState(w=w, g=g, eta=eta)

    @abstractmethod
    def update(self, state: UpdateState) -> None:
        """Enqueue one update; timed."""

    def parameters(self, state: UpdateState) -> Weight:
        """Wait, and return the parameter, shape (n,)."""
        weight: Weight = state.w.asnumpy()
        return weight
