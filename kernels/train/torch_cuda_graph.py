"""``torch.cuda_graph``: the closed form as one CUDA graph.

    r = X w - y + b
    w = w - rate X^T r         with rate = eta / m, on the device
    b = b - rate sum(r)

Reference: PyTorch manual, "CUDA semantics", the section "CUDA Graphs".

Differs from ``torch.closed_form`` in the launches: the batch is copied to where the graph
expects it, and one launch replays all operators. A graph is for one shape: a short last
batch runs the same operators one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kernels.backends.torch.cuda_graph import captured
from kernels.backends.torch.devices import named
from kernels.backends.torch.imports import torch
from kernels.backends.torch.training import TorchTrainKernel
from kernels.cost import StepCost

if TYPE_CHECKING:
    from data.workload import Workload
    from kernels.backends.torch.training import TorchState
    from kernels.contract import Start


def closed_form(w: Any, b: Any, X: Any, y: Any, rate: Any) -> None:
    """Enqueue one step; nothing in it depends on a number of the host."""
    r = torch.addmv(y, X, w, beta=-1).add_(b)
    w.sub_(torch.mv(X.t(), r).mul_(rate))
    b.sub_(r.sum().mul_(rate))


@dataclass
class Graph:
    """A captured step, and where it reads from.

    Attributes
    ----------
    X : Tensor, shape (batch_size, n_features)
    y : Tensor, shape (batch_size,)
    rate : Tensor, shape ()
    replay : callable
    """

    X: Any
    y: Any
    rate: Any
    replay: Any


class TorchCudaGraph(TorchTrainKernel):
    """One launch a step, and two copies of the batch."""

    name = "torch.cuda_graph"
    operator = "mul_, sub_"
    device_kinds = ("gpu",)
    saves = "launches: one replay enqueues what torch.closed_form enqueues one by one"
    # As torch.closed_form, with the batch copied (2 of X, 2 of y). d + 1 values: w read, g
    # written, scaled in place (2), both read and w written (3).
    cost = StepCost(features=4, samples=10, parameters=7)

    def prepare(
        self, workload: Workload, device: str, batch_size: int, loader: str, start: Start
    ) -> TorchState:
        """Copy the data and the start to the device; capture a step on a full batch."""
        state = super().prepare(workload, device, batch_size, loader, start)
        where = named(device)
        # With a rate of zero the runs before the capture leave the parameters as they are.
        X = torch.zeros((batch_size, workload.n_features), device=where)
        y, rate = torch.zeros(batch_size, device=where), torch.zeros((), device=where)
        graph = captured(lambda: closed_form(state.w, state.b, X, y, rate), where)
        state.apply = Graph(X, y, rate, graph.replay)
        return state

    def step(self, state: TorchState, X: Any, y: Any, eta: float) -> None:
        """Replay the graph on a full batch; enqueue the operators for a short one."""
        graph, m = state.apply, X.shape[0]
        graph.rate.fill_(eta / m)
        if m != graph.X.shape[0]:
            closed_form(state.w, state.b, X, y, graph.rate)
            return
        graph.X.copy_(X)
        graph.y.copy_(y)
        graph.replay()


KERNEL = TorchCudaGraph()
