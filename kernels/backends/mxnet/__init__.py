"""MXNet 1.9: the backend of the ``nd.*`` and ``gluon.*`` kernels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kernels.backends.held_stream import NoEvents
from kernels.backends.mxnet import devices, imports
from kernels.backends.mxnet.batches import LOADERS
from kernels.backends.mxnet.control_operations import NdOperations
from kernels.backends.mxnet.cuda_libraries import gpu_wheel
from kernels.backends.mxnet.imports import mx
from kernels.contract import AVAILABLE, Availability, DeviceReport, Status
from kernels.controls import standard

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from data.workload import Workload
    from kernels.contract import Batches, MakeControl

BUILD_FEATURES = ("CUDA", "CUDNN", "NCCL", "MKLDNN", "OPENMP", "BLAS_OPEN", "BLAS_MKL")


class MXNetBackend(NoEvents):
    """Apache MXNet, imperative ``nd`` arrays and Gluon."""

    name = "mxnet"
    loaders = tuple(LOADERS)
    held_code = devices.WHEEL_HOLDS

    def probe(self) -> Availability:
        """Import MXNet and run one operator on the CPU."""
        importable = imports.availability()
        if not importable:
            return importable
        try:
            result = (mx.nd.ones((2,)) + 1).asnumpy().tolist()
        except mx.base.MXNetError as error:
            return Availability(Status.BROKEN, f"one operator on the CPU gave {error}.")
        if result != [2.0, 2.0]:
            return Availability(Status.BROKEN, f"on the CPU 1 + 1 gave {result}.")
        return AVAILABLE

    def devices(self) -> list[DeviceReport]:
        """List ``cpu(0)`` and the GPUs; those that can't be used with the reason."""
        answer = self.probe()
        if not answer:
            return [DeviceReport(device, answer) for device in ("cpu(0)", "gpu(0)")]
        return list(devices.reports())

    def drain(self, device: str) -> None:  # noqa: ARG002 - MXNet waits for all devices at once
        """Return once no MXNet work is left on any device."""
        mx.nd.waitall()

    def to_numpy(self, array: Any) -> NDArray[np.float32]:
        """Wait for an array, and copy it to the host."""
        copy: NDArray[np.float32] = array.asnumpy()
        return copy

    def versions(self) -> dict[str, str]:
        """Return the version, the wheel, and what it was built with."""
        enabled = [
            feature for feature in BUILD_FEATURES if mx.runtime.Features().is_enabled(feature)
        ]
        return {
            "mxnet": str(mx.__version__),
            "mxnet_wheel": gpu_wheel() or "mxnet",
            "mxnet_features": " ".join(enabled),
        }

    def batches(self, loader: str, workload: Workload, device: str, batch_size: int) -> Batches:
        """Put the data where the loader wants it."""
        return LOADERS[loader](workload, device, batch_size)

    def allocator_peak(self, device: str, work: Callable[[], object]) -> int | None:  # noqa: ARG002 - none tells
        """Run the work, and return None: MXNet only tells how full the whole device is."""
        work()
        return None

    def controls(self, device: str) -> Mapping[str, MakeControl]:
        """Return the controls that MXNet has, all of them."""
        return standard(NdOperations(device), device)


BACKEND = MXNetBackend()
