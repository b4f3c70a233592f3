"""Processes without processes: each task does what a script says of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bench.run.launcher import EndedError, NoAnswerError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bench.plan.tasks import Setting


def answer_of(seconds: float, n_rounds: int = 12) -> dict[str, Any]:
    """What a process answers that has timed so many equal rounds."""
    return {
        "rounds": [(seconds / 2, seconds, 1)] * n_rounds,
        "group": "a group",
        "facts": {
            "case": "epoch",
            "seconds_per_epoch": seconds,
            "samples_per_second": 100 / seconds,
            "enqueued_data": [seconds / 2] * n_rounds,
            "enqueued_seconds": seconds / 2,
            "device_data": [],
            "device_seconds": None,
            "marks": {},
            "disturbed_rounds": 0,
            "telemetry": {"unread": []},
            "target_half_width": 0.01,
            "half_width": 0.0,
            "interval": [seconds, seconds],
            "stopped": "precise",
            "untrusted": False,
            "overhead": None,
            "overhead_share": 1e-4,
            "warm_up": {"settled": True},
            "gate": {"steps": 4},
            "loss": 0.25,
        },
    }


CRASH = EndedError("the process ended with SIGSEGV")
KILLED = EndedError("the process ended with SIGKILL", killed=True)
HANG = NoAnswerError("no answer within 60 s")


def error(kind: str, message: str, *, out_of_memory: bool = False) -> dict[str, Any]:
    return {"error": kind, "message": message, "out_of_memory": out_of_memory}


@dataclass
class FakeHandle:
    """A process: what it was asked is kept."""

    launcher: FakeLauncher
    setting: Setting
    asked: list[str] = field(default_factory=list)
    closed: bool = False

    def ask(self, request: Mapping[str, Any], limit_seconds: float) -> dict[str, Any]:
        assert not self.closed
        name = str(request["params"]["name"])
        self.asked.append(name)
        self.launcher.limits[name] = limit_seconds
        self.launcher.requests.append(dict(request))
        outcome = self.launcher.script(
            name, sum(name in one.asked for one in self.launcher.all)
        )
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def close(self) -> None:
        self.closed = True


@dataclass
class FakeLauncher:
    """Starts fake processes.

    Attributes
    ----------
    script : callable
        From a task's name, and in how many processes it has been asked for by now, to the
        answer, or what is raised.
    """

    script: Callable[[str, int], dict[str, Any] | BaseException]
    all: list[FakeHandle] = field(default_factory=list)
    limits: dict[str, float] = field(default_factory=dict)
    requests: list[dict[str, Any]] = field(default_factory=list)

    def launch(self, setting: Setting) -> FakeHandle:
        assert all(one.closed for one in self.all)  # never two at a time
        self.all.append(FakeHandle(self, setting))
        return self.all[-1]
