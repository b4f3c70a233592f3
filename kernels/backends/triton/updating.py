"""What the ``update.triton*`` kernels share: parameters, gradients, velocities, a rate."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from kernels.backends.torch.imports import torch
from kernels.backends.torch.updating import TorchUpdateKernel
from kernels.backends.triton.devices import select
from kernels.backends.triton.geometry import UPDATE_BLOCK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kernels.backends.torch.updating import TorchUpdateState
    from kernels.contract import Weight


class TritonUpdateKernel(TorchUpdateKernel):
    """One launch for each tensor; subclasses give the kernel."""

    backend = "triton"

    @abstractmethod
    def jitted(self) -> Any:
        """Return the kernel, from the module that imports Triton."""

    def prepare(
        self, device: str, weights: Sequence[Weight], gradients: Sequence[Weight], eta: float
    ) -> TorchUpdateState:
        """Copy the parameters and their gradients to the GPU; put the launches together."""
        select(device)
        state = super().prepare(device, weights, gradients, eta)
        kernel, mu = self.jitted(), self.rule.momentum
        state.apply = [
            (
                kernel[(-(-len(w) // UPDATE_BLOCK),)],
                (w, g, torch.zeros_like(w), eta, mu, len(w)) if mu else (w, g, eta, len(w)),
            )
            for w, g in zip(state.w, state.g, strict=True)
        ]
        return state

    def update(self, state: TorchUpdateState) -> None:
        """Launch once for each tensor."""
        for launch, arguments in state.apply:
            launch(*arguments, BLOCK=UPDATE_BLOCK)
