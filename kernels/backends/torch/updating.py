"""What the ``update.torch_*`` kernels share: parameters, gradients, a rate."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from kernels.backends.torch.devices import named
from kernels.backends.torch.imports import torch
from kernels.backends.torch.threads import restore
from kernels.defaults import UpdateDefaults

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kernels.contract import Weight


@dataclass
class TorchUpdateState:
    """Tensors of one update.

    Attributes
    ----------
    w, g : list of Tensor, each of shape (n,)
    eta : float
    apply : object
        What else the kernel made in ``prepare``.
    """

    w: list[Any]
    g: list[Any]
    eta: float
    apply: Any = None


class TorchUpdateKernel(UpdateDefaults, ABC):
    """An update of tensors; subclasses give ``update``."""

    backend = "torch"

    def prepare(
        self, device: str, weights: Sequence[Weight], gradients: Sequence[Weight], eta: float
    ) -> TorchUpdateState:
        """Copy the parameters and their gradients to the device."""
        restore()
        where, dtype = named(device), getattr(torch, self.precision)
        w = [torch.tensor(one, device=where, dtype=dtype) for one in weights]
        g = [torch.tensor(one, device=where, dtype=dtype) for one in gradients]
        return TorchUpdateState(w=w, g=g, eta=eta)

    @abstractmethod
    def update(self, state: TorchUpdateState) -> None:
        """Enqueue one update of all tensors; timed."""

    def parameters(self, state: TorchUpdateState) -> list[Weight]:
        """Wait, and return copies of the parameters, each of shape (n,)."""
        return [np.array(w.detach().cpu().numpy(), dtype=np.float32) for w in state.w]


class OptimUpdateKernel(TorchUpdateKernel):
    """An update by ``optim.SGD``, on parameters that have their gradients already."""

    #: Which of its implementations SGD takes.
    implementation: ClassVar[dict[str, bool]] = {"fused": True}

    def prepare(
        self, device: str, weights: Sequence[Weight], gradients: Sequence[Weight], eta: float
    ) -> TorchUpdateState:
        """Copy the tensors to the device; make the optimizer."""
        state = super().prepare(device, weights, gradients, eta)
        state.w = [torch.nn.Parameter(w) for w in state.w]
        for w, g in zip(state.w, state.g, strict=True):
            w.grad = g
        state.apply = torch.optim.SGD(
            state.w, lr=eta, momentum=self.rule.momentum, **self.implementation
        )
        return state

    def update(self, state: TorchUpdateState) -> None:
        """Enqueue one step of the optimizer."""
        state.apply.step()
