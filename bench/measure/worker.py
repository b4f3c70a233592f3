"""A process of its own that times trainings, for settings that hold for a whole process.

MXNet reads its engine's type when it is imported. The parent writes one JSON request a
line to the worker's standard input; the worker answers with one JSON line for each, on a
pipe that nothing else writes to (libraries print to standard output as they like).
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import data
from bench.measure.gate import GateError, TrainingCase
from bench.measure.measurement import Measurement
from bench.measure.protocol import DivergedError, Protocol
from bench.measure.rounds import Round
from bench.measure.training import measure_training
from data.errors import DataError
from kernels.registry import discover

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parents[2]
#: What ends a case with one sentence, in the worker as in the parent.
EXPECTED = {error.__name__: error for error in (GateError, DivergedError, DataError)}


class WorkerError(Exception):
    """The worker ended or failed; the message is one sentence."""


class Worker:
    """A worker process with an environment of its own.

    Parameters
    ----------
    environment : mapping of str to str
        What it has beside the parent's environment.
    kernel_folders : sequence of Path
    """

    def __init__(
        self, environment: Mapping[str, str], kernel_folders: Sequence[Path] = ()
    ) -> None:
        answers, writes = os.pipe()
        command = [sys.executable, "-m", "bench.measure.worker", str(writes)]
        self._process = subprocess.Popen(
            [*command, *(str(folder.resolve()) for folder in kernel_folders)],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            pass_fds=(writes,),
            text=True,
        )
        os.close(writes)
        self._answers = os.fdopen(answers, encoding="utf-8")

    def measure(self, params: Mapping[str, Any], protocol: Protocol) -> Measurement:
        """Time a training in the worker.

        Parameters
        ----------
        params : mapping
            ``workload``, ``kernel``, ``device``, ``loader`` and ``batch_size``.
        protocol : Protocol

        Returns
        -------
        Measurement

        Raises
        ------
        GateError, DivergedError, DataError
            As in this process.
        WorkerError
            When the worker fails otherwise.
        """
        request = json.dumps({"params": dict(params), "protocol": asdict(protocol)})
        try:
            assert self._process.stdin is not None  # noqa: S101 - it was opened above
            self._process.stdin.write(f"{request}\n")
            self._process.stdin.flush()
            line = self._answers.readline()
        except OSError as error:
            raise WorkerError(f"the worker process can't be reached: {error}.") from error
        if not line:
            code = self._process.wait()
            raise WorkerError(f"the worker process ended with exit code {code}.")
        return _measurement(json.loads(line))

    def close(self) -> None:
        """End the worker, whatever it does."""
        self._process.kill()
        self._process.wait()
        self._answers.close()
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):  # a request that it no longer read
                self._process.stdin.close()


def _measurement(answer: Mapping[str, Any]) -> Measurement:
    """Read an answer back, or raise what it reports."""
    if "error" in answer:
        raise EXPECTED.get(answer["error"], WorkerError)(answer["message"])
    rounds = tuple(Round(*one) for one in answer["rounds"])
    return Measurement(rounds, answer["facts"], answer["group"])


def answer(request: Mapping[str, Any], kernel_folders: Sequence[Path]) -> dict[str, Any]:
    """Time what a request asks for.

    Parameters
    ----------
    request : mapping
        ``params`` and ``protocol``, as `Worker.measure` writes them.
    kernel_folders : sequence of Path

    Returns
    -------
    dict
        JSON-ready: the measurement, or ``error`` and ``message``.
    """
    params = request["params"]
    try:
        case = TrainingCase(
            workload=data.load(params["workload"]),
            kernel=discover(kernel_folders).train[params["kernel"]],
            device=params["device"],
            loader=params["loader"],
            batch_size=params["batch_size"],
        )
        measured = measure_training(case, Protocol(**request["protocol"]))
    except Exception as error:  # noqa: BLE001 - it is the parent's to report
        message = str(error)
        if type(error).__name__ not in EXPECTED:
            message = f"{type(error).__name__}: {error}"
        return {"error": type(error).__name__, "message": message}
    rounds = [
        (one.enqueued_seconds, one.drained_seconds, one.iterations) for one in measured.rounds
    ]
    return {"rounds": rounds, "facts": measured.facts, "group": measured.group}


def main(arguments: Sequence[str]) -> None:
    """Answer requests until there are no more.

    Parameters
    ----------
    arguments : sequence of str
        The descriptor to write answers to, then folders of kernels.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when this ends
    folders = [Path(folder) for folder in arguments[1:]]
    with os.fdopen(int(arguments[0]), "w", encoding="utf-8") as answers:
        for line in sys.stdin:
            answers.write(json.dumps(answer(json.loads(line), folders)) + "\n")
            answers.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
