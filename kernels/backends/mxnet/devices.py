"""Which devices MXNet can use here, and why not the others."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from kernels.backends import gpus
from kernels.backends.mxnet.cuda_libraries import gpu_wheel
from kernels.backends.mxnet.imports import mx
from kernels.contract import AVAILABLE, Availability, DeviceReport, Status

if TYPE_CHECKING:
    from kernels.backends.cuda_driver import CudaDevice

#: Compute capabilities that the GPU wheels of MXNet 1.9.1 hold machine code for; they hold
#: no PTX, so nothing is compiled for a newer GPU when it is met.
WHEEL_HOLDS = ((5, 0), (6, 0), (7, 0), (8, 0), (8, 6))


def holds_code_for(capability: tuple[int, int]) -> bool:
    """Say whether the wheel's machine code runs on a GPU.

    Machine code runs on GPUs of the same major and the same or a higher minor compute
    capability (CUDA C++ Programming Guide, "Binary Compatibility").

    Parameters
    ----------
    capability : tuple of int
        Major and minor.

    Returns
    -------
    bool
    """
    major, minor = capability
    return any(major == held[0] and minor >= held[1] for held in WHEEL_HOLDS)


def capability_sentence(gpu: CudaDevice) -> str:
    """Put a GPU's compute capability against what the wheel holds."""
    held = ", ".join(f"{major}.{minor}" for major, minor in WHEEL_HOLDS)
    major, minor = gpu.compute_capability
    return (
        f"{gpu.name} has compute capability {major}.{minor}; the MXNet 1.9.1 GPU wheel holds "
        f"code for {held} and no PTX"
    )


def last_line(error: Exception) -> str:
    """Return what an error of MXNet's says behind its traceback."""
    return next((line for line in str(error).splitlines()[::-1] if line.strip()), "failed")


def try_operator(index: int) -> str:
    """Add 1 to an array on a GPU.

    Parameters
    ----------
    index : int

    Returns
    -------
    str
        What went wrong, on one line; empty when the result is right.
    """
    try:
        result = (mx.nd.ones((2,), ctx=mx.gpu(index)) + 1).asnumpy()
    except mx.base.MXNetError as error:
        return last_line(error)
    return "" if result.tolist() == [2.0, 2.0] else f"1 + 1 gave {result.tolist()}"


def judge(gpu: CudaDevice) -> Availability:
    """Run one operator on a GPU, where there is the wheel for one.

    Parameters
    ----------
    gpu : CudaDevice

    Returns
    -------
    Availability
    """
    if gpu_wheel() is None:
        return Availability(
            Status.MISSING,
            f"the installed mxnet is the CPU wheel; {capability_sentence(gpu)}.",
            "pip uninstall mxnet, then pip install -e '.[cu112]'."
            if holds_code_for(gpu.compute_capability)
            else "",
        )
    error = try_operator(gpu.index)
    if not error:
        return AVAILABLE
    if not holds_code_for(gpu.compute_capability):
        return Availability(
            Status.BROKEN,
            f"{capability_sentence(gpu)}: one operator gave {error!r}.",
            "Use a GPU of compute capability 8.9 or less; nd.cuda_* and update.cuda_* bring "
            "their own code.",
        )
    return Availability(
        Status.BROKEN,
        f"one operator on {gpu.name} gave {error!r}.",
        "Check the driver with nvidia-smi.",
    )


@cache
def reports() -> tuple[DeviceReport, ...]:
    """List the devices, probing each GPU once.

    Returns
    -------
    tuple of DeviceReport
        ``cpu(0)`` first; at least one GPU, with the reason where there is none.
    """
    return (DeviceReport("cpu(0)", AVAILABLE), *gpus.reports(judge))
