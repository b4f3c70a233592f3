"""``nd.bulk``: the closed form, its operators bundled for the engine.

    r   = X w + b - y
    g_w = X^T r / m,  g_b = sum(r) / m
    p   = p - eta g_p          by ``sgd_update``; 16 operators a bundle

Reference: MXNet 1.9 API, ``mxnet.engine.bulk``.

Differs from ``nd.closed_form`` in how operators reach the engine: several at a time, as one
piece of work, instead of one by one. On a GPU a bundle is also one wait for the stream.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kernels.backends.mxnet.imports import mx
from kernels.train.nd_closed_form import NdClosedForm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kernels.backends.mxnet.nd_training import NdState
    from kernels.contract import Order, Rates

#: Two steps of eight operators.
BULK_SIZE = 16


class NdBulk(NdClosedForm):
    """``nd.closed_form`` in bundles of operators."""

    name = "nd.bulk"
    saves = "handing every operator to the engine by itself"

    def epoch(self, state: NdState, order: Order, learning_rates: Rates) -> None:
        """Enqueue one step for each batch, in bundles."""
        with mx.engine.bulk(BULK_SIZE):
            super().epoch(state, order, learning_rates)

    def phases(self, state: NdState, X: Any, y: Any, eta: float) -> Iterator[str]:
        """Do one step, in a bundle of its own: the engine is given all of it at once."""
        with mx.engine.bulk(BULK_SIZE):
            self.step(state, X, y, eta)
        yield "step"


KERNEL = NdBulk()
