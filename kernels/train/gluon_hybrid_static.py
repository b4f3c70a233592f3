"""``gluon.hybrid_static``: as ``gluon.hybrid``, its memory planned once.

    l = (Dense(X) - y)^2 / 2           one cached graph, forward and backward
    p = p - eta / m  d(sum l)/dp       by ``Trainer.step(m)``

Reference: MXNet 1.9 API, ``gluon.HybridBlock.hybridize`` with ``static_alloc=True``.

Differs from ``gluon.hybrid`` in keeping the graph's arrays from one call to the next.
``static_shape`` is left off: it would plan anew for every short last batch.
"""

from __future__ import annotations

from typing import Any

from kernels.train.gluon_hybrid import GluonHybrid, loss_block


class GluonHybridStatic(GluonHybrid):
    """``gluon.hybrid`` with ``static_alloc``."""

    name = "gluon.hybrid_static"
    saves = "allocating the graph's arrays at every step"

    def loss_of(self, net: Any) -> Any:
        """Make the network and the loss one graph with memory of its own."""
        return loss_block(net, static_alloc=True)


KERNEL = GluonHybridStatic()
