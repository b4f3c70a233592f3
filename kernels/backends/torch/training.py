"""What the ``torch.*`` kernels share whose parameters are plain tensors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kernels.backends.torch.batches import LOADERS
from kernels.backends.torch.devices import named
from kernels.backends.torch.imports import torch
from kernels.backends.torch.threads import restore
from kernels.stepwise import StepKernel

if TYPE_CHECKING:
    from data.workload import Workload
    from kernels.contract import Start, Weight


@dataclass
class TorchState:
    """Tensors of one training.

    Attributes
    ----------
    batches : InMemory or DataLoader
    w : Tensor, shape (n_features,)
    b : Tensor, shape (1,)
    apply : object
        What else the kernel made in ``prepare``.
    """

    batches: Any
    w: Any
    b: Any
    apply: Any = None


class TorchTrainKernel(StepKernel):
    """A step on tensors; subclasses give ``step``."""

    backend = "torch"
    #: Whether the step needs ``w.grad`` and ``b.grad``.
    autograd = False

    def prepare(
        self, workload: Workload, device: str, batch_size: int, loader: str, start: Start
    ) -> TorchState:
        """Copy the data and the start to the device."""
        restore()
        where, autograd = named(device), self.autograd
        w = torch.tensor(start.weight, device=where, requires_grad=autograd)
        b = torch.tensor(
            [start.bias], dtype=torch.float32, device=where, requires_grad=autograd
        )
        return TorchState(LOADERS[loader](workload, device, batch_size), w, b)

    def reset(self, state: TorchState, start: Start) -> None:
        """Write the start into the tensors of a state: graphs hold their addresses."""
        with torch.no_grad():
            state.w.copy_(torch.tensor(start.weight))
            state.b.fill_(start.bias)

    def parameters(self, state: TorchState) -> tuple[Weight, float]:
        """Wait, and return the weight, shape (n_features,), and the bias."""
        weight: Weight = state.w.detach().to("cpu", copy=True).numpy()
        return weight, float(state.b.item())
