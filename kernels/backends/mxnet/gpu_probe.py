"""Runs one operator on every GPU, in a process of its own.

In a process of its own because a GPU that the wheel has no code for can take the
process down with it, and because MXNet's first use of a GPU shrinks the OpenMP pool that
the CPU cases of the asking process are about to use.

``python -m kernels.backends.mxnet.gpu_probe`` prints a JSON list: for each GPU the error
that it gave, or an empty string.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from kernels.backends.mxnet.imports import mx

TIMEOUT_SECONDS = 120.0
ROOT = Path(__file__).resolve().parents[3]


class ProbeError(Exception):
    """The probing process did not answer; the message is one sentence."""


def try_operator(index: int) -> str:
    """Add 1 to an array on a GPU.

    Parameters
    ----------
    index : int

    Returns
    -------
    str
        What went wrong, on one line; empty when the result is right.
    """
    try:
        result = (mx.nd.ones((2,), ctx=mx.gpu(index)) + 1).asnumpy()
    except mx.base.MXNetError as error:
        return next((line for line in str(error).splitlines()[::-1] if line.strip()), "failed")
    return "" if result.tolist() == [2.0, 2.0] else f"1 + 1 gave {result.tolist()}"


def run(n_gpus: int) -> list[str]:
    """Probe the GPUs in a fresh process.

    Parameters
    ----------
    n_gpus : int

    Returns
    -------
    list of str
        One error for each GPU, empty where it works.

    Raises
    ------
    ProbeError
    """
    command = [sys.executable, "-m", "kernels.backends.mxnet.gpu_probe", str(n_gpus)]
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ProbeError(f"one operator did not finish in {TIMEOUT_SECONDS:.0f} s.") from error
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise ProbeError(f"one operator ended its process (exit {done.returncode}): {last}")
    try:
        answers: list[str] = json.loads(done.stdout.strip().splitlines()[-1])
    except (ValueError, IndexError) as error:
        raise ProbeError(f"the probing process answered {done.stdout!r}.") from error
    return answers


if __name__ == "__main__":
    sys.stdout.write(json.dumps([try_operator(index) for index in range(int(sys.argv[1]))]))
