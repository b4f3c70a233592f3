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
import subprocess
import sys
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING

from kernels.backends import cuda_driver
from kernels.contract import Availability, DeviceReport, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", __name__, module],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        answers = [Availability(Status(one), *rest) for one, *rest in _last_line(done.stdout)]
    except subprocess.TimeoutExpired:
        said = f"one operator did not finish in {TIMEOUT_SECONDS:.0f} s."
    except (ValueError, TypeError):
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        said = f"one operator ended its process (exit {done.returncode}): {last}"
    else:
        if len(answers) == len(found):
            return answers
        said = f"the process that tried it found {len(answers)} of {len(found)} GPUs."
    return [Availability(Status.BROKEN, said, "Check the driver with nvidia-smi.")] * len(found)


def _last_line(printed: str) -> list[list[str]]:
    """Read the answers, which stand below what a library may have printed."""
    answers: list[list[str]] = json.loads((printed.strip().splitlines() or [""])[-1])
    return answers


if __name__ == "__main__":
    judge_here = importlib.import_module(sys.argv[1]).judge
    told = [astuple(judge_here(gpu)) for gpu in cuda_driver.devices()]
    sys.stdout.write(json.dumps(told))
