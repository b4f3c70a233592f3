"""What the ``cupy.*`` training kernels share that do step by step: arrays and gradient."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from kernels.backends.cupy.batches import InMemory
from kernels.backends.cupy.imports import cupy
from kernels.stepwise import StepKernel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data.workload import Workload
    from kernels.contract import Start, Weight


@dataclass
class CupyState:
    """Arrays of one training, all on the GPU.

    Attributes
    ----------
    batches : InMemory
    theta : cupy.ndarray, shape (n_features + 1,)
        The weights and, last, the bias: one kernel updates both.
    gradient, velocity : cupy.ndarray, shape (n_features + 1,)
        As ``theta``.
    dot : callable
        ``cupy.dot``, looked up once.
    w, b, g_w, g_b : cupy.ndarray
        Views of the weights and the bias in ``theta`` and in ``gradient``.
    """

    batches: InMemory
    theta: Any
    gradient: Any
    velocity: Any
    dot: Any
    w: Any = field(init=False)
    b: Any = field(init=False)
    g_w: Any = field(init=False)
    g_b: Any = field(init=False)

    def __post_init__(self) -> None:
        """Look at the two parts of the parameters."""
        self.w, self.b = self.theta[:-1], self.theta[-1:]
        self.g_w, self.g_b = self.gradient[:-1], self.gradient[-1:]


class CupyTrainKernel(StepKernel):
    """A step written with CuPy; subclasses give ``step``."""

    backend = "cupy"

    def prepare(
        self,
        workload: Workload,
        device: str,
        batch_size: int,
        loader: str,  # noqa: ARG002 - there is one
        start: Start,
    ) -> CupyState:
        """Copy the data and the start to the GPU; allocate the gradient."""
        batches = InMemory(workload, device, batch_size)
        theta = cupy.array(np.append(start.weight, np.float32(start.bias)))
        gradient, velocity = cupy.zeros_like(theta), cupy.zeros_like(theta)
        return CupyState(batches, theta, gradient, velocity, cupy.dot)

    def reset(self, state: CupyState, start: Start) -> None:
        """Write the start into the arrays of a state, and put the velocity at rest."""
        state.theta[:] = cupy.array(np.append(start.weight, np.float32(start.bias)))
        state.velocity.fill(0)

    def parameters(self, state: CupyState) -> tuple[Weight, float]:
        """Wait, and return the weight, shape (n_features,), and the bias."""
        theta: Weight = cupy.asnumpy(state.theta)
        return theta[:-1].copy(), float(theta[-1])


def sum_of_gradients(state: CupyState, X: Any, y: Any) -> None:
    """Enqueue ``[X^T r, sum(r)]`` with ``r = X w + b - y`` into ``state.gradient``.

    Parameters
    ----------
    state : CupyState
    X : cupy.ndarray, shape (m, n_features)
    y : cupy.ndarray, shape (m,)
    """
    r = state.dot(X, state.w)
    r += state.b
    r -= y
    state.dot(r, X, out=state.g_w)
    r.sum(keepdims=True, out=state.g_b)


def phases_of_gradients(state: CupyState, X: Any, y: Any) -> Iterator[str]:
    """Do what ``sum_of_gradients`` does, phase by phase."""
    r = state.dot(X, state.w)
    r += state.b
    r -= y
    yield "forward"
    state.dot(r, X, out=state.g_w)
    r.sum(keepdims=True, out=state.g_b)
    yield "backward"
