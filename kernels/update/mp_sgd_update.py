"""``update.mp_sgd_update``: mixed precision, float16 weights with a float32 master copy.

    w32 = w32 - eta g          read w32 (4 bytes) and g (2), write w32 (4)
    w   = float16(w32)         write w (2)

Reference: MXNet 1.9 API, ``mxnet.ndarray.mp_sgd_update``; Micikevicius et al. 2018, ICLR,
"Mixed Precision Training".

Differs from ``update.sgd_update_float16`` in losing no small step; it moves as many bytes as
``update.sgd_update``, what it saves is in the model's forward and backward passes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernels.backends.mxnet.imports import mx
from kernels.backends.mxnet.nd_updating import NdUpdateKernel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kernels.backends.mxnet.nd_updating import UpdateState
    from kernels.contract import Weight


class MpSgdUpdate(NdUpdateKernel):
    """One fused operator on float16 with float32 masters."""

    name = "update.mp_sgd_update"
    operator = "mp_sgd_update"
    precision = "mixed"
    bytes_per_parameter = 12

    def prepare(
        self, device: str, weights: Sequence[Weight], gradients: Sequence[Weight], eta: float
    ) -> UpdateState:
        """Copy the tensors to the device; make the master copies."""
        state = super().prepare(device, weights, gradients, eta)
        state.apply = [w.astype("float32") for w in state.w]
        return state

    def update(self, state: UpdateState) -> None:
        """Enqueue one update."""
        for w, g, master in zip(state.w, state.g, state.apply, strict=True):
            mx.nd.mp_sgd_update(w, g, master, out=w, lr=state.eta, wd=0.0)


KERNEL = MpSgdUpdate()
