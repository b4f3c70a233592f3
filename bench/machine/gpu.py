"""What NVML says about the GPUs, and its counters."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil
import pynvml

from bench.machine.counters import GpuReading
from bench.machine.processor import Machine
from kernels.backends import cuda_driver

# What NVML says about one GPU. A GPU is named by its UUID: NVML numbers them by bus, CUDA
# otherwise (see ``kernels.backends.cuda_driver``).


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
    sm_clock_set_mhz, memory_clock_set_mhz : int or None
        What applications are given where heat and power permit (the "application clocks").
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
    """A GPU at this moment; whatever NVML does not tell is None."""

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


# Why a GPU's clock was held down: NVML's bits ("clocks event reasons") and their names, here
# so that a record can be judged where NVML is not installed.


IDLE = 0x1
APPLICATION_CLOCKS = 0x2
POWER_CAP = 0x4
HARDWARE = 0x8
SYNC_BOOST = 0x10
THERMAL = 0x20
HARDWARE_THERMAL = 0x40
POWER_BRAKE = 0x80
DISPLAY = 0x100

NAMES = {
    IDLE: "idle",
    APPLICATION_CLOCKS: "application clocks",
    POWER_CAP: "power cap",
    HARDWARE: "hardware slowdown",
    SYNC_BOOST: "sync boost",
    THERMAL: "thermal slowdown",
    HARDWARE_THERMAL: "hardware thermal slowdown",
    POWER_BRAKE: "power brake",
    DISPLAY: "display clocks",
}


def reason_names(bits: int) -> list[str]:
    """Name what holds a clock down.

    Returns
    -------
    list of str
        In the order of the bits; one that is not known here as a number.
    """
    set_bits = (1 << place for place in range(bits.bit_length()) if bits >> place & 1)
    return [NAMES.get(bit, f"{bit:#x}") for bit in set_bits]


# The GPUs, in the order in which CUDA numbers them.


def gpus(machine: Machine) -> tuple[list[dict[str, object]], str]:
    """Describe what stays until someone changes a GPU or its settings.

    Returns
    -------
    described : list of dict
        JSON-ready: what the driver says, and ``bench.machine.gpu.GpuFacts``.
    reason : str
        Why there is none.
    """
    found, reason = _listed(machine)
    described: list[dict[str, object]] = []
    for gpu in found:
        major, minor = gpu.compute_capability
        described.append(
            {
                "index": gpu.index,
                "name": gpu.name,
                "uuid": gpu.uuid,
                "compute_capability": f"{major}.{minor}",
                **asdict(gpu_facts(gpu.uuid, machine.nvml)),
            }
        )
    return described, reason


def gpu_states(machine: Machine) -> list[dict[str, object]]:
    """Describe how the GPUs are at this moment.

    Returns
    -------
    list of dict
        JSON-ready: ``index``, and ``bench.machine.gpu.GpuState``.
    """
    found, _ = _listed(machine)
    return [{"index": gpu.index, **asdict(gpu_state(gpu.uuid, machine.nvml))} for gpu in found]


def _listed(machine: Machine) -> tuple[list[cuda_driver.CudaDevice], str]:
    """List the GPUs, or none and the reason."""
    try:
        found = machine.gpus()
    except cuda_driver.DriverError as error:
        return [], str(error)
    return found, "" if found else "the NVIDIA driver finds no GPU."


# A GPU's counters. NVML stays loaded: a question takes a microsecond to a millisecond, outside
# the clock.


MILLI, NANO = 1e-3, 1e-9


class GpuReader:
    """Reads one GPU.

    Parameters
    ----------
    uuid : str
        ``GPU-…``.
    nvml : module
        ``pynvml``, or what stands in for it.
    proc : Path
        Says which processes there are.
    """

    def __init__(self, uuid: str, nvml: Any = pynvml, proc: Path = Path("/proc")) -> None:
        self._uuid = uuid
        self._nvml = nvml
        self._proc = proc
        self._refused: set[tuple[Any, ...]] = set()
        # Whoever started this process and waits for it does not disturb it.
        self._own = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
        self._gpu: Any = self._opened()

    def _opened(self) -> Any:
        """Load NVML and find the GPU; None where either fails."""
        nvml = self._nvml
        try:
            nvml.nvmlInit()
        except nvml.NVMLError:
            return None
        weakref.finalize(self, nvml.nvmlShutdown)
        return self._ask("nvmlDeviceGetHandleByUUID", self._uuid)

    def read(self) -> GpuReading:
        """Read all counters.

        Returns
        -------
        GpuReading
            None for what NVML refused to tell now or before: it is not asked again.
        """
        if self._gpu is None:
            return GpuReading(self._uuid)
        nvml, gpu, ask = self._nvml, self._gpu, self._ask
        volatile = nvml.NVML_VOLATILE_ECC
        energy = ask("nvmlDeviceGetTotalEnergyConsumption", gpu)
        return GpuReading(
            uuid=self._uuid,
            throttle_reasons=self._throttle_reasons(),
            power_violation_seconds=self._violation(nvml.NVML_PERF_POLICY_POWER),
            thermal_violation_seconds=self._violation(nvml.NVML_PERF_POLICY_THERMAL),
            energy_joules=None if energy is None else energy * MILLI,
            temperature_celsius=ask("nvmlDeviceGetTemperature", gpu, nvml.NVML_TEMPERATURE_GPU),
            sm_clock_mhz=ask("nvmlDeviceGetClockInfo", gpu, nvml.NVML_CLOCK_SM),
            memory_clock_mhz=ask("nvmlDeviceGetClockInfo", gpu, nvml.NVML_CLOCK_MEM),
            ecc_corrected=ask(
                "nvmlDeviceGetTotalEccErrors",
                gpu,
                nvml.NVML_MEMORY_ERROR_TYPE_CORRECTED,
                volatile,
            ),
            ecc_uncorrected=ask(
                "nvmlDeviceGetTotalEccErrors",
                gpu,
                nvml.NVML_MEMORY_ERROR_TYPE_UNCORRECTED,
                volatile,
            ),
            foreign_processes=self._foreign_processes(),
        )

    def _ask(self, name: str, *arguments: Any) -> Any:
        """Ask one question, unless it was refused before."""
        # The handle is the same in all of them, and some handles can't be hashed.
        asked = (name, *arguments[1:])
        if asked in self._refused:
            return None
        question: Callable[..., Any] = getattr(self._nvml, name)
        try:
            return question(*arguments)
        except self._nvml.NVMLError:
            self._refused.add(asked)
            return None

    def _throttle_reasons(self) -> int | None:
        """Ask by the present name, and an older driver by the older one."""
        now = self._ask("nvmlDeviceGetCurrentClocksEventReasons", self._gpu)
        if now is not None:
            return int(now)
        then = self._ask("nvmlDeviceGetCurrentClocksThrottleReasons", self._gpu)
        return None if then is None else int(then)

    def _violation(self, policy: int) -> float | None:
        """Ask how long a policy has held the clock down."""
        status = self._ask("nvmlDeviceGetViolationStatus", self._gpu, policy)
        return None if status is None else int(status.violationTime) * NANO

    def _foreign_processes(self) -> int | None:
        """Count the processes that compute on the GPU, without our own.

        In a container NVML may number processes as the host does. One that can't be found
        here may then be this one; so where this one is not listed, one of those is not
        counted.
        """
        listed = self._ask("nvmlDeviceGetComputeRunningProcesses", self._gpu)
        if listed is None:
            return None
        pids = {process.pid for process in listed}
        foreign = pids - self._own
        here_unlisted = os.getpid() not in pids
        hidden = here_unlisted and any(not (self._proc / f"{pid}").exists() for pid in foreign)
        return len(foreign) - hidden
