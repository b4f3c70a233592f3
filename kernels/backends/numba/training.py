"""What the kernels share that run a compiled epoch on the host's memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from kernels.backends.numba.epochs import epoch_for, scratch
from kernels.wholeepoch import EpochKernel

if TYPE_CHECKING:
    from data.workload import Workload
    from kernels.backends.numba.epochs import Epoch
    from kernels.contract import Order, Rates, Start, Weight


@dataclass
class HostArrays:
    """Arrays of one training, all in the host's memory, and the function that goes over them.

    Attributes
    ----------
    features : ndarray, shape (n_samples * n_features,)
    labels : ndarray, shape (n_samples,)
    w, v : ndarray, shape (n_features,)
        Weight and its velocity.
    b, vb : ndarray, shape (1,)
        Bias and its velocity.
    batch_size : int
    epoch : callable
    """

    features: Any
    labels: Any
    w: Any
    b: Any
    batch_size: int
    epoch: Epoch
    v: Any = field(init=False)
    vb: Any = field(init=False)
    scratch: Any = field(init=False)

    def __post_init__(self) -> None:
        """Make what is needed beside: velocities at rest, and scratch."""
        self.v, self.vb = np.zeros_like(self.w), np.zeros_like(self.b)
        self.scratch = scratch(len(self.w))

    def reset(self, start: Start) -> None:
        """Write a start into the arrays, and put the velocities at rest."""
        self.w[:], self.b[:] = start.weight, start.bias
        self.v[:] = self.vb[:] = 0.0


def run(state: HostArrays, order: Order, rates: Rates, momentum: float) -> None:
    """Go through an epoch in compiled code, on the calling thread."""
    state.epoch(
        state.features,
        state.labels,
        order,
        np.asarray(rates),
        state.batch_size,
        state.w,
        state.b,
        state.v,
        state.vb,
        np.float32(momentum),
        *state.scratch,
    )


class NumbaEpochKernel(EpochKernel):
    """A compiled epoch over NumPy arrays."""

    backend = "numba"
    operator = "compiled loop"
    device_kinds = ("cpu",)

    def prepare(
        self,
        workload: Workload,
        device: str,  # noqa: ARG002 - there is one
        batch_size: int,
        loader: str,  # noqa: ARG002 - there is one
        start: Start,
    ) -> HostArrays:
        """Copy the data and the start."""
        epoch = epoch_for(
            workload.n_features,
            batch_size,
            shuffled=self.shuffles,
            momentum=bool(self.rule.momentum),
        )
        return HostArrays(
            features=workload.features.reshape(-1).copy(),
            labels=workload.labels.copy(),
            w=start.weight.copy(),
            b=np.array([start.bias], dtype=np.float32),
            batch_size=batch_size,
            epoch=epoch,
        )

    def reset(self, state: HostArrays, start: Start) -> None:
        """Write the start into the arrays of a state."""
        state.reset(start)

    def whole_epoch(self, state: HostArrays, order: Order, learning_rates: Rates) -> None:
        """Run the compiled epoch."""
        run(state, order, learning_rates, self.rule.momentum)

    def parameters(self, state: HostArrays) -> tuple[Weight, float]:
        """Return a copy of the weight, shape (n_features,), and the bias."""
        return state.w.copy(), float(state.b[0])
