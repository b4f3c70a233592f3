"""The parent's side of a measuring process: starts it, asks it, waits, ends it."""

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
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.machine import threads
from bench.measure.protocol import Protocol
from bench.plan.tasks import Cause, Setting
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
    try:
        lines = (root / "proc/vmstat").read_text().splitlines()
    except OSError:
        return None
    counted = dict(line.split() for line in lines)
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


ROOT = Path(__file__).resolve().parents[2]


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


class Launcher(typing.Protocol):
    """Starts processes."""

    def launch(self, setting: Setting) -> Handle:
        """Start a fresh process."""


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
        self._process = subprocess.Popen(
            [code.interpreter, "-m", "bench.run.worker", str(writes)],
            cwd=ROOT,
            env={**os.environ, **setting.environment},
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
