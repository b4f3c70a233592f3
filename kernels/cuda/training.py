"""What the training kernels share that run a whole epoch in one launch of ``sgd.cu``."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kernels.backends.cuda_driver import is_shared_by_mps
from kernels.cost import StepCost
from kernels.cuda import source
from kernels.cuda.geometry import epoch_launch
from kernels.wholeepoch import EpochKernel

if TYPE_CHECKING:
    from collections.abc import Callable

    from data.workload import Workload
    from kernels.contract import Order, Rates, Start, Weight
    from kernels.cuda.gpu import Gpu


@dataclass
class CudaEpochState:
    """Arrays of one training on a GPU, and the kernel that trains.

    Attributes
    ----------
    gpu : Gpu
    batch_size : int
    features, labels : array of the library
        Shapes (n_samples, n_features), (n_samples,).
    weight, bias : array of the library
        Shapes (n_features,), (1,).
    after_bias : tuple
        What the kernel takes after the bias and before the workspace: with momentum the
        velocity, shape (n_features + 1,), and mu.
    workspace, arrived : array of the library
        Memory of the kernel's own.
    sizes : tuple of int32
        What it takes last: features, batch size, whether parameters are in shared memory.
    launch : callable
    """

    gpu: Gpu
    batch_size: int
    features: Any
    labels: Any
    weight: Any
    bias: Any
    after_bias: tuple[Any, ...]
    workspace: Any
    arrived: Any
    sizes: tuple[Any, ...]
    launch: Callable[..., object]


class CudaEpochKernel(EpochKernel):
    """A whole epoch in one launch; subclasses give the library's ``gpu``."""

    operator = source.EPOCH
    device_kinds = ("gpu",)
    saves = (
        "every launch but one: the loop over the batches runs on the GPU, and rows are read "
        "where they lie"
    )
    # Each row is read once, with its label and its place in the order. Parameters, the
    # gradient and the velocity stay in shared memory; where a batch is shared by several
    # blocks, or there are more features than a warp holds in registers, caches serve what
    # is read again, and it is not counted.
    cost = StepCost(features=1, samples=2, parameters=0)

    @abstractmethod
    def gpu(self, device: str) -> Gpu:
        """Return the library's way to a GPU."""

    def prepare(
        self,
        workload: Workload,
        device: str,
        batch_size: int,
        loader: str,  # noqa: ARG002 - there is one
        start: Start,
    ) -> CudaEpochState:
        """Compile, and copy the data and the start to the GPU."""
        gpu, d = self.gpu(device), workload.n_features
        m = min(batch_size, workload.n_samples)
        # Blocks of one grid wait for each other. Where another process may have taken some of
        # the multiprocessors meanwhile, they could do so for ever: one block waits for nobody.
        together = 1 if is_shared_by_mps() else gpu.n_multiprocessors
        launch = epoch_launch(m, d, together)
        velocity: tuple[Any, ...] = ()
        if mu := self.rule.momentum:
            velocity = (gpu.array(np.zeros(d + 1, np.float32)), np.float32(mu))
        return CudaEpochState(
            gpu=gpu,
            batch_size=batch_size,
            features=gpu.array(workload.features),
            labels=gpu.array(workload.labels),
            weight=gpu.array(start.weight),
            bias=gpu.array(np.array([start.bias], np.float32)),
            after_bias=velocity,
            workspace=gpu.array(np.zeros(launch.n_workspace, np.float32)),
            arrived=gpu.array(np.zeros(1, np.int32)),
            sizes=(np.int32(d), np.int32(batch_size), np.int32(launch.in_shared)),
            launch=gpu.kernel(self.operator, launch),
        )

    def reset(self, state: CudaEpochState, start: Start) -> None:
        """Write the start into the arrays of a state, and put the velocity at rest."""
        write = state.gpu.write
        write(state.weight, start.weight)
        write(state.bias, np.array([start.bias], np.float32))
        for velocity in state.after_bias[:1]:
            write(velocity, np.zeros(len(start.weight) + 1, np.float32))

    def whole_epoch(self, state: CudaEpochState, order: Order, learning_rates: Rates) -> None:
        """Copy the order and the rates to the GPU, and launch once."""
        # Places as int32: half the bytes to copy, for a conversion that NumPy does in a
        # fraction of the copy's time.
        places = state.gpu.array(order.astype(np.int32))
        rates = state.gpu.array(np.asarray(learning_rates).astype(np.float32))
        state.launch(
            state.features,
            state.labels,
            places,
            rates,
            state.weight,
            state.bias,
            *state.after_bias,
            state.workspace,
            state.arrived,
            np.int32(len(order)),
            *state.sizes,
        )

    def parameters(self, state: CudaEpochState) -> tuple[Weight, float]:
        """Wait, and return the weight, shape (n_features,), and the bias."""
        return state.gpu.to_numpy(state.weight), float(state.gpu.to_numpy(state.bias)[0])
