"""What the ``gluon.*`` training kernels share: the network, the trainer, reading them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kernels.backends.mxnet.batches import LOADERS, context
from kernels.backends.mxnet.gluon_trainers import put_to_rest
from kernels.backends.mxnet.imports import mx
from kernels.stepwise import StepKernel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data.workload import Workload
    from kernels.contract import Start, Weight


@dataclass
class GluonState:
    """Objects of one training.

    Attributes
    ----------
    batches : InMemory or DataLoader
    net : gluon.nn.Dense
        One output; weight (1, n_features), bias (1,).
    loss_of : callable
        Features and labels of a batch to its losses, shape (m,).
    trainer : gluon.Trainer
    """

    batches: Any
    net: Any
    loss_of: Any
    trainer: Any


def update(trainer: Any, eta: float, m: int) -> None:
    """Give the trainer its learning rate, if it does not have it, and let it divide by m."""
    if trainer.learning_rate != eta:
        trainer.set_learning_rate(eta)
    trainer.step(m)


class GluonTrainKernel(StepKernel):
    """A step with Gluon's ``Dense``, ``L2Loss`` and ``Trainer``."""

    backend = "mxnet"
    operator = "multi_sgd_update"

    def loss_of(self, net: Any) -> Any:
        """Build the forward pass with the loss; subclasses may make it one graph."""
        raise NotImplementedError

    def stores(self) -> dict[str, Any]:
        """Return the trainer's arguments that say where gradients meet; none by default."""
        return {}

    def prepare(
        self, workload: Workload, device: str, batch_size: int, loader: str, start: Start
    ) -> GluonState:
        """Copy the data and the start to the device; make the trainer."""
        ctx = context(device)
        net = mx.gluon.nn.Dense(1, in_units=workload.n_features)
        net.initialize(ctx=ctx)
        settings = {"learning_rate": 1.0, "momentum": self.rule.momentum}
        trainer = mx.gluon.Trainer(net.collect_params(), "sgd", settings, **self.stores())
        batches = LOADERS[loader](workload, device, batch_size)
        state = GluonState(batches, net, self.loss_of(net), trainer)
        self.reset(state, start)
        return state

    def reset(self, state: GluonState, start: Start) -> None:
        """Write the start into the network and the store, and put velocities at rest."""
        state.net.weight.data()[:] = start.weight.reshape(1, -1)
        state.net.bias.data()[:] = start.bias
        put_to_rest(state.trainer)

    def step(self, state: GluonState, X: Any, y: Any, eta: float) -> None:
        """Record the losses, take their gradient, let the trainer divide by m and update."""
        with mx.autograd.record():
            losses = state.loss_of(X, y)
        losses.backward()
        update(state.trainer, eta, X.shape[0])

    def phases(self, state: GluonState, X: Any, y: Any, eta: float) -> Iterator[str]:
        """Do one step, phase by phase."""
        with mx.autograd.record():
            losses = state.loss_of(X, y)
        yield "forward"
        losses.backward()
        yield "backward"
        update(state.trainer, eta, X.shape[0])
        yield "update"

    def parameters(self, state: GluonState) -> tuple[Weight, float]:
        """Wait, and return the weight, shape (n_features,), and the bias."""
        weight = state.net.weight.data().asnumpy().reshape(-1)
        return weight, float(state.net.bias.data().asscalar())

    def training_loss(self, state: GluonState) -> float:
        """Evaluate the loss over all samples on the device, in float32, and wait."""
        losses = state.loss_of(state.batches.features, state.batches.labels)
        return float(losses.mean().asscalar())
