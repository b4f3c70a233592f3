"""What the ``nd.*`` training kernels share whose gradient is written out."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from kernels.backends.mxnet.imports import mx
from kernels.backends.mxnet.nd_training import NdTrainKernel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kernels.backends.mxnet.nd_training import NdState


class NdClosedFormKernel(NdTrainKernel):
    """Residuals, then sums of gradients over the batch; subclasses give ``update``."""

    autograd = False

    @abstractmethod
    def update(self, state: Any, g_w: Any, g_b: Any, eta: float, scale: float) -> None:
        """Update the parameters by ``scale`` times the gradients.

        Parameters
        ----------
        state : NdState
        g_w : NDArray, shape (n_features, 1)
        g_b : NDArray, shape (1,)
        eta, scale : float
        """

    def step(self, state: NdState, X: Any, y: Any, eta: float) -> None:
        """Do one step without autograd."""
        nd, m = mx.nd, X.shape[0]
        r = nd.dot(X, state.w) + state.b - y.reshape((m, 1))
        g_w = nd.dot(X, r, transpose_a=True)
        g_b = r.sum()
        self.update(state, g_w, g_b, eta, 1.0 / m)

    def phases(self, state: NdState, X: Any, y: Any, eta: float) -> Iterator[str]:
        """Do one step, phase by phase."""
        nd, m = mx.nd, X.shape[0]
        r = nd.dot(X, state.w) + state.b - y.reshape((m, 1))
        yield "forward"
        g_w = nd.dot(X, r, transpose_a=True)
        g_b = r.sum()
        yield "backward"
        self.update(state, g_w, g_b, eta, 1.0 / m)
        yield "update"
