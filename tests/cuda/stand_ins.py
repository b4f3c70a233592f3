"""Libraries of GPUs, as far as the kernels use them, on the CPU: NumPy and the emulation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kernels.cuda import source
from kernels.cuda.geometry import Launch
from tests.cuda.test_cuda_source import MXNET_PARAMETER

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cuda.emulated import Emulation

N_MULTIPROCESSORS = 3


class NdArray(np.ndarray[Any, Any]):
    """Looks like an NDArray where the kernels look."""

    def asnumpy(self) -> Any:
        return np.array(self)


@dataclass
class RtcKernel:
    """``mx.rtc.CudaKernel``."""

    emulation: Emulation
    name: str
    n_parameters: int

    def launch(
        self, args: Any, ctx: Any, grid_dims: Any, block_dims: Any, shared_mem: int = 0
    ) -> None:
        assert ctx == "gpu(0)"
        assert len(args) == self.n_parameters
        assert grid_dims[1:] == block_dims[1:] == (1, 1)
        # As mxnet/rtc.py checks them.
        assert all(isinstance(arg, (NdArray, float, int, np.generic)) for arg in args)
        launch = Launch(grid_dims[0], block_dims[0], shared_mem)
        self.emulation.launch(self.name, launch, *args)


class MXNet:
    """``mx``: ``nd.array`` and ``rtc``."""

    def __init__(self, emulation: Emulation) -> None:
        self._emulation = emulation
        self.nd = self.rtc = self

    def array(self, host: Any, ctx: Any, dtype: Any) -> NdArray:
        assert ctx == "gpu(0)"
        return np.array(host, dtype=dtype).view(NdArray)

    def CudaModule(self, text: str) -> MXNet:  # noqa: N802 - as MXNet names it
        assert text == source.text()
        return self

    def get_kernel(self, name: str, signature: str) -> RtcKernel:
        parameters = signature.split(",")
        assert all(MXNET_PARAMETER.match(" ".join(one.split())) for one in parameters)
        return RtcKernel(self._emulation, name, len(parameters))


class Cupy:
    """``cupy``: NumPy, which has the same interface, and ``RawModule``."""

    def __init__(self, emulation: Emulation) -> None:
        self._emulation = emulation

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)

    def asnumpy(self, array: Any) -> Any:
        return np.array(array)

    def RawModule(self, code: str, options: tuple[str, ...]) -> Cupy:  # noqa: N802
        assert code == source.text()
        return self

    def ElementwiseKernel(  # noqa: N802
        self, inputs: str, outputs: str, operation: str, name: str
    ) -> Callable[..., None]:
        assert (inputs, outputs) == ("float32 g, float32 eta", "float32 w")

        def run(g: Any, eta: float, w: Any) -> None:
            given = {"w": w, "g": g, "eta": np.float32(eta)}
            exec(operation, {}, given)  # noqa: S102 - C++ and Python agree on this one

        return run

    def get_function(self, name: str) -> Callable[..., None]:
        def run(grid: Any, block: Any, args: Any, *, shared_mem: int = 0) -> None:
            # A Python number would be handed over as 8 bytes.
            assert all(isinstance(arg, (np.ndarray, np.float32, np.int32)) for arg in args)
            launch = Launch(grid[0], block[0], shared_mem)
            self._emulation.launch(name, launch, *args)

        return run
