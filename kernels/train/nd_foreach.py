"""``nd.foreach``: a whole epoch as one hybridized graph.

    for each batch:  r = X w + b - y,  p = p - eta X^T r / m     by ``contrib.foreach``

Reference: MXNet 1.9 API, ``mxnet.symbol.contrib.foreach``; imperatively the same function
is a loop in Python.

Differs from ``nd.closed_form`` in who runs the loop: MXNet's executor, from one call an
epoch, with no Python between two steps. The short last batch is one more step at the end
of the graph. A graph is made for every batch size and length of the order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kernels.backends.mxnet.batches import context
from kernels.backends.mxnet.imports import mx
from kernels.cost import StepCost
from kernels.wholeepoch import EpochKernel

if TYPE_CHECKING:
    from data.workload import Workload
    from kernels.contract import Order, Rates, Start, Weight


@dataclass
class ForeachState:
    """Arrays of one training, and the graphs by the length of the order.

    Attributes
    ----------
    features, labels : NDArray, shapes (n_samples, n_features) and (n_samples, 1)
    w : NDArray, shape (n_features, 1)
    b : NDArray, shape (1,)
    batch_size : int
    graphs : dict of int to HybridBlock
    """

    features: Any
    labels: Any
    w: Any
    b: Any
    batch_size: int
    graphs: dict[int, Any] = field(default_factory=dict)


def _step(F: Any, batch: list[Any], parameters: list[Any], m: int) -> list[Any]:
    """Write one step on a batch of m samples down: features, labels and its rate."""
    (X, y, rate), (w, b) = batch, parameters
    r = F.broadcast_sub(F.broadcast_add(F.dot(X, w), b), y)
    eta = rate / m
    g_w, g_b = F.dot(X, r, transpose_a=True), F.sum(r)
    return [
        F.broadcast_sub(w, F.broadcast_mul(g_w, eta)),
        F.broadcast_sub(b, F.broadcast_mul(g_b, eta)),
    ]


def epoch_block(n_samples: int, n_features: int, batch_size: int) -> Any:
    """Build the graph of an epoch.

    Parameters
    ----------
    n_samples : int
        Length of the order.
    n_features, batch_size : int

    Returns
    -------
    gluon.HybridBlock
        Of features, labels, order, rates, w and b to the new w and b.
    """
    n_full, rest = divmod(n_samples, batch_size)

    class EpochBlock(mx.gluon.HybridBlock):  # type: ignore[misc] # its base has no types
        def hybrid_forward(
            self, F: Any, X: Any, y: Any, order: Any, rates: Any, w: Any, b: Any
        ) -> Any:
            X, y = F.take(X, order), F.take(y, order)
            if n_full:
                in_full = n_full * batch_size
                batches = [
                    F.slice_axis(X, axis=0, begin=0, end=in_full).reshape(
                        (n_full, batch_size, n_features)
                    ),
                    F.slice_axis(y, axis=0, begin=0, end=in_full).reshape(
                        (n_full, batch_size, 1)
                    ),
                    F.slice_axis(rates, axis=0, begin=0, end=n_full).reshape((n_full, 1)),
                ]
                _, (w, b) = F.contrib.foreach(
                    lambda batch, p: (p[1], _step(F, batch, p, batch_size)), batches, [w, b]
                )
            if rest:
                tail = [F.slice_axis(one, axis=0, begin=-rest, end=None) for one in (X, y)]
                last = F.slice_axis(rates, axis=0, begin=-1, end=None)
                w, b = _step(F, [*tail, last], [w, b], rest)
            return w, b

    block = EpochBlock()
    block.hybridize()
    return block


class NdForeach(EpochKernel):
    """The closed form in ``contrib.foreach``, hybridized."""

    name = "nd.foreach"
    backend = "mxnet"
    operator = "broadcast_mul, broadcast_sub"
    saves = "Python between two steps: one call an epoch"
    # As nd.closed_form; the update by a temporary for each parameter.
    cost = StepCost(features=2, samples=8, parameters=7)

    def prepare(
        self,
        workload: Workload,
        device: str,
        batch_size: int,
        loader: str,  # noqa: ARG002 - there is one
        start: Start,
    ) -> ForeachState:
        """Copy the data and the start to the device."""
        ctx = context(device)
        return ForeachState(
            features=mx.nd.array(workload.features, ctx=ctx, dtype="float32"),
            labels=mx.nd.array(workload.labels.reshape(-1, 1), ctx=ctx, dtype="float32"),
            w=mx.nd.array(start.weight.reshape(-1, 1), ctx=ctx, dtype="float32"),
            b=mx.nd.array([start.bias], ctx=ctx, dtype="float32"),
            batch_size=batch_size,
        )

    def reset(self, state: ForeachState, start: Start) -> None:
        """Write the start into the arrays that the last epoch gave."""
        state.w[:] = start.weight.reshape(-1, 1)
        state.b[:] = start.bias

    def whole_epoch(self, state: ForeachState, order: Order, learning_rates: Rates) -> None:
        """Call the graph of an epoch of this length."""
        n, ctx = len(order), state.w.context
        if n not in state.graphs:
            d = state.features.shape[1]
            state.graphs[n] = epoch_block(n, d, state.batch_size)
        state.w, state.b = state.graphs[n](
            state.features,
            state.labels,
            mx.nd.array(order, ctx=ctx, dtype="int32"),
            mx.nd.array(learning_rates, ctx=ctx, dtype="float32"),
            state.w,
            state.b,
        )

    def parameters(self, state: ForeachState) -> tuple[Weight, float]:
        """Wait, and return the weight, shape (n_features,), and the bias."""
        return state.w.asnumpy().reshape(-1), float(state.b.asscalar())


KERNEL = NdForeach()
