"""The GPUs that the driver lists, each with a library's own answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernels.backends import cuda_driver
from kernels.contract import Availability, DeviceReport, Status

if TYPE_CHECKING:
    from collections.abc import Callable


def none_usable(answer: Availability) -> list[DeviceReport]:
    """List one GPU that stands for all of them, where there is none to use."""
    return [DeviceReport("gpu(0)", answer)]


def reports(judge: Callable[[cuda_driver.CudaDevice], Availability]) -> list[DeviceReport]:
    """List the GPUs.

    Parameters
    ----------
    judge : callable
        Says of a GPU whether the library can use it; called only where there is one.

    Returns
    -------
    list of DeviceReport
        At least one; ``gpu(0)`` with the reason where the driver finds none.
    """
    try:
        found = cuda_driver.devices()
    except cuda_driver.DriverError as error:
        return none_usable(
            Availability(
                Status.NO_DEVICE, str(error), "GPU cases need an NVIDIA GPU with its driver."
            )
        )
    if not found:
        return none_usable(Availability(Status.NO_DEVICE, "the NVIDIA driver finds no GPU."))
    return [DeviceReport(f"gpu({gpu.index})", judge(gpu), gpu.name) for gpu in found]
