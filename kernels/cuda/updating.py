"""What the update kernels share that launch ``sgd.cu``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kernels.cuda import source
from kernels.cuda.geometry import update_launch
from kernels.defaults import UpdateDefaults

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kernels.contract import Weight
    from kernels.cuda.gpu import Gpu


@dataclass
class CudaUpdateState:
    """Arrays of one update on a GPU.

    Attributes
    ----------
    gpu : Gpu
    w : list of array of the library, each of shape (n,)
    launches : list of (callable, tuple)
        For each tensor the kernel, and what it takes.
    """

    gpu: Gpu
    w: list[Any]
    launches: list[tuple[Callable[..., object], tuple[Any, ...]]]


class CudaUpdateKernel(UpdateDefaults, ABC):
    """One launch for each tensor; subclasses give the library's ``gpu``."""

    operator = source.UPDATE
    device_kinds = ("gpu",)
    bytes_per_parameter = 12

    @abstractmethod
    def gpu(self, device: str) -> Gpu:
        """Return the library's way to a GPU."""

    def prepare(
        self, device: str, weights: Sequence[Weight], gradients: Sequence[Weight], eta: float
    ) -> CudaUpdateState:
        """Compile, and copy the parameters and their gradients to the GPU."""
        gpu, mu = self.gpu(device), self.rule.momentum
        state = CudaUpdateState(gpu, w=[], launches=[])
        for weight, gradient in zip(weights, gradients, strict=True):
            w, n = gpu.array(weight), len(weight)
            scalars: tuple[Any, ...] = (np.float32(eta), np.int32(n))
            if mu:
                velocity = gpu.array(np.zeros(n, np.float32))
                scalars = (velocity, np.float32(eta), np.float32(mu), np.int32(n))
            launch = gpu.kernel(self.operator, update_launch(n, gpu.n_multiprocessors))
            state.w.append(w)
            state.launches.append((launch, (w, gpu.array(gradient), *scalars)))
        return state

    def update(self, state: CudaUpdateState) -> None:
        """Launch once for each tensor."""
        for launch, arguments in state.launches:
            launch(*arguments)

    def parameters(self, state: CudaUpdateState) -> list[Weight]:
        """Wait, and return copies of the parameters, each of shape (n,)."""
        return [state.gpu.to_numpy(w) for w in state.w]
