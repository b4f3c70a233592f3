"""What the ``update.numba_cuda*`` kernels share: arrays of a GPU, and a launch for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kernels.backends.numba.gpu_devices import launcher, select
from kernels.backends.numba.gpu_shape import UPDATE_THREADS, blocks
from kernels.defaults import UpdateDefaults

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kernels.contract import Weight


@dataclass
class GpuUpdateState:
    """Arrays of one update on a GPU.

    Attributes
    ----------
    weights : list of DeviceNDArray, each of shape (n,)
    launches : list of (callable, tuple)
        For each tensor the kernel, and what it takes.
    """

    weights: list[Any]
    launches: list[tuple[Callable[..., None], tuple[Any, ...]]]


class NumbaCudaUpdateKernel(UpdateDefaults):
    """An update by a kernel that Numba compiles; its rule says which."""

    backend = "numba"
    operator = "compiled CUDA kernel"
    device_kinds = ("gpu",)

    def prepare(
        self, device: str, weights: Sequence[Weight], gradients: Sequence[Weight], eta: float
    ) -> GpuUpdateState:
        """Copy the parameters and their gradients to the GPU; the first update compiles."""
        to_device = select(device).to_device
        from kernels.backends.numba import gpu_jitted

        rate, mu = np.float32(eta), np.float32(self.rule.momentum)
        kernel = gpu_jitted.momentum_update if mu else gpu_jitted.update
        state = GpuUpdateState([], [])
        for weight, gradient in zip(weights, gradients, strict=True):
            w, g = to_device(weight), to_device(gradient)
            rest = (to_device(np.zeros_like(weight)), rate, mu) if mu else (rate,)
            launch = launcher(kernel, blocks(len(weight)), UPDATE_THREADS)
            state.weights.append(w)
            state.launches.append((launch, (w, g, *rest)))
        return state

    def update(self, state: GpuUpdateState) -> None:
        """Launch once for each tensor."""
        for launch, arguments in state.launches:
            launch(*arguments)

    def parameters(self, state: GpuUpdateState) -> list[Weight]:
        """Wait, and return copies of the parameters, each of shape (n,)."""
        return [w.copy_to_host() for w in state.weights]
