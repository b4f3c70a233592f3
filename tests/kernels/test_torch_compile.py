"""``torch.compile`` compiles once, in this process, and says what it lacks."""

from __future__ import annotations

import importlib.util
import shutil
import sysconfig
from array import array
from typing import TYPE_CHECKING

import numpy as np
import pytest

from kernels import backends
from kernels.backends.torch import compiler
from kernels.backends.torch.imports import torch
from kernels.contract import AVAILABLE, Start, Status
from kernels.registry import discover

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from data.workload import Workload

pytestmark = [pytest.mark.peer, pytest.mark.slow]
KERNEL = discover().train["torch.compile"]
START = Start(weight=np.zeros(4, dtype=np.float32), bias=0.25)


@pytest.fixture
def compiles() -> None:
    """Skip where there is no PyTorch or no compiler."""
    for answer in (backends.get("torch").probe(), KERNEL.availability("cpu(0)")):
        if not answer:
            pytest.skip(str(answer))


@pytest.mark.usefixtures("compiles")
def test_no_rate_no_batch_size_and_no_reset_compiles_anew(
    small_workload: Callable[[str], Workload],
) -> None:
    workload, order = small_workload("synthetic-600x32"), np.arange(600)
    start = Start(weight=np.zeros(32, dtype=np.float32), bias=0.25)

    def train(batch_size: int, eta: float) -> float:
        state = KERNEL.prepare(workload, "cpu(0)", batch_size, "inmemory", start)
        rates = array("d", (eta / (k + 1) for k in range(-(-600 // batch_size))))
        KERNEL.epoch(state, order, rates)
        trained = KERNEL.parameters(state)[1]
        KERNEL.reset(state, start)
        KERNEL.epoch(state, order, rates)
        assert KERNEL.parameters(state)[1] == trained
        return trained

    train(128, 0.05)
    train(1, 0.001)
    with torch.compiler.set_stance("fail_on_recompile"):
        biases = {train(*of) for of in ((128, 0.04), (100, 0.05), (7, 0.01), (1, 0.002))}
    assert len(biases) == 4


@pytest.mark.usefixtures("compiles")
def test_nothing_is_written_to_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def double(x: object) -> None:
        x.mul_(2)  # type: ignore[attr-defined]

    monkeypatch.chdir(tmp_path)
    x = torch.ones(3)
    compiler.compiled(double)(x)
    assert x.tolist() == [2.0, 2.0, 2.0]
    assert list(tmp_path.iterdir()) == []
    assert torch._inductor.config.compile_threads == 1  # no pool of processes


@pytest.fixture
def headers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Let Python's headers be in a folder, where there are some."""
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path))
    (tmp_path / "Python.h").touch()
    return tmp_path


def test_a_compiler_that_is_not_there_is_named(
    headers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setenv("CXX", "no-such-compiler")
    answer = KERNEL.availability("cpu(0)")
    assert answer.status is Status.MISSING
    assert "'no-such-compiler'" in answer.reason
    assert "CXX" in answer.remedy
    monkeypatch.delenv("CXX")
    assert "'g++'" in KERNEL.availability("cpu(0)").reason
    monkeypatch.setattr(shutil, "which", lambda name: name)
    assert KERNEL.availability("cpu(0)") == AVAILABLE


@pytest.mark.parametrize("device", ["cpu(0)", "gpu(0)"])
def test_headers_that_are_not_there_are_named(headers: Path, device: str) -> None:
    (headers / "Python.h").unlink()
    answer = KERNEL.availability(device)
    assert answer.status is Status.MISSING
    assert str(headers) in answer.reason
    assert "python3-dev" in answer.remedy


def test_a_gpu_needs_triton_and_a_c_compiler(
    headers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    answer = KERNEL.availability("gpu(0)")
    assert answer.status is Status.MISSING
    assert "Triton" in answer.reason
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert "gcc or clang is not found" in KERNEL.availability("gpu(0)").reason
    monkeypatch.setattr(shutil, "which", lambda name: name if name == "clang" else None)
    assert KERNEL.availability("gpu(0)") == AVAILABLE
    monkeypatch.setenv("CC", "mine")
    assert "mine is not found" in KERNEL.availability("gpu(0)").reason
