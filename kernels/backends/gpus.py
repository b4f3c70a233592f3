"""The GPUs that the driver lists, each with a library's own answer.

A library that is asked whether it can use a GPU keeps memory and a context there for as long as
its process lives. That would disturb what is measured later, and where a GPU is set to one
process at a time (EXCLUSIVE_PROCESS) it would shut all others out. A GPU that a library has no
code for can even end the process, and MXNet's first use of one shrinks the OpenMP pool of the
CPU cases. So each library is asked in a process of its own.

``python -m kernels.backends.gpus MODULE`` prints a JSON list: for each GPU what ``judge`` of
the module answers.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING

from kernels.backends import cuda_driver
from kernels.contract import Availability, DeviceReport, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from kernels.backends.cuda_driver import CudaDevice

TIMEOUT_SECONDS = 120.0
ROOT = Path(__file__).resolve().parents[2]


def none_usable(answer: Availability) -> list[DeviceReport]:
    """List one GPU that stands for all of them, where there is none to use."""
    return [DeviceReport("gpu(0)", answer)]


def reports(judge: Callable[[CudaDevice], Availability]) -> list[DeviceReport]:
    """List the GPUs.

    Parameters
    ----------
    judge : callable
        Of the name ``judge`` in its module. Says of a GPU whether the library can use it;
        called in a process of its own, and only where there is a GPU.

    Returns
    -------
    list of DeviceReport
        At least one; ``gpu(0)`` with the reason where the driver finds none.
    """
    try:
        found = cuda_driver.devices()
    except cuda_driver.DriverError as error:
        return none_usable(
            Availability(
                Status.NO_DEVICE, str(error), "GPU cases need an NVIDIA GPU with its driver."
            )
        )
    if not found:
        return none_usable(Availability(Status.NO_DEVICE, "the NVIDIA driver finds no GPU."))
    answers = judged(judge.__module__, found)
    return [
        DeviceReport(f"gpu({gpu.index})", answer, gpu.name)
        for gpu, answer in zip(found, answers, strict=True)
    ]


def judged(module: str, found: Sequence[CudaDevice]) -> list[Availability]:
    """Ask a module about every GPU in a fresh process.

    Parameters
    ----------
    module : str
        That has a ``judge``.

    Returns
    -------
    list of Availability
        One for each GPU; all are broken where the process does not answer.
    """
    try:
        answers = answered(__name__, module)
    except NoAnswerError as error:
        said = str(error)
    else:
        if len(answers) == len(found):
            return answers
        said = f"the process that tried it found {len(answers)} of {len(found)} GPUs."
    return [Availability(Status.BROKEN, said, "Check the driver with nvidia-smi.")] * len(found)


class NoAnswerError(Exception):
    """A process did not answer; the message is one sentence."""


def answered(*words: str, environment: Mapping[str, str] | None = None) -> list[Availability]:
    """Run a module in a fresh process, and read what it answers.

    Parameters
    ----------
    words : str
        The module's name, and its arguments. It prints what `told` writes.
    environment : mapping of str to str, optional
        Variables that the process has beside those of this one.

    Raises
    ------
    NoAnswerError
    """
    try:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", *words],
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        return [Availability(Status(one), *rest) for one, *rest in _last_line(done.stdout)]
    except subprocess.TimeoutExpired as error:
        said = f"one operator did not finish in {TIMEOUT_SECONDS:.0f} s."
        raise NoAnswerError(said) from error
    except (ValueError, TypeError) as error:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        said = f"one operator ended its process (exit {done.returncode}): {last}"
        raise NoAnswerError(said) from error


def told(answers: Iterable[Availability]) -> str:
    """Write answers for the process that asks."""
    return json.dumps([astuple(answer) for answer in answers])


def _last_line(printed: str) -> list[list[str]]:
    """Read the answers, which stand below what a library may have printed."""
    answers: list[list[str]] = json.loads((printed.strip().splitlines() or [""])[-1])
    return answers


if __name__ == "__main__":
    judge_here = importlib.import_module(sys.argv[1]).judge
    sys.stdout.write(told(map(judge_here, cuda_driver.devices())))
