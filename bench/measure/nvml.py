"""What NVML, the driver's management library, knows about one GPU.

Which GPUs there are and in which order is not asked here: NVML numbers them by bus, CUDA
otherwise (see ``kernels.backends.cuda_driver``). A GPU is therefore named by its UUID.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pynvml

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class GpuDetails:
    """One GPU; whatever NVML does not tell is None.

    Attributes
    ----------
    driver : str or None
        Version of the NVIDIA driver.
    memory_bytes : int or None
        Total.
    power_limit_watts : float or None
    sm_clock_mhz : int or None
        Now.
    memory_clock_mhz : int or None
        Now.
    temperature_celsius : int or None
        Now.
    """

    driver: str | None = None
    memory_bytes: int | None = None
    power_limit_watts: float | None = None
    sm_clock_mhz: int | None = None
    memory_clock_mhz: int | None = None
    temperature_celsius: int | None = None


def gpu_details(uuid: str, nvml: Any = pynvml) -> GpuDetails | None:
    """Ask NVML about a GPU.

    Parameters
    ----------
    uuid : str
        ``GPU-…``.
    nvml : module
        ``pynvml``, or what stands in for it.

    Returns
    -------
    GpuDetails or None
        None where NVML can't be loaded or does not know the GPU.
    """
    try:
        nvml.nvmlInit()
    except nvml.NVMLError:
        return None
    try:
        return _details(nvml, nvml.nvmlDeviceGetHandleByUUID(uuid))
    except nvml.NVMLError:
        return None
    finally:
        nvml.nvmlShutdown()


def _details(nvml: Any, gpu: Any) -> GpuDetails:
    """Ask each question by itself: not every GPU answers all of them."""

    def answer(question: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return question(*arguments)
        except nvml.NVMLError:
            return None

    memory = answer(nvml.nvmlDeviceGetMemoryInfo, gpu)
    milliwatts = answer(nvml.nvmlDeviceGetPowerManagementLimit, gpu)
    return GpuDetails(
        driver=answer(nvml.nvmlSystemGetDriverVersion),
        memory_bytes=None if memory is None else memory.total,
        power_limit_watts=None if milliwatts is None else milliwatts / 1000,
        sm_clock_mhz=answer(nvml.nvmlDeviceGetClockInfo, gpu, nvml.NVML_CLOCK_SM),
        memory_clock_mhz=answer(nvml.nvmlDeviceGetClockInfo, gpu, nvml.NVML_CLOCK_MEM),
        temperature_celsius=answer(
            nvml.nvmlDeviceGetTemperature, gpu, nvml.NVML_TEMPERATURE_GPU
        ),
    )
