"""NVML's answers about a GPU, recorded, and what stands in for pynvml to give them.

``QUIET`` is a GPU that works for this process alone.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from functools import partial
from types import SimpleNamespace
from typing import Any

ME = os.getpid()
GIB, SECOND = 2**30, 1_000_000_000
IDLE = 999_002

SM, MEMORY = 1, 2
POWER, THERMAL = 0, 1
CORRECTED, UNCORRECTED = 0, 1
NOT_FOUND = 6
CONSTANTS = {
    "NVML_CLOCK_SM": SM,
    "NVML_CLOCK_MEM": MEMORY,
    "NVML_TEMPERATURE_GPU": 0,
    "NVML_PERF_POLICY_POWER": POWER,
    "NVML_PERF_POLICY_THERMAL": THERMAL,
    "NVML_MEMORY_ERROR_TYPE_CORRECTED": CORRECTED,
    "NVML_MEMORY_ERROR_TYPE_UNCORRECTED": UNCORRECTED,
    "NVML_VOLATILE_ECC": 0,
    "NVML_ERROR_NOT_FOUND": NOT_FOUND,
}

# What the tests change.
LISTED = "nvmlDeviceGetComputeRunningProcesses"
WORKING = "nvmlDeviceGetProcessUtilization"
MEMORY_INFO = "nvmlDeviceGetMemoryInfo"
CLOCK = "nvmlDeviceGetClockInfo"
REASONS = "nvmlDeviceGetCurrentClocksEventReasons"
OLD_REASONS = "nvmlDeviceGetCurrentClocksThrottleReasons"
HELD_BACK = "nvmlDeviceGetViolationStatus"
ECC_ERRORS = "nvmlDeviceGetTotalEccErrors"

# The stand-in.


class RecordedNvmlError(Exception):
    """Stands in for NVMLError; as an answer it is raised."""

    def __init__(self, value: object = None) -> None:
        super().__init__(value)
        self.value = value


REFUSED = RecordedNvmlError()


class RecordedNvml:
    """Stands in for pynvml.

    Parameters
    ----------
    changed : mapping of str to object
        Answers that differ from ``QUIET``. A mapping holds answers by the arguments of the
        question, and refuses others; a tuple is answered in turn, its last value from then
        on; an error is raised; a function is called.

    Attributes
    ----------
    answers : dict
        A test may change it.
    asked : Counter of str
        How often each question was asked.
    """

    NVMLError = RecordedNvmlError

    def __init__(self, changed: Mapping[str, Any] | None = None) -> None:
        self.answers = {**QUIET, **(changed or {})}
        self.asked: Counter[str] = Counter()
        self._turns: Counter[tuple[Any, ...]] = Counter()

    @classmethod
    def refusing(cls, *questions: str) -> RecordedNvml:
        """Answer all but some questions."""
        return cls(dict.fromkeys(questions, REFUSED))

    @property
    def n_open(self) -> int:
        """How often it was loaded and not shut down."""
        refused = self.answers["nvmlInit"] is REFUSED
        return (not refused) * self.asked["nvmlInit"] - self.asked["nvmlShutdown"]

    def __getattr__(self, name: str) -> Any:
        if name in CONSTANTS:
            return CONSTANTS[name]
        if name not in self.answers:
            raise AttributeError(name)
        return partial(self._answer, name)

    def _answer(self, name: str, *arguments: Any) -> Any:
        self.asked[name] += 1
        answer = self.answers[name]
        for argument in arguments:
            if isinstance(answer, Mapping) and argument in answer:
                answer = answer[argument]
        if isinstance(answer, Mapping):
            raise RecordedNvmlError(name)
        if isinstance(answer, tuple):
            question = (name, *arguments)
            answer = answer[min(self._turns[question], len(answer) - 1)]
            self._turns[question] += 1
        if isinstance(answer, RecordedNvmlError):
            raise RecordedNvmlError(answer.value)
        return answer(*arguments) if callable(answer) else answer


def memory(used: int, total: int = 24 * GIB) -> SimpleNamespace:
    return SimpleNamespace(total=total, used=used, free=total - used)


def processes(*pids: int, n_bytes: int | None = GIB) -> list[SimpleNamespace]:
    """List processes with a context on the GPU, each with so much of its memory."""
    return [SimpleNamespace(pid=pid, usedGpuMemory=n_bytes) for pid in pids]


def working(*pids: int) -> list[SimpleNamespace]:
    """List processes that the GPU has worked for of late, idle ones among them."""
    busy = [SimpleNamespace(pid=pid, smUtil=9, memUtil=0) for pid in pids]
    return [*busy, SimpleNamespace(pid=IDLE, smUtil=0, memUtil=0)]


def violation(seconds: float) -> SimpleNamespace:
    return SimpleNamespace(violationTime=int(seconds * SECOND))


# The answers of a GPU that works for this process alone.

QUIET: dict[str, Any] = {
    "nvmlInit": None,
    "nvmlShutdown": None,
    "nvmlSystemGetDriverVersion": "550.54",
    "nvmlSystemGetCudaDriverVersion": 12040,
    "nvmlDeviceGetHandleByUUID": {"GPU-1": "the GPU"},
    "nvmlDeviceGetDeviceHandleFromMigDeviceHandle": {},
    MEMORY_INFO: memory(4 * GIB),
    "nvmlDeviceGetEnforcedPowerLimit": 350_500,
    "nvmlDeviceGetPowerManagementDefaultLimit": 400_000,
    "nvmlDeviceGetMaxClockInfo": {SM: 1980, MEMORY: 10_000},
    "nvmlDeviceGetApplicationsClock": {SM: 1700, MEMORY: 9900},
    "nvmlDeviceGetEccMode": [1, 0],
    "nvmlDeviceGetMigMode": [0, 1],
    "nvmlDeviceGetPersistenceMode": 1,
    "nvmlDeviceGetMaxPcieLinkGeneration": 5,
    "nvmlDeviceGetMaxPcieLinkWidth": 16,
    "nvmlDeviceGetCurrPcieLinkGeneration": 1,
    "nvmlDeviceGetCurrPcieLinkWidth": 8,
    CLOCK: {SM: 1410, MEMORY: 9751},
    "nvmlDeviceGetTemperature": 41,
    REASONS: 0,
    OLD_REASONS: 0,
    HELD_BACK: {POWER: violation(3), THERMAL: violation(5)},
    "nvmlDeviceGetTotalEnergyConsumption": 1_234_000,
    ECC_ERRORS: {CORRECTED: 7, UNCORRECTED: 2},
    LISTED: processes(ME),
    WORKING: working(ME),
}

#: An instance of a divided GPU, which tells neither clocks nor who works.
INSTANCE: dict[str, Any] = {
    "nvmlDeviceGetHandleByUUID": {"MIG-5": "an instance"},
    "nvmlDeviceGetDeviceHandleFromMigDeviceHandle": {"an instance": "the GPU"},
    "nvmlDeviceGetMigMode": {"the GPU": [1, 1]},
    MEMORY_INFO: {
        "an instance": memory(GIB, 10 * GIB),
        "the GPU": memory(40 * GIB, 80 * GIB),
    },
    "nvmlDeviceGetMaxClockInfo": {"the GPU": {SM: 1980, MEMORY: 10_000}},
    CLOCK: {"the GPU": {SM: 1410, MEMORY: 9751}},
    WORKING: REFUSED,
}
