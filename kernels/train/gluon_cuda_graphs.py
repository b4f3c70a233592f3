"""``gluon.cuda_graphs``: as ``gluon.hybrid_static``, its launches made at once.

    l = (Dense(X) - y)^2 / 2           one CUDA graph forward, one backward
    p = p - eta / m  d(sum l)/dp       by ``Trainer.step(m)``

Reference: MXNet 1.9, ``src/executor/cuda_graphs.h``; ``gluon.HybridBlock.hybridize`` with
``static_alloc=True, static_shape=True``, which those graphs need.

Differs from ``gluon.hybrid_static`` in what the driver is given: the operators of a pass are
recorded, and launched together from then on. A short last batch is planned, and recorded, anew.
GPUs only.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from kernels.train.gluon_hybrid import GluonHybrid, loss_block

if TYPE_CHECKING:
    from data.workload import Workload
    from kernels.contract import Start


class GluonCudaGraphs(GluonHybrid):
    """``gluon.hybrid`` with ``static_alloc``, ``static_shape`` and CUDA graphs."""

    name = "gluon.cuda_graphs"
    saves = "launches: the graph's operators are launched together"
    device_kinds = ("gpu",)

    def prepare(
        self, workload: Workload, device: str, batch_size: int, loader: str, start: Start
    ) -> Any:
        """Let MXNet use CUDA graphs, and allocate.

        MXNet looks at its environment when it plans a graph of static shape; no other kernel
        has one. What Python's ``os.environ`` holds stays, and so does what children are given.
        """
        os.putenv("MXNET_ENABLE_CUDA_GRAPHS", "1")
        return super().prepare(workload, device, batch_size, loader, start)

    def loss_of(self, net: Any) -> Any:
        """Make the network and the loss one graph of static shape."""
        return loss_block(net, static_alloc=True, static_shape=True)


KERNEL = GluonCudaGraphs()
