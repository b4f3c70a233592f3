"""What the ``numpy.*`` training kernels share: their arrays and the gradient."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from kernels.backends.numpy.batches import InMemory
from kernels.stepwise import StepKernel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from data.workload import Workload
    from kernels.contract import Start, Weight

    Array = NDArray[np.float32]


@dataclass
class NumpyState:
    """Arrays of one training.

    Attributes
    ----------
    batches : InMemory
    theta : ndarray, shape (n_features + 1,)
        The weights and, last, the bias: one operator updates both.
    gradient, velocity : ndarray, shape (n_features + 1,)
        As ``theta``.
    residual : ndarray, shape (batch_size,)
        Memory for the residuals of a batch.
    w, b, g_w, g_b : ndarray
        Views of the weights and the bias in ``theta`` and in ``gradient``.
    """

    batches: InMemory
    theta: Array
    gradient: Array
    velocity: Array
    residual: Array
    w: Array = field(init=False)
    b: Array = field(init=False)
    g_w: Array = field(init=False)
    g_b: Array = field(init=False)

    def __post_init__(self) -> None:
        """Name the parts of the vectors."""
        self.w, self.b = self.theta[:-1], self.theta[-1:]
        self.g_w, self.g_b = self.gradient[:-1], self.gradient[-1:]


class NumpyTrainKernel(StepKernel):
    """A step written with NumPy; subclasses give ``step``."""

    backend = "numpy"

    def prepare(
        self,
        workload: Workload,
        device: str,  # noqa: ARG002 - there is one
        batch_size: int,
        loader: str,  # noqa: ARG002 - there is one
        start: Start,
    ) -> NumpyState:
        """Copy the start; allocate what a step writes to."""
        theta = np.append(start.weight, np.float32(start.bias))
        return NumpyState(
            batches=InMemory(workload, batch_size),
            theta=theta,
            gradient=np.zeros_like(theta),
            velocity=np.zeros_like(theta),
            residual=np.empty(batch_size, dtype=np.float32),
        )

    def reset(self, state: NumpyState, start: Start) -> None:
        """Write the start into the arrays of a state, and put the velocity at rest."""
        state.w[:], state.b[:] = start.weight, start.bias
        state.velocity[:] = 0.0

    def parameters(self, state: NumpyState) -> tuple[Weight, float]:
        """Return the weight, shape (n_features,), and the bias."""
        return state.w.copy(), float(state.b[0])


def sum_of_gradients(state: NumpyState, X: Any, y: Any) -> None:
    """Write ``[X^T r, sum(r)]`` with ``r = X w + b - y`` to ``state.gradient``.

    Parameters
    ----------
    state : NumpyState
    X : ndarray, shape (m, n_features)
    y : ndarray, shape (m,)
    """
    r = np.dot(X, state.w, out=state.residual[: len(y)])
    r += state.b
    r -= y
    np.dot(r, X, out=state.g_w)
    np.add.reduce(r, out=state.g_b, keepdims=True)


def phases_of_gradients(state: NumpyState, X: Any, y: Any) -> Iterator[str]:
    """Do what ``sum_of_gradients`` does, phase by phase.

    The same calls a second time: a function between them would be one percent of a step.
    """
    r = np.dot(X, state.w, out=state.residual[: len(y)])
    r += state.b
    r -= y
    yield "forward"
    np.dot(r, X, out=state.g_w)
    np.add.reduce(r, out=state.g_b, keepdims=True)
    yield "backward"
