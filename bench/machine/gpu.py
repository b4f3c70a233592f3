"""What NVML says about the GPUs, and its counters."""

from __future__ import annotations

import time
import weakref
from contextlib import suppress
from enum import IntFlag
from pathlib import Path
from typing import Any

import pynvml

from bench.machine.counters import GpuReading
from bench.machine.gpu_sharing import Family
from bench.machine.processor import HERE, Machine
from bench.machine.rule import RULE
from kernels import tf32
from kernels.backends import cuda_driver

# What NVML says about one GPU. A GPU is named by its UUID: NVML numbers them by bus, CUDA
# otherwise (see ``kernels.backends.cuda_driver``).


class Gpu:
    """A GPU as NVML knows it, which stays loaded for as long as this is kept.

    Each question is asked by itself: not every GPU answers all of them.

    Parameters
    ----------
    uuid : str
        ``GPU-…``. Where it is that of an instance of a divided GPU (MIG), the instance is asked
        first, and then the whole GPU, which has the clocks and the heat.
    nvml : module
        ``pynvml``, or what stands in for it.
    """

    def __init__(self, uuid: str, nvml: Any = pynvml) -> None:
        self._uuid, self._nvml, self._gpus = uuid, nvml, []
        self._refused: set[tuple[Any, ...]] = set()
        with suppress(nvml.NVMLError):
            nvml.nvmlInit()
            weakref.finalize(self, nvml.nvmlShutdown)
            self._gpus = self._handles()

    def _handles(self) -> list[Any]:
        nvml = self._nvml
        try:
            return [nvml.nvmlDeviceGetHandleByUUID(self._uuid)]
        except nvml.NVMLError:
            instance = nvml.nvmlDeviceGetHandleByUUID(self._uuid.replace("GPU-", "MIG-", 1))
            return [instance, nvml.nvmlDeviceGetDeviceHandleFromMigDeviceHandle(instance)]

    def ask(self, name: str, *arguments: Any) -> Any:
        """Ask one question, unless it was refused before.

        Returns
        -------
        object
            None where NVML can't be loaded, does not know the GPU or does not tell.
        """
        asked = (name, *arguments)
        if asked in self._refused:
            return None
        for gpu in self._gpus:
            about = () if name.startswith("nvmlSystem") else (gpu,)
            with suppress(self._nvml.NVMLError):
                return getattr(self._nvml, name)(*about, *arguments)
        self._refused.add(asked)
        return None


def uuid_of(device: str) -> str | None:
    """Return the UUID of a device as ``gpu(0)``.

    Returns
    -------
    str or None
        None for a CPU, or where the driver does not answer or know it.
    """
    if not device.startswith("gpu"):
        return None
    try:
        found = {f"gpu({gpu.index})": gpu.uuid for gpu in cuda_driver.devices()}
    except cuda_driver.DriverError:
        return None
    return found.get(device)


def gpu_facts(uuid: str, nvml: Any = pynvml) -> dict[str, object]:
    """Ask NVML what stays until someone changes a GPU or its settings.

    Parameters
    ----------
    uuid : str
        ``GPU-…``.
    nvml : module
        ``pynvml``, or what stands in for it.

    Returns
    -------
    dict
        None for what NVML does not tell. ``driver``: version of the NVIDIA driver.
        ``cuda_driver``: the newest CUDA that it can run. ``power_limit_watts``: the one in
        force. ``…_clock_set_mhz``: what applications are given where heat and power permit (the
        "application clocks"). ``mig``: the GPU is divided into instances. ``persistence``: the
        driver stays loaded while nothing uses the GPU. ``pcie_…_max``: at most, for the link of
        the moment drops while the GPU is idle.
    """
    ask = Gpu(uuid, nvml).ask
    cuda = ask("nvmlSystemGetCudaDriverVersion")
    memory = ask("nvmlDeviceGetMemoryInfo")
    sm, memory_clock = nvml.NVML_CLOCK_SM, nvml.NVML_CLOCK_MEM
    return {
        "driver": ask("nvmlSystemGetDriverVersion"),
        "cuda_driver": None if cuda is None else f"{cuda // 1000}.{cuda % 1000 // 10}",
        "memory_bytes": None if memory is None else memory.total,
        "power_limit_watts": _scaled(ask("nvmlDeviceGetEnforcedPowerLimit"), MILLI),
        "power_limit_default_watts": _scaled(
            ask("nvmlDeviceGetPowerManagementDefaultLimit"), MILLI
        ),
        "sm_clock_max_mhz": ask("nvmlDeviceGetMaxClockInfo", sm),
        "memory_clock_max_mhz": ask("nvmlDeviceGetMaxClockInfo", memory_clock),
        "sm_clock_set_mhz": ask("nvmlDeviceGetApplicationsClock", sm),
        "memory_clock_set_mhz": ask("nvmlDeviceGetApplicationsClock", memory_clock),
        "ecc": _is_on(ask("nvmlDeviceGetEccMode")),
        "mig": _is_on(ask("nvmlDeviceGetMigMode")),
        "persistence": _is_on(ask("nvmlDeviceGetPersistenceMode")),
        "pcie_generation_max": ask("nvmlDeviceGetMaxPcieLinkGeneration"),
        "pcie_width_max": ask("nvmlDeviceGetMaxPcieLinkWidth"),
    }


