"""``gluon.hybrid``: forward and loss as one hybridized graph.

    l = (Dense(X) - y)^2 / 2           one cached graph, forward and backward
    p = p - eta / m  d(sum l)/dp       by ``Trainer.step(m)``

Reference: MXNet 1.9 API, ``gluon.HybridBlock.hybridize``.

Differs from ``gluon.trainer`` in dispatching one cached operator for the forward pass and
one for the backward pass instead of one for each layer. A short last batch is a second
shape for the graph, which costs one more shape inference and nothing else.
"""

from __future__ import annotations

from typing import Any

from kernels.backends.mxnet.gluon_training import GluonTrainKernel
from kernels.backends.mxnet.imports import mx
from kernels.cost import StepCost


def loss_block(net: Any, **flags: bool) -> Any:
    """Build a hybridized block that maps features and labels to losses.

    Parameters
    ----------
    net : gluon.nn.Dense
    **flags
        For ``hybridize``.

    Returns
    -------
    gluon.HybridBlock
    """

    class LossBlock(mx.gluon.HybridBlock):  # type: ignore[misc] # its base has no types
        def __init__(self) -> None:
            super().__init__()
            self.net = net
            self.loss = mx.gluon.loss.L2Loss()

        def hybrid_forward(self, _F: Any, X: Any, y: Any) -> Any:
            return self.loss(self.net(X), y)

    block = LossBlock()
    block.hybridize(**flags)
    return block


class GluonHybrid(GluonTrainKernel):
    """``gluon.trainer`` with its network and loss hybridized together."""

    name = "gluon.hybrid"
    saves = "dispatch: one cached graph forward and one backward, not an operator each"
    # Dense, the loss and their backward passes, an operator each.
    cost = StepCost(features=2, samples=18, parameters=5)

    def loss_of(self, net: Any) -> Any:
        """Make the network and the loss one graph."""
        return loss_block(net)


KERNEL = GluonHybrid()
