"""Reads a GPU's counters through NVML.

The library stays loaded and the GPU's handle is kept. What each question costs is the
driver's affair: from a microsecond to a millisecond, outside the clock.
"""

from __future__ import annotations

import os
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pynvml

from bench.measure.telemetry.reading import GpuReading

if TYPE_CHECKING:
    from collections.abc import Callable

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
