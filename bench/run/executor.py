"""Runs the processes of a run: one case at a time, whatever becomes of the one before."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import Any

from bench.plan.tasks import Cause, Outcome, Process, Task
from bench.run.launcher import (
    EndedError,
    Handle,
    Launcher,
    NoAnswerError,
    of_ending,
    of_error,
    oom_kills,
)
from bench.run.rule import RULE

# What Ctrl-C does to a run: after the first one the case in progress is finished.


class Interrupts:
    """While it is entered, counts Ctrl-C.

    The second one, and SIGTERM, raise KeyboardInterrupt; the first is only noted.

    Parameters
    ----------
    say : callable
        Takes what to tell the user after the first.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._before: dict[int, object] = {}
        self.asked = False

    def __enter__(self) -> Interrupts:
        """Take the signals over."""
        for number, handler in ((signal.SIGINT, self._once), (signal.SIGTERM, self._at_once)):
            self._before[number] = signal.signal(number, handler)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Give the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type] # what signal() returned

    def _once(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            self._at_once(number, frame)
        self.asked = True
        self._say("Finishing the case in progress; Ctrl-C again stops at once.")

    def _at_once(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        self.asked = True
        raise KeyboardInterrupt


# Runs the processes of a run: one case at a time, whatever becomes of the one before.


@dataclass(frozen=True)
class Executor:
    """How processes are run; tests put other parts in their place.

    Attributes
    ----------
    request_of : callable
        From a process and one of its tasks to the request, JSON-ready.
    limit_of : callable
        From a task to the seconds that it may take.
    add : callable
        Takes every outcome as soon as it is there.
    starts : callable
        Takes every process and task that is about to begin.
    stopping : callable
        Says whether no further task is to begin.
    """

    launcher: Launcher
    request_of: Callable[[Process, Task], Mapping[str, Any]]
    limit_of: Callable[[Task], float]
    add: Callable[[Outcome], None]
    starts: Callable[[Process, Task], None]
    stopping: Callable[[], bool]
    clock: Callable[[], float] = time.monotonic
    oom_kills: Callable[[], int | None] = oom_kills

    def run(self, processes: Sequence[Process], before: Iterable[Outcome] = ()) -> bool:
        """Run the tasks that are left.

        A crash, a hang or an error costs its case in this process only: what else the
        process had to do is done in another fresh one. A case that is wrong, or that came
        to nothing twice, is given up.

        Parameters
        ----------
        processes : sequence of Process
            In their order.
        before : iterable of Outcome
            Of a run that this one goes on with.

        Returns
        -------
        bool
            Whether all was done; False when it was told to stop.
        """
        failures: Counter[tuple[str, str]] = Counter()
        done = set()
        for outcome in before:
            done.add((outcome.replicate, outcome.id, outcome.kind))
            _count(failures, outcome)
        for process in processes:
            left = [
                task
                for task in process.tasks
                if (process.replicate, task.id, task.kind) not in done
            ]
            if not self._run_process(process, left, failures):
                return False
        return True

    def _run_process(
        self, process: Process, tasks: Sequence[Task], failures: Counter[tuple[str, str]]
    ) -> bool:
        """Run the tasks of one process; start it again where a task has ended it."""
        handle: Handle | None = None
        try:
            for task in tasks:
                if failures[task.id, task.kind] >= RULE.max_failed_processes:
                    continue
                if self.stopping():
                    return False
                self.starts(process, task)
                handle = handle or self.launcher.launch(process.setting)
                outcome = self._ask(handle, process, task)
                _count(failures, outcome)
                if outcome.cause not in (None, Cause.WRONG):  # which harms no process
                    handle.close()
                    handle = None
                self.add(outcome)
        finally:
            if handle is not None:
                handle.close()
        return True

    def _ask(self, handle: Handle, process: Process, task: Task) -> Outcome:
        """Have one task done, and say what came of it."""
        kills, begin = self.oom_kills(), self.clock()
        answer, cause, message = None, None, ""
        try:
            answer = handle.ask(self.request_of(process, task), self.limit_of(task))
        except NoAnswerError as error:
            cause, message = Cause.HANG, f"hang: {error}, so it was ended"
        except EndedError as error:
            cause, message = of_ending(error, kills, self.oom_kills())
        if answer is not None and "error" in answer:
            cause, message = of_error(answer)
            answer = None
        seconds = self.clock() - begin
        return Outcome(process.replicate, task.id, task.kind, seconds, answer, cause, message)


def _count(failures: Counter[tuple[str, str]], outcome: Outcome) -> None:
    """Count a failure; one that is lasting counts as all tries."""
    if outcome.cause is not None:
        lasting = outcome.cause is Cause.WRONG
        failures[outcome.id, outcome.kind] += RULE.max_failed_processes if lasting else 1
