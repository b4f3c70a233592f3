"""``nd.fused``: NDArrays in, NDArrays out, a whole epoch in one compiled loop, no copies.

    for each batch:  g = sum over its samples of r x,  r = x w + b - y
                     p = p - (eta / m) g

Reference: the arithmetic as in ``nd.closed_form``; the arrays' own memory by
``MXNDArrayGetData`` of MXNet's C API.

Differs from ``nd.foreach`` in what runs the steps: not MXNet's engine, operator by operator,
but a loop that Numba has compiled, on the memory of the NDArrays. It waits until the engine
is done with them before it touches them, a fifth of a microsecond when it is idle.

The other way there is, an operator library loaded with ``mx.library.load``, was measured
and left: a call of such an operator costs 20 to 70 microseconds, on top of it a hundred for
making NDArrays of the order and the rates, where the whole epoch takes 4 to 10; and it
needs a compiler on the user's machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kernels.backends import get
from kernels.backends.mxnet.batches import context
from kernels.backends.mxnet.host_memory import view
from kernels.backends.mxnet.imports import mx
from kernels.backends.numba.epochs import epoch_for
from kernels.backends.numba.training import HostArrays, run
from kernels.cost import StepCost
from kernels.wholeepoch import EpochKernel

if TYPE_CHECKING:
    from data.workload import Workload
    from kernels.contract import Availability, Order, Rates, Start, Weight


@dataclass
class FusedState:
    """NDArrays of one training, and the same memory as NumPy sees it.

    Attributes
    ----------
    features, labels, w, b : NDArray
    seen : HostArrays
    batch_size : int
    wait : callable
        Returns once the engine has nothing left to do.
    """

    features: Any
    labels: Any
    w: Any
    b: Any
    seen: HostArrays
    batch_size: int
    wait: Any


class NdFused(EpochKernel):
    """An epoch in compiled code, on the memory of NDArrays."""

    name = "nd.fused"
    backend = "mxnet"
    operator = "compiled loop"
    device_kinds = ("cpu",)
    saves = "everything between two steps: the engine, dispatch, temporaries, the gathered copy"
    # X and y are read once, in place; parameters stay in registers or in the first cache.
    cost = StepCost(features=1, samples=1, parameters=0)

    def availability(self, device: str) -> Availability:  # noqa: ARG002 - there is one kind
        """Say that it needs Numba."""
        return get("numba").probe()

    def prepare(
        self,
        workload: Workload,
        device: str,
        batch_size: int,
        loader: str,  # noqa: ARG002 - there is one
        start: Start,
    ) -> FusedState:
        """Make the NDArrays, and look at their memory."""
        ctx = context(device)
        features = mx.nd.array(workload.features, ctx=ctx, dtype="float32")
        labels = mx.nd.array(workload.labels, ctx=ctx, dtype="float32")
        w = mx.nd.array(start.weight, ctx=ctx, dtype="float32")
        b = mx.nd.array([start.bias], ctx=ctx, dtype="float32")
        seen = HostArrays(
            features=view(features).reshape(-1),
            labels=view(labels),
            w=view(w),
            b=view(b),
            batch_size=batch_size,
            epoch=epoch_for(
                workload.n_features,
                batch_size,
                shuffled=True,
                momentum=bool(self.rule.momentum),
            ),
        )
        return FusedState(features, labels, w, b, seen, batch_size, mx.nd.waitall)

    def reset(self, state: FusedState, start: Start) -> None:
        """Wait until the arrays are free, then write the start into their memory."""
        state.wait()
        state.seen.reset(start)

    def whole_epoch(self, state: FusedState, order: Order, learning_rates: Rates) -> None:
        """Wait until the arrays are free, then run the compiled epoch on them."""
        state.wait()
        run(state.seen, order, learning_rates, self.rule.momentum)

    def parameters(self, state: FusedState) -> tuple[Weight, float]:
        """Wait, and return the weight, shape (n_features,), and the bias."""
        return state.w.asnumpy(), float(state.b.asscalar())


KERNEL = NdFused()
