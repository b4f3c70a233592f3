"""What the ``nd.*`` training kernels share that take their gradients by autograd."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from kernels.backends.mxnet.imports import mx
from kernels.backends.mxnet.nd_training import NdTrainKernel, mean_squared_loss

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kernels.backends.mxnet.nd_training import NdState


def recorded_loss(state: NdState, X: Any, y: Any) -> Any:
    """Enqueue the mean loss over a batch, recorded for its gradient; shape (1,)."""
    with mx.autograd.record():
        return mean_squared_loss(X, y, state.w, state.b)


class NdAutogradKernel(NdTrainKernel):
    """The loss recorded, its gradient by autograd; subclasses give ``update``."""

    @abstractmethod
    def update(self, state: NdState, eta: float) -> None:
        """Update the parameters by ``w.grad`` and ``b.grad``."""

    def step(self, state: NdState, X: Any, y: Any, eta: float) -> None:
        """Do one step."""
        recorded_loss(state, X, y).backward()
        self.update(state, eta)

    def phases(self, state: NdState, X: Any, y: Any, eta: float) -> Iterator[str]:
        """Do one step, phase by phase."""
        loss = recorded_loss(state, X, y)
        yield "forward"
        loss.backward()
        del loss  # which frees the recording, as in a step
        yield "backward"
        self.update(state, eta)
        yield "update"
