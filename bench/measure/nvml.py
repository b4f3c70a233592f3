"""What NVML, the driver's management library, knows about one GPU.

Which GPUs there are and in which order is not asked here: NVML numbers them by bus, CUDA
otherwise (see ``kernels.backends.cuda_driver``). A GPU is therefore named by its UUID.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pynvml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True)
class GpuFacts:
    """What stays until someone changes a GPU or its settings.

    Whatever NVML does not tell is None.

    Attributes
    ----------
    driver : str or None
        Version of the NVIDIA driver.
    cuda_driver : str or None
        The newest CUDA that the driver can run.
    memory_bytes : int or None
        Total.
    power_limit_watts : float or None
        The one in force.
    power_limit_default_watts : float or None
    sm_clock_max_mhz, memory_clock_max_mhz : int or None
    sm_clock_set_mhz, memory_clock_set_mhz : int or None
        What applications are given where heat and power permit (the "application clocks").
    ecc : bool or None
    mig : bool or None
        The GPU is divided into instances.
    persistence : bool or None
        The driver stays loaded while nothing uses the GPU.
    pcie_generation_max, pcie_width_max : int or None
        At most: the link of the moment drops while the GPU is idle.
    """

    driver: str | None = None
    cuda_driver: str | None = None
    memory_bytes: int | None = None
    power_limit_watts: float | None = None
    power_limit_default_watts: float | None = None
    sm_clock_max_mhz: int | None = None
    memory_clock_max_mhz: int | None = None
    sm_clock_set_mhz: int | None = None
    memory_clock_set_mhz: int | None = None
    ecc: bool | None = None
    mig: bool | None = None
    persistence: bool | None = None
    pcie_generation_max: int | None = None
    pcie_width_max: int | None = None


@dataclass(frozen=True)
class GpuState:
    """A GPU at this moment; whatever NVML does not tell is None.

    Attributes
    ----------
    sm_clock_mhz, memory_clock_mhz : int or None
    temperature_celsius : int or None
    memory_free_bytes : int or None
    pcie_generation, pcie_width : int or None
    """

    sm_clock_mhz: int | None = None
    memory_clock_mhz: int | None = None
    temperature_celsius: int | None = None
    memory_free_bytes: int | None = None
    pcie_generation: int | None = None
    pcie_width: int | None = None


def gpu_facts(uuid: str, nvml: Any = pynvml) -> GpuFacts:
    """Ask NVML what stays as it is.

    Parameters
    ----------
    uuid : str
        ``GPU-…``.
    nvml : module
        ``pynvml``, or what stands in for it.

    Returns
    -------
    GpuFacts
        All None where NVML can't be loaded or does not know the GPU.
    """
    with _asking(uuid, nvml) as (ask, gpu):
        if ask is None:
            return GpuFacts()
        cuda = ask(nvml.nvmlSystemGetCudaDriverVersion)
        memory = ask(nvml.nvmlDeviceGetMemoryInfo, gpu)
        sm, memory_clock = nvml.NVML_CLOCK_SM, nvml.NVML_CLOCK_MEM
        return GpuFacts(
            driver=ask(nvml.nvmlSystemGetDriverVersion),
            cuda_driver=None if cuda is None else f"{cuda // 1000}.{cuda % 1000 // 10}",
            memory_bytes=None if memory is None else memory.total,
            power_limit_watts=_watts(ask(nvml.nvmlDeviceGetEnforcedPowerLimit, gpu)),
            power_limit_default_watts=_watts(
                ask(nvml.nvmlDeviceGetPowerManagementDefaultLimit, gpu)
            ),
            sm_clock_max_mhz=ask(nvml.nvmlDeviceGetMaxClockInfo, gpu, sm),
            memory_clock_max_mhz=ask(nvml.nvmlDeviceGetMaxClockInfo, gpu, memory_clock),
            sm_clock_set_mhz=ask(nvml.nvmlDeviceGetApplicationsClock, gpu, sm),
            memory_clock_set_mhz=ask(nvml.nvmlDeviceGetApplicationsClock, gpu, memory_clock),
            ecc=_is_on(ask(nvml.nvmlDeviceGetEccMode, gpu)),
            mig=_is_on(ask(nvml.nvmlDeviceGetMigMode, gpu)),
            persistence=_is_on(ask(nvml.nvmlDeviceGetPersistenceMode, gpu)),
            pcie_generation_max=ask(nvml.nvmlDeviceGetMaxPcieLinkGeneration, gpu),
            pcie_width_max=ask(nvml.nvmlDeviceGetMaxPcieLinkWidth, gpu),
        )


def gpu_state(uuid: str, nvml: Any = pynvml) -> GpuState:
    """Ask NVML how a GPU is at this moment.

    Parameters
    ----------
    uuid : str
        ``GPU-…``.
    nvml : module

    Returns
    -------
    GpuState
        All None where NVML can't be loaded or does not know the GPU.
    """
    with _asking(uuid, nvml) as (ask, gpu):
        if ask is None:
            return GpuState()
        memory = ask(nvml.nvmlDeviceGetMemoryInfo, gpu)
        return GpuState(
            sm_clock_mhz=ask(nvml.nvmlDeviceGetClockInfo, gpu, nvml.NVML_CLOCK_SM),
            memory_clock_mhz=ask(nvml.nvmlDeviceGetClockInfo, gpu, nvml.NVML_CLOCK_MEM),
            temperature_celsius=ask(
                nvml.nvmlDeviceGetTemperature, gpu, nvml.NVML_TEMPERATURE_GPU
            ),
            memory_free_bytes=None if memory is None else memory.free,
            pcie_generation=ask(nvml.nvmlDeviceGetCurrPcieLinkGeneration, gpu),
            pcie_width=ask(nvml.nvmlDeviceGetCurrPcieLinkWidth, gpu),
        )


@contextmanager
def _asking(uuid: str, nvml: Any) -> Iterator[tuple[Callable[..., Any] | None, Any]]:
    """Open NVML for a while; yield what asks one question, and the GPU's handle.

    Each question is asked by itself: not every GPU answers all of them.
    """

    def ask(question: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return question(*arguments)
        except nvml.NVMLError:
            return None

    try:
        nvml.nvmlInit()
    except nvml.NVMLError:
        yield None, None
        return
    try:
        gpu = ask(nvml.nvmlDeviceGetHandleByUUID, uuid)
        yield (None if gpu is None else ask), gpu
    finally:
        nvml.nvmlShutdown()


def _watts(milliwatts: int | None) -> float | None:
    return None if milliwatts is None else milliwatts / 1000


def _is_on(answer: int | list[int] | None) -> bool | None:
    """Read a switch; of one that has a pending state too, the present one."""
    present = answer[0] if isinstance(answer, list) else answer
    return None if present is None else bool(present)
