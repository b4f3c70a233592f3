"""Each library is asked about the GPUs in a process of its own, whatever becomes of that."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from kernels.backends import cuda_driver, gpus
from kernels.backends.cuda_driver import CudaDevice
from kernels.contract import AVAILABLE, Availability, Status

FIRST = CudaDevice(0, "NVIDIA A100", "GPU-0", (8, 0))
SECOND = CudaDevice(1, "NVIDIA H100", "GPU-1", (9, 0))
MODULE = "kernels.backends.torch.devices"


def judge(gpu: CudaDevice) -> Availability:
    raise AssertionError(f"{gpu.name} is judged in the process that asks")


def answering(
    monkeypatch: pytest.MonkeyPatch, returncode: int, stdout: str = "", stderr: str = ""
) -> list[list[str]]:
    """Replace the process by one that is over; record the command."""
    commands: list[list[str]] = []

    def run(command: list[str], **_options: object) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        return subprocess.CompletedProcess(command, returncode, stdout, stderr)

    monkeypatch.setattr(subprocess, "run", run)
    return commands


def test_the_answers_are_the_last_line(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [["available", "", ""], ["broken", "no kernel image", "another GPU"]]
    commands = answering(monkeypatch, 0, "noise of a library\n" + json.dumps(answers))
    assert gpus.judged(MODULE, [FIRST, SECOND]) == [
        AVAILABLE,
        Availability(Status.BROKEN, "no kernel image", "another GPU"),
    ]
    assert commands == [[sys.executable, "-W", "ignore", "-m", "kernels.backends.gpus", MODULE]]


@pytest.mark.parametrize(
    ("code", "stdout", "stderr", "said"),
    [
        (-11, "", "first\nSegmentation fault\n", "(exit -11): Segmentation fault"),
        (-11, "", "", "(exit -11): no message"),
        (0, "hello\n", "", "(exit 0): no message"),
        (0, "7\n", "", "(exit 0): no message"),
        (0, '[["available", "", ""]]', "", "found 1 of 2 GPUs"),
    ],
)
def test_a_process_that_does_not_answer_is_the_reason_on_every_gpu(
    monkeypatch: pytest.MonkeyPatch, code: int, stdout: str, stderr: str, said: str
) -> None:
    answering(monkeypatch, code, stdout, stderr)
    first, second = gpus.judged(MODULE, [FIRST, SECOND])
    assert first == second
    assert first.status is Status.BROKEN
    assert said in first.reason


def test_a_process_that_hangs_is_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(command: list[str], timeout: float, **_options: object) -> None:
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(subprocess, "run", hang)
    (answer,) = gpus.judged(MODULE, [FIRST])
    assert "did not finish in 120 s." in answer.reason


def test_the_process_that_asks_judges_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda_driver, "devices", lambda: [FIRST, SECOND])
    answering(monkeypatch, 0, json.dumps([["available", "", ""]] * 2))
    assert [one.device for one in gpus.reports(judge)] == ["gpu(0)", "gpu(1)"]


def test_a_real_process_calls_the_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The driver of the process is a module that stands in for the real one.
    (tmp_path / "judging_module.py").write_text(
        "from kernels.backends import cuda_driver\n"
        "from kernels.contract import Availability, Status\n"
        "gpu = cuda_driver.CudaDevice(0, 'NVIDIA A100', 'GPU-0', (8, 0))\n"
        "cuda_driver.devices = lambda: [gpu]\n"
        "def judge(gpu):\n"
        "    print('noise')\n"
        "    return Availability(Status.BROKEN, gpu.name, 'none')\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert gpus.judged("judging_module", [FIRST]) == [
        Availability(Status.BROKEN, "NVIDIA A100", "none")
    ]