def gpu_state(uuid: str, nvml: Any = pynvml) -> dict[str, object]:
    """Ask NVML how a GPU is at this moment; None for what it does not tell."""
    ask = Gpu(uuid, nvml).ask
    memory = ask("nvmlDeviceGetMemoryInfo")
    return {
        "sm_clock_mhz": ask("nvmlDeviceGetClockInfo", nvml.NVML_CLOCK_SM),
        "memory_clock_mhz": ask("nvmlDeviceGetClockInfo", nvml.NVML_CLOCK_MEM),
        "temperature_celsius": ask("nvmlDeviceGetTemperature", nvml.NVML_TEMPERATURE_GPU),
        "memory_free_bytes": None if memory is None else memory.free,
        "pcie_generation": ask("nvmlDeviceGetCurrPcieLinkGeneration"),
        "pcie_width": ask("nvmlDeviceGetCurrPcieLinkWidth"),
    }


MILLI, NANO = 1000, 1_000_000_000


def _scaled(count: int | None, parts: int) -> float | None:
    """Return a count of thousandths, or smaller parts, in the whole unit."""
    return None if count is None else count / parts


def _is_on(answer: int | list[int] | None) -> bool | None:
    """Read a switch; of one that has a pending state too, the present one."""
    present = answer[0] if isinstance(answer, list) else answer
    return None if present is None else bool(present)


# Why a GPU's clock was held down: NVML's bits ("clocks event reasons") and their names, here
# so that a record can be judged where NVML is not installed.


class Reason(IntFlag):
    """What holds a clock down; a member's name is what it is called."""

    IDLE = 0x1
    APPLICATION_CLOCKS = 0x2
    POWER_CAP = 0x4
    HARDWARE_SLOWDOWN = 0x8
    SYNC_BOOST = 0x10
    THERMAL_SLOWDOWN = 0x20
    HARDWARE_THERMAL_SLOWDOWN = 0x40
    POWER_BRAKE = 0x80
    DISPLAY_CLOCKS = 0x100


def reason_names(bits: int) -> list[str]:
    """Name what holds a clock down.

    Returns
    -------
    list of str
        In the order of the bits; one that is not known here as a number.
    """
    set_bits = (1 << place for place in range(bits.bit_length()) if bits >> place & 1)
    names = {one.value: str(one.name).lower().replace("_", " ") for one in Reason}
    return [names.get(bit, f"{bit:#x}") for bit in set_bits]


# The GPUs, in the order in which CUDA numbers them.


