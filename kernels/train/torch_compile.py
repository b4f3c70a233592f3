"""``torch.compile``: the closed form, compiled.

    r = X w + b - y
    w = w - (eta / m) X^T r
    b = b - (eta / m) sum(r)

Reference: PyTorch manual, ``torch.compile`` with ``dynamic=True``.

Differs from ``torch.closed_form`` in who calls the operators: one compiled program, in which
those that go element by element are fused with their neighbours. The batch size is a
variable of that program and the learning rate a tensor, so neither compiles anew; only a
batch of one sample has a program of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from kernels.backends.torch import compiler
from kernels.backends.torch.devices import named
from kernels.backends.torch.imports import torch
from kernels.backends.torch.training import TorchTrainKernel
from kernels.cost import StepCost

if TYPE_CHECKING:
    from data.workload import Workload
    from kernels.backends.torch.training import TorchState
    from kernels.contract import Availability, Start


def closed_form(w: Any, b: Any, X: Any, y: Any, rate: Any) -> None:
    """Do one step, with ``rate`` the learning rate over the number of samples."""
    r = X @ w + b - y
    w.sub_(rate * (r @ X))
    b.sub_(rate * r.sum())


@dataclass
class Compiled:
    """What a compiled step takes beside the state of every step.

    Attributes
    ----------
    step : callable
        ``closed_form``, compiled.
    rate : Tensor, shape ()
    """

    step: Any
    rate: Any


class TorchCompile(TorchTrainKernel):
    """One compiled program a step."""

    name = "torch.compile"
    operator = "fused by inductor"
    saves = "dispatch and temporaries: one compiled program for all operators of a step"
    # X: read by either product. m values: the product written, read with y and the residual
    # written (3), which is read again. d + 1 values: w read, g written, both read and w
    # written (3).
    cost = StepCost(features=2, samples=5, parameters=5)

    @cached_property
    def compiled(self) -> Any:
        """The step, compiled at its first call; one for all states of the process."""
        return compiler.compiled(closed_form)

    def availability(self, device: str) -> Availability:
        """Ask for a compiler, and on a GPU for Triton."""
        return compiler.availability(device)

    def prepare(
        self, workload: Workload, device: str, batch_size: int, loader: str, start: Start
    ) -> TorchState:
        """Copy the data and the start to the device; the first step compiles."""
        state = super().prepare(workload, device, batch_size, loader, start)
        state.apply = Compiled(self.compiled, torch.zeros((), device=named(device)))
        return state

    def step(self, state: TorchState, X: Any, y: Any, eta: float) -> None:
        """Do one step."""
        state.apply.rate.fill_(eta / X.shape[0])
        state.apply.step(state.w, state.b, X, y, state.apply.rate)


KERNEL = TorchCompile()
