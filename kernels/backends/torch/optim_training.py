"""What the ``torch.*`` kernels share that train ``nn.Linear`` with ``optim.SGD``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from kernels.backends.torch.batches import LOADERS
from kernels.backends.torch.devices import named
from kernels.backends.torch.imports import torch
from kernels.backends.torch.threads import restore
from kernels.cost import StepCost
from kernels.stepwise import StepKernel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data.workload import Workload
    from kernels.contract import Start, Weight


@dataclass
class OptimState:
    """Objects of one training.

    Attributes
    ----------
    batches : InMemory or DataLoader
    net : torch.nn.Linear
        One output; weight (1, n_features), bias (1,).
    mean_squared_error : callable
    optimizer : torch.optim.SGD
    group : dict
        The settings of its only group of parameters.
    """

    batches: Any
    net: Any
    mean_squared_error: Any
    optimizer: Any
    group: dict[str, Any]


class TorchOptimKernel(StepKernel):
    """A step with ``Linear``, ``mse_loss``, autograd and ``optim.SGD``."""

    backend = "torch"
    #: Which of its implementations SGD takes.
    implementation: ClassVar[dict[str, bool]] = {"foreach": False, "fused": False}
    # X: read by either product. m values: y_hat written; both it and y read, their squared
    # difference written, read by the mean (4); a gradient of zeros written, both read and it
    # written again (4); read by the product and by the sum (2). d + 1 values: w read, g
    # written, then both read and w written (3).
    cost: StepCost | None = StepCost(features=2, samples=11, parameters=5)

    def prepare(
        self, workload: Workload, device: str, batch_size: int, loader: str, start: Start
    ) -> OptimState:
        """Copy the data and the start to the device; make the optimizer."""
        restore()
        net = torch.nn.Linear(workload.n_features, 1, device=named(device))
        optimizer = torch.optim.SGD(
            net.parameters(), lr=1.0, momentum=self.rule.momentum, **self.implementation
        )
        batches = LOADERS[loader](workload, device, batch_size)
        error = torch.nn.functional.mse_loss
        state = OptimState(batches, net, error, optimizer, optimizer.param_groups[0])
        self.reset(state, start)
        return state

    def reset(self, state: OptimState, start: Start) -> None:
        """Write the start into the network, and put the optimizer's velocities at rest."""
        with torch.no_grad():
            state.net.weight.copy_(torch.tensor(start.weight))
            state.net.bias.fill_(start.bias)
        for kept in state.optimizer.state.values():
            velocity = kept.get("momentum_buffer")
            if velocity is not None:
                velocity.zero_()

    def step(self, state: OptimState, X: Any, y: Any, eta: float) -> None:
        """Take the gradient of the mean loss and let the optimizer update."""
        if state.group["lr"] != eta:
            state.group["lr"] = eta
        state.optimizer.zero_grad()
        loss = state.mean_squared_error(state.net(X).view(-1), y) / 2
        loss.backward()
        state.optimizer.step()

    def phases(self, state: OptimState, X: Any, y: Any, eta: float) -> Iterator[str]:
        """Do one step, phase by phase."""
        loss = state.mean_squared_error(state.net(X).view(-1), y) / 2
        yield "forward"
        state.optimizer.zero_grad()
        loss.backward()
        yield "backward"
        if state.group["lr"] != eta:
            state.group["lr"] = eta
        state.optimizer.step()
        yield "update"

    def parameters(self, state: OptimState) -> tuple[Weight, float]:
        """Wait, and return the weight, shape (n_features,), and the bias."""
        weight: Weight = state.net.weight.detach().view(-1).to("cpu", copy=True).numpy()
        return weight, float(state.net.bias.item())
