"""NVML's answers about a GPU, recorded, and what stands in for pynvml to give them.

``QUIET`` is a GPU that works for this process alone; ``RECORDINGS`` are what else was met, each
with the marks that it leads to.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from types import SimpleNamespace
from typing import Any

from bench.machine.gpu import Reason
from kernels.backends.cuda_driver import CudaDevice

ME, PARENT = os.getpid(), os.getppid()
GIB, SECOND = 2**30, 1_000_000_000
#: Processes of others: as they are numbered here, and as the host of a container does.
OTHER, IDLE = 999_001, 999_002
HIDDEN = (4_000_001, 4_000_002, 4_000_003)

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

# What else was met, from before the warm-up to the end of a case.

EXAMPLE = CudaDevice(0, "Example GPU", "GPU-1", (8, 6), {"compute_mode": "default"})


@dataclass(frozen=True)
class Recording:
    """A machine with a GPU, while this process measures on it.

    Attributes
    ----------
    answers : mapping of str to object
        Those that differ from ``QUIET``.
    marks : set of str
        That the rounds bear which were disturbed.
    mostly : bool
        Whether most rounds are among them.
    here : tuple of int
        Processes of others that can be found here.
    started_cuda : tuple of int
        Processes of this measurement that have started CUDA.
    gpu : CudaDevice
        As the driver describes it.
    """

    answers: Mapping[str, Any]
    marks: frozenset[str] = frozenset()
    mostly: bool = True
    here: tuple[int, ...] = ()
    started_cuda: tuple[int, ...] = (ME,)
    gpu: CudaDevice = EXAMPLE

    @property
    def untrusted(self) -> bool:
        """Whether no claim may be made of the case."""
        return bool(self.marks) and self.mostly


SHARED, THROTTLED, SLOW, ECC = map(
    frozenset, (["gpu-shared"], ["throttled"], ["gpu-slow"], ["ecc"])
)
#: Longer than any case here.
LONG = 200


def held_back(policy: int, seconds: float) -> dict[int, Any]:
    """Say that a policy has held the clock down for so long from question to question."""
    growing = tuple(violation(number * seconds) for number in range(LONG))
    return {POWER: violation(3), THERMAL: violation(5), policy: growing}


def sm_clock(*mhz: int) -> dict[str, Any]:
    return {CLOCK: {SM: mhz, MEMORY: 9751}}


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
OF_INSTANCE = CudaDevice(0, "Example GPU MIG 1g.10gb", "GPU-5", (8, 0))
EXCLUSIVE = replace(EXAMPLE, facts={"compute_mode": "exclusive process"})

RECORDINGS = {
    "quiet": Recording({}),
    "nothing is told": Recording(
        dict.fromkeys((name for name in QUIET if "Get" in name), REFUSED)
    ),
    # Processes.
    "others have a context and are idle": Recording(
        {LISTED: processes(ME, IDLE), WORKING: working(ME)}, here=(IDLE,)
    ),
    "others have a context, and nobody has worked": Recording(
        {LISTED: processes(ME, OTHER), WORKING: RecordedNvmlError(NOT_FOUND)}, here=(OTHER,)
    ),
    "others work": Recording(
        {LISTED: processes(ME, OTHER), WORKING: working(ME, OTHER)}, SHARED, here=(OTHER,)
    ),
    "others have a context, and who works is not told": Recording(
        {LISTED: processes(ME, OTHER), WORKING: REFUSED}, SHARED, here=(OTHER,)
    ),
    "others work for a moment": Recording(
        {
            LISTED: (*(processes(ME),) * 8, processes(ME, OTHER), processes(ME)),
            WORKING: working(ME, OTHER),
        },
        SHARED,
        mostly=False,
        here=(OTHER,),
    ),
    "in a container": Recording({LISTED: processes(HIDDEN[0]), WORKING: working(HIDDEN[0])}),
    "in a container that tells of no memory": Recording(
        {LISTED: processes(HIDDEN[0], n_bytes=0), WORKING: working(HIDDEN[0])}
    ),
    "in a container, and the parent has a context": Recording(
        {LISTED: processes(*HIDDEN[:2]), WORKING: working(*HIDDEN[:2])},
        started_cuda=(ME, PARENT),
    ),
    "in a container, and others work": Recording(
        {LISTED: processes(*HIDDEN), WORKING: working(*HIDDEN)},
        SHARED,
        started_cuda=(ME, PARENT),
    ),
    "in a container, and others are idle": Recording(
        {LISTED: processes(*HIDDEN), WORKING: working(HIDDEN[0])}
    ),
    "one process at a time": Recording({}, gpu=EXCLUSIVE),
    # On another instance others work.
    "an instance of a divided GPU": Recording(
        {**INSTANCE, LISTED: {"an instance": processes(ME), "the GPU": processes(ME, OTHER)}},
        here=(OTHER,),
        gpu=OF_INSTANCE,
    ),
    "others on the same instance": Recording(
        {**INSTANCE, LISTED: processes(ME, OTHER)}, SHARED, here=(OTHER,), gpu=OF_INSTANCE
    ),
    # What holds the clock down.
    "hot": Recording({REASONS: int(Reason.THERMAL_SLOWDOWN)}, THROTTLED),
    "hot, by the time that it was held back": Recording(
        {HELD_BACK: held_back(THERMAL, 0.01)}, THROTTLED
    ),
    "slowed down by the hardware, told by an older driver": Recording(
        {REASONS: REFUSED, OLD_REASONS: int(Reason.HARDWARE_SLOWDOWN)}, THROTTLED
    ),
    "at the power limit": Recording(
        {REASONS: int(Reason.POWER_CAP), HELD_BACK: held_back(POWER, 0.01)}, THROTTLED
    ),
    "at the power limit, for how long is not told": Recording(
        {REASONS: int(Reason.POWER_CAP), HELD_BACK: REFUSED}, THROTTLED
    ),
    "at the power limit for no time that counts": Recording(
        {REASONS: int(Reason.POWER_CAP), HELD_BACK: held_back(POWER, 1e-6)}
    ),
    "idle whenever it is asked": Recording({REASONS: int(Reason.IDLE)}),
    # Clocks.
    "waking from idle": Recording(sm_clock(*(345,) * 9, 1200, 1700)),
    "falling clocks": Recording(sm_clock(*(1700,) * 8, 1200, 900), SLOW),
    "falling clocks, and heat is why": Recording(
        {
            **sm_clock(*(1700,) * 8, 1200, 900),
            REASONS: (*(0,) * 8, int(Reason.HARDWARE_THERMAL_SLOWDOWN)),
        },
        SLOW | THROTTLED,
    ),
    "a clock for a moment": Recording(sm_clock(*(1700,) * 8, 900, 1700), SLOW, mostly=False),
    "a clock that a user has locked": Recording(
        {**sm_clock(600), REASONS: int(Reason.APPLICATION_CLOCKS)}
    ),
    "memory errors": Recording(
        {ECC_ERRORS: {CORRECTED: (*(7,) * 8, 8, 9), UNCORRECTED: 2}},
        ECC,
        mostly=False,
    ),
}