def gpus(machine: Machine) -> tuple[list[dict[str, object]], str]:
    """Describe what stays until someone changes a GPU or its settings.

    Returns
    -------
    described : list of dict
        JSON-ready: what the driver says, and what `gpu_facts` does; ``mps`` is whether
        processes share the multiprocessors at the same time; ``tf32`` whether
        NVIDIA's libraries may round the factors of float32 products to 10 bits.
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
                **gpu.facts,
                "mps": cuda_driver.is_shared_by_mps(),
                "tf32": tf32.is_allowed(),
                **gpu_facts(gpu.uuid, machine.nvml),
            }
        )
    return described, reason


def gpu_states(machine: Machine) -> list[dict[str, object]]:
    """Describe how the GPUs are at this moment.

    Returns
    -------
    list of dict
        JSON-ready: ``index``, and what `gpu_state` says.
    """
    found, _ = _listed(machine)
    return [{"index": gpu.index, **gpu_state(gpu.uuid, machine.nvml)} for gpu in found]


def has_gpu(machine: Machine = HERE) -> bool:
    """Say whether the driver finds a GPU."""
    return bool(_listed(machine)[0])


def _listed(machine: Machine) -> tuple[list[cuda_driver.CudaDevice], str]:
    """List the GPUs, or none and the reason."""
    try:
        found = machine.gpus()
    except cuda_driver.DriverError as error:
        return [], str(error)
    return found, "" if found else "the NVIDIA driver finds no GPU."


# A GPU's counters. NVML stays loaded: a question takes a microsecond to a millisecond, outside
# the clock.


class GpuReader(Gpu):
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
        super().__init__(uuid, nvml)
        self._family = Family(proc)
        self._pids: set[int] = set()
        self._others: tuple[set[int], set[int], int] = (set(), set(), 0)
        clocks = ("nvmlDeviceGetMaxClockInfo", "nvmlDeviceGetApplicationsClock")
        told = [self.ask(name, nvml.NVML_CLOCK_SM) for name in clocks]
        self._sm_clock_set = min((one for one in told if one is not None), default=None)

    def read(self) -> GpuReading:
        """Read all counters.

        Returns
        -------
        GpuReading
            None for what NVML refused to tell now or before: it is not asked again.
        """
        nvml, ask = self._nvml, self.ask
        corrected, uncorrected = (
            ask("nvmlDeviceGetTotalEccErrors", kind, nvml.NVML_VOLATILE_ECC)
            for kind in (
                nvml.NVML_MEMORY_ERROR_TYPE_CORRECTED,
                nvml.NVML_MEMORY_ERROR_TYPE_UNCORRECTED,
            )
        )
        return GpuReading(
            uuid=self._uuid,
            throttle_reasons=self._throttle_reasons(),
            power_violation_seconds=self._violation(nvml.NVML_PERF_POLICY_POWER),
            thermal_violation_seconds=self._violation(nvml.NVML_PERF_POLICY_THERMAL),
            energy_joules=_scaled(ask("nvmlDeviceGetTotalEnergyConsumption"), MILLI),
            temperature_celsius=ask("nvmlDeviceGetTemperature", nvml.NVML_TEMPERATURE_GPU),
            sm_clock_mhz=ask("nvmlDeviceGetClockInfo", nvml.NVML_CLOCK_SM),
            memory_clock_mhz=ask("nvmlDeviceGetClockInfo", nvml.NVML_CLOCK_MEM),
            sm_clock_set_mhz=self._sm_clock_set,
            ecc_corrected=corrected,
            ecc_uncorrected=uncorrected,
            foreign_processes=self._foreign_processes(),
        )

    def _throttle_reasons(self) -> int | None:
        """Ask by the present name, and an older driver by the older one."""
        now = self.ask("nvmlDeviceGetCurrentClocksEventReasons")
        then = self.ask("nvmlDeviceGetCurrentClocksThrottleReasons") if now is None else now
        return None if then is None else int(then)

    def _violation(self, policy: int) -> float | None:
        """Ask how long a policy has held the clock down."""
        status = self.ask("nvmlDeviceGetViolationStatus", policy)
        return None if status is None else int(status.violationTime) / NANO

    def _foreign_processes(self) -> int | None:
        """Count the processes of others that work on the GPU.

        Where NVML does not tell who worked, all of them count that have a context.
        """
        listed = self.ask("nvmlDeviceGetComputeRunningProcesses")
        if listed is None:
            return None
        pids = {process.pid for process in listed}
        if pids != self._pids:  # looking for processes takes milliseconds
            self._pids, self._others = pids, self._family.others(pids)
        visible, hidden, excused = self._others
        if visible or len(hidden) > excused:
            working = self._working()
            if working is not None:
                visible, hidden = visible & working, hidden & working
        return len(visible) + max(0, len(hidden) - excused)

    def _working(self) -> set[int] | None:
        """Name the processes that the GPU has worked for of late; None where it is not told."""
        name, nvml = "nvmlDeviceGetProcessUtilization", self._nvml
        if (name,) in self._refused:
            return None
        since = int((time.time() - RULE.working_seconds) * 1e6)
        for gpu in self._gpus:
            try:
                told = getattr(nvml, name)(gpu, since)
            except nvml.NVMLError as error:
                if error.value == nvml.NVML_ERROR_NOT_FOUND:  # nobody has
                    return set()
            else:
                return {one.pid for one in told if one.smUtil or one.memUtil}
        self._refused.add((name,))
        return None
