"""What the kernels share that run a whole epoch in one launch of a kernel of Numba's."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from kernels.backends.numba.gpu_devices import launcher, select
from kernels.backends.numba.gpu_shape import epoch_shape
from kernels.wholeepoch import EpochKernel

if TYPE_CHECKING:
    from collections.abc import Callable

    from data.workload import Workload
    from kernels.contract import Order, Rates, Start, Weight


@dataclass
class GpuArrays:
    """Arrays of one training on a GPU, and the kernel that trains.

    Attributes
    ----------
    batch_size : int
    data : tuple of DeviceNDArray
        Features, shape (n_samples, n_features), and labels, shape (n_samples,).
    theta : DeviceNDArray, shape (n_features + 1,)
        The weights and, last, the bias.
    after_theta : tuple
        What the kernel takes last: velocity, mu, workspace and sizes.
    allocate : callable
        From a length and a type to an array of the GPU.
    launch : callable
    room : dict of int to tuple of DeviceNDArray
        By the length of an order: memory for it and for its rates.
    """

    batch_size: int
    data: tuple[Any, Any]
    theta: Any
    after_theta: tuple[Any, ...]
    allocate: Callable[..., Any]
    launch: Callable[..., None]
    room: dict[int, tuple[Any, Any]] = field(default_factory=dict)

    def room_for(self, n: int, n_steps: int) -> tuple[Any, Any]:
        """Return memory for an order and its rates, allocated once for each length."""
        if n not in self.room:
            arrays = self.allocate(n, np.int32), self.allocate(n_steps, np.float32)
            self.room[n] = arrays
        return self.room[n]


class NumbaCudaEpochKernel(EpochKernel):
    """A whole epoch in one launch of one block."""

    backend = "numba"
    operator = "compiled CUDA kernel"
    device_kinds = ("gpu",)

    def prepare(
        self,
        workload: Workload,
        device: str,
        batch_size: int,
        loader: str,  # noqa: ARG002 - there is one
        start: Start,
    ) -> GpuArrays:
        """Copy the data and the start to the GPU; the first epoch compiles."""
        cuda = select(device)
        from kernels.backends.numba.gpu_epoch import epoch

        d, mu = workload.n_features, self.rule.momentum
        m = min(batch_size, workload.n_samples)
        shape = epoch_shape(m, d, momentum=bool(mu))
        sums = np.zeros(1 if shape.in_shared else max(shape.threads, d + 1), np.float32)
        return GpuArrays(
            batch_size=batch_size,
            data=(cuda.to_device(workload.features), cuda.to_device(workload.labels)),
            theta=cuda.to_device(np.append(start.weight, np.float32(start.bias))),
            after_theta=(
                cuda.to_device(np.zeros(d + 1, np.float32)),
                np.float32(mu),
                cuda.to_device(sums),
                np.int32(batch_size),
                np.int32(shape.lanes),
                np.int32(shape.parts),
            ),
            allocate=cuda.device_array,
            launch=launcher(
                epoch(momentum=bool(mu), in_shared=shape.in_shared),
                1,
                shape.threads,
                shared_bytes=4 * shape.n_shared,
            ),
        )

    def reset(self, state: GpuArrays, start: Start) -> None:
        """Write the start into the arrays of a state, and put the velocity at rest."""
        theta = np.append(start.weight, np.float32(start.bias))
        state.theta.copy_to_device(theta)
        state.after_theta[0].copy_to_device(np.zeros_like(theta))

    def whole_epoch(self, state: GpuArrays, order: Order, learning_rates: Rates) -> None:
        """Copy the order and the rates to the GPU, and launch once."""
        places, rates = state.room_for(len(order), len(learning_rates))
        places.copy_to_device(order.astype(np.int32))
        rates.copy_to_device(np.asarray(learning_rates).astype(np.float32))
        state.launch(*state.data, places, rates, state.theta, *state.after_theta)

    def parameters(self, state: GpuArrays) -> tuple[Weight, float]:
        """Wait, and return the weight, shape (n_features,), and the bias."""
        theta: Weight = state.theta.copy_to_host()
        return theta[:-1].copy(), float(theta[-1])
