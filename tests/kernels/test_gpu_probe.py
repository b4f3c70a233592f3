"""The GPU probe runs an operator elsewhere, and every way of failing there has a sentence."""

from __future__ import annotations

import json
import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from kernels.backends.mxnet import gpu_probe
from kernels.backends.mxnet.gpu_probe import ProbeError

if TYPE_CHECKING:
    from collections.abc import Callable


def test_no_gpus_have_no_errors(mxnet: None) -> None:
    assert gpu_probe.run(0) == []


def answering(
    monkeypatch: pytest.MonkeyPatch, returncode: int, stdout: str = "", stderr: str = ""
) -> list[list[str]]:
    """Replace the probing process by one that is over; record the command."""
    commands: list[list[str]] = []

    def run(command: list[str], **_options: object) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        return subprocess.CompletedProcess(command, returncode, stdout, stderr)

    monkeypatch.setattr(subprocess, "run", run)
    return commands


def test_the_answers_are_the_last_line(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = ["", "no kernel image"]
    commands = answering(monkeypatch, 0, "noise of a library\n" + json.dumps(answers))
    assert gpu_probe.run(2) == answers
    assert commands == [[sys.executable, "-m", "kernels.backends.mxnet.gpu_probe", "2"]]


@pytest.mark.parametrize(
    ("stderr", "said"),
    [("first\nSegmentation fault\n", "Segmentation fault"), ("", "no message")],
)
def test_a_process_that_dies_is_a_probe_error(
    monkeypatch: pytest.MonkeyPatch, stderr: str, said: str
) -> None:
    answering(monkeypatch, -11, stderr=stderr)
    with pytest.raises(ProbeError, match=rf"exit -11\): {said}$"):
        gpu_probe.run(1)


def test_a_process_that_hangs_is_a_probe_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(command: list[str], timeout: float, **_options: object) -> None:
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(subprocess, "run", hang)
    with pytest.raises(ProbeError, match=r"did not finish in 120 s\."):
        gpu_probe.run(1)


class FakeMXNetError(Exception):
    pass


def fake_mx(result: Callable[[], Any], asked: list[int]) -> Any:
    class Array:
        def __add__(self, other: object) -> Array:
            return self

        def asnumpy(self) -> Any:
            return result()

    def ones(_shape: tuple[int, ...], ctx: int) -> Array:
        asked.append(ctx)
        return Array()

    return SimpleNamespace(
        gpu=lambda index: index,
        nd=SimpleNamespace(ones=ones),
        base=SimpleNamespace(MXNetError=FakeMXNetError),
    )


def test_a_gpu_that_adds_gives_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(gpu_probe, "mx", fake_mx(lambda: np.array([2.0, 2.0]), asked))
    assert gpu_probe.try_operator(3) == ""
    assert asked == [3]


def test_a_gpu_that_does_not_add_is_no_gpu_that_works(monkeypatch: pytest.MonkeyPatch) -> None:
    # What a kernel that was never launched leaves behind.
    monkeypatch.setattr(gpu_probe, "mx", fake_mx(lambda: np.zeros(2), []))
    assert gpu_probe.try_operator(0) == "1 + 1 gave [0.0, 0.0]"


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("Traceback\n  frames\nCUDA: no kernel image\n\n", "CUDA: no kernel image"),
        ("", "failed"),
    ],
)
def test_an_error_is_its_last_line(
    monkeypatch: pytest.MonkeyPatch, message: str, said: str
) -> None:
    def fail() -> Any:
        raise FakeMXNetError(message)

    monkeypatch.setattr(gpu_probe, "mx", fake_mx(fail, []))
    assert gpu_probe.try_operator(0) == said


def test_a_probe_that_answers_nonsense_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    done = subprocess.CompletedProcess([], 0, stdout="hello\n", stderr="")
    monkeypatch.setattr(subprocess, "run", lambda *_args, **_kwargs: done)
    with pytest.raises(ProbeError, match="answered 'hello"):
        gpu_probe.run(1)
