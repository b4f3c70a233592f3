"""Starts measuring processes, asks them case by case, waits, ends them."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
import typing
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from bench.machine import threads
from bench.machine.conditions import started_in
from bench.machine.processor import text
from bench.measure.protocol import Protocol
from bench.plan.tasks import Cause, Outcome, Process, Setting, Task
from bench.run.checkout import ROOT
from bench.run.rule import RULE

# Why a task came to nothing: what the process answered, or how it ended.


#: What a case raises for reasons that no other process would change.
LASTING = ("GateError", "DivergedError", "DataError", "MissedError")


def oom_kills(root: Path = Path("/")) -> int | None:
    """Count the processes that the kernel has ended for want of memory since it started.

    Parameters
    ----------
    root : Path
        Holds ``proc``.

    Returns
    -------
    int or None
        None where the kernel does not say.
    """
    counted = dict(line.split() for line in text(root / "proc/vmstat").splitlines())
    return int(counted["oom_kill"]) if "oom_kill" in counted else None


def of_error(answer: Mapping[str, Any]) -> tuple[Cause, str]:
    """Say what an answer reports that holds an error.

    Parameters
    ----------
    answer : mapping
        ``error``, ``message`` and ``out_of_memory``.
    """
    if answer["error"] in LASTING:
        return Cause.WRONG, str(answer["message"])
    message = f"{answer['error']}: {answer['message']}"
    if answer["out_of_memory"]:
        return Cause.OUT_OF_MEMORY, f"out of memory: {message}"
    return Cause.ERROR, message


def of_ending(
    ending: EndedError, kills_before: int | None, kills_after: int | None
) -> tuple[Cause, str]:
    """Say why a process ended.

    Parameters
    ----------
    kills_before, kills_after : int or None
        What `oom_kills` gave before the request and gives now.
    """
    counted = kills_before is not None and kills_after is not None
    if ending.killed and counted and kills_after != kills_before:
        return Cause.OUT_OF_MEMORY, f"out of memory: the kernel killed it; {ending}"
    return Cause.CRASH, f"crash: {ending}"


# The parent's side of a measuring process: starts it, asks it, waits, ends it.


def request(
    module: str, params: Mapping[str, Any], protocol: Protocol, kind: str, **more: Any
) -> dict[str, Any]:
    """Return what a worker is asked for, JSON-ready."""
    asked = {"module": module, "params": dict(params), "protocol": asdict(protocol)}
    return {**asked, "kind": kind, **more}


class NoAnswerError(Exception):
    """The process did not answer within the time limit."""


class EndedError(Exception):
    """The process ended instead of answering; the message says how, in one sentence.

    Parameters
    ----------
    killed : bool
        By SIGKILL, which is also how the kernel ends what takes too much memory.
    """

    def __init__(self, message: str, *, killed: bool = False) -> None:
        super().__init__(message)
        self.killed = killed


class Handle(typing.Protocol):
    """A running process."""

    def ask(self, request: Mapping[str, Any], limit_seconds: float) -> dict[str, Any]:
        """Send a request and wait for its answer.

        Raises
        ------
        NoAnswerError
            After the limit; the process is as it was.
        EndedError
        """

    def close(self) -> None:
        """End the process, whatever it does."""


class Partner(typing.Protocol):
    """A running process that takes turns with another."""

    def send(self, request: Mapping[str, Any]) -> None:
        """Send a request."""

    def receive(self, limit_seconds: float) -> dict[str, Any]:
        """Wait for the next line.

        Raises
        ------
        NoAnswerError, EndedError
        """


class Launcher(typing.Protocol):
    """Starts processes."""

    def launch(self, setting: Setting) -> Handle:
        """Start a fresh process."""


@dataclass(frozen=True)
class Said:
    """What a process answered.

    Attributes
    ----------
    answer : mapping or None
        The measurement.
    cause : Cause or None
        Why there is none.
    """

    answer: Mapping[str, Any] | None = None
    cause: Cause | None = None
    message: str = ""


def ask(
    handle: Handle,
    request: Mapping[str, Any],
    limit_seconds: float,
    kills_before: int | None,
    oom_kills: Callable[[], int | None],
) -> Said:
    """Ask a process, and say why where that came to nothing.

    Parameters
    ----------
    kills_before : int or None
        What ``oom_kills`` gave when nothing had gone wrong yet.
    """
    return said(lambda: handle.ask(request, limit_seconds), kills_before, oom_kills)


def said(
    answered: Callable[[], Mapping[str, Any]],
    kills_before: int | None,
    oom_kills: Callable[[], int | None],
) -> Said:
    """Return what a process answers, and say why where that comes to nothing.

    Parameters
    ----------
    answered : callable
        Waits for the answer.
    kills_before : int or None
        As for `ask`.
    """
    try:
        answer = answered()
    except NoAnswerError as error:
        return Said(None, Cause.HANG, f"hang: {error}, so it was ended")
    except EndedError as error:
        return Said(None, *of_ending(error, kills_before, oom_kills()))
    return Said(None, *of_error(answer)) if "error" in answer else Said(answer)


@dataclass(frozen=True)
class Code:
    """What code a process measures, and what runs it.

    Attributes
    ----------
    interpreter : str
        The Python; its environment has the libraries.
    tree : Path or None
        The folder that ``kernels`` and ``data`` are taken from, such as a checkout of
        another revision; None for those of this program. What measures is always of this
        program: two codes are measured alike.
    """

    interpreter: str = sys.executable
    tree: Path | None = None


HERE = Code()


@dataclass(frozen=True)
class SubprocessLauncher:
    """Starts ``python -m bench.run.worker``.

    Attributes
    ----------
    kernel_folders : tuple of Path
        Where further kernels are.
    """

    kernel_folders: tuple[Path, ...] = ()
    code: Code = HERE

    def launch(self, setting: Setting) -> WorkerProcess:
        """Start a process with a setting of its own."""
        return WorkerProcess(setting, self.kernel_folders, self.code)


class WorkerProcess:
    """A measuring process, in a session of its own: Ctrl-C does not reach it."""

    def __init__(
        self, setting: Setting, kernel_folders: Sequence[Path] = (), code: Code = HERE
    ) -> None:
        answers, writes = os.pipe()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        with started_in(setting.layout) as environment:
            self._process = subprocess.Popen(
                # As long for both of a pair: it lies on the stack.
                [code.interpreter, "-m", "bench.run.worker", f"{writes:06d}"],
                cwd=ROOT,
                env={**os.environ, **setting.environment, **environment},
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                pass_fds=(writes,),
                start_new_session=True,
            )
        os.close(writes)
        self._answers = answers
        self._selector = selectors.DefaultSelector()
        self._selector.register(answers, selectors.EVENT_READ)
        self._unread = b""
        folders = [str(folder.resolve()) for folder in kernel_folders]
        cpus = setting.cpus or threads.AT_START  # a library may have bound this process
        tree = code.tree and str(code.tree.resolve())
        self.send({"cpus": list(cpus), "kernel_folders": folders, "tree": tree})

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    def ask(self, request: Mapping[str, Any], limit_seconds: float) -> dict[str, Any]:
        """Send a request and wait for its answer.

        Parameters
        ----------
        request : mapping
            JSON-ready.

        Raises
        ------
        NoAnswerError, EndedError
        """
        self.send(request)
        return self.receive(limit_seconds)

    def receive(self, limit_seconds: float) -> dict[str, Any]:
        """Wait for the next line of a process.

        Raises
        ------
        NoAnswerError, EndedError
        """
        end = time.monotonic() + limit_seconds
        while b"\n" not in self._unread:
            left = end - time.monotonic()
            if left <= 0:
                raise NoAnswerError(f"no answer within {limit_seconds:.0f} s")
            if not self._selector.select(left):
                continue
            piece = os.read(self._answers, RULE.read_bytes)
            if not piece:
                raise self._ended()
            self._unread += piece
        line, _, self._unread = self._unread.partition(b"\n")
        read: dict[str, Any] = json.loads(line)
        return read

    def send(self, request: Mapping[str, Any]) -> None:
        """Write a request; a process that has ended shows when its answer is awaited."""
        assert self._process.stdin is not None  # noqa: S101 - it was opened above
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(f"{json.dumps(request)}\n".encode())
            self._process.stdin.flush()

    def _ended(self) -> EndedError:
        """Say how the process ended, with the last it wrote to standard error."""
        code = self._process.wait()
        how = f"exit code {code}"
        if code < 0:
            how = signal.Signals(-code).name
        self._errors.seek(0)
        said = self._errors.read().decode(errors="replace").strip().splitlines()
        last = f": {said[-1][-RULE.error_characters :]}" if said else ""
        return EndedError(f"the process ended with {how}{last}", killed=code == -signal.SIGKILL)

    def close(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.wait()
        self._selector.close()
        if self._answers >= 0:
            # Once only: by then the number may be that of somebody else's file.
            os.close(self._answers)
            self._answers = -1
        self._errors.close()
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):  # a request that it no longer read
                self._process.stdin.close()


# What Ctrl-C does to a run: after the first one the case in progress is finished.


class Interrupts:
    """While it is entered, counts Ctrl-C.

    The second one, and SIGTERM, raise KeyboardInterrupt; the first is only noted. After that,
    and once `save` was called, none is heeded: what was measured is being written.

    Parameters
    ----------
    say : callable
        Takes what to tell the user after the first.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._before: dict[int, object] = {}
        self.asked = self._saving = False

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

    def save(self) -> None:
        """Note that from here on nothing is measured."""
        self._saving = True

    def _once(self, number: int, frame: FrameType | None) -> None:
        if self.asked or self._saving:
            self._at_once(number, frame)
            return
        self.asked = True
        self._say("Finishing the case in progress; Ctrl-C again stops at once.")

    def _at_once(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        self.asked = True
        if self._saving:
            self._say("Saving what was measured.")
            return
        self._saving = True
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
        request, limit = self.request_of(process, task), self.limit_of(task)
        said = ask(handle, request, limit, kills, self.oom_kills)
        seconds, came_of = self.clock() - begin, (said.answer, said.cause, said.message)
        return Outcome(process.replicate, task.id, task.kind, seconds, *came_of)


def _count(failures: Counter[tuple[str, str]], outcome: Outcome) -> None:
    """Count a failure; one that is lasting counts as all tries."""
    if outcome.cause is not None:
        lasting = outcome.cause is Cause.WRONG
        failures[outcome.id, outcome.kind] += RULE.max_failed_processes if lasting else 1
