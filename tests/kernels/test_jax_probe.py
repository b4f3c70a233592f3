"""Probing JAX leaves no context on a GPU: with a GPU plugin another process does it."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from kernels.backends import gpus
from kernels.backends import jax as backend
from kernels.backends.jax import devices
from kernels.contract import AVAILABLE, Availability, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
BROKEN = Availability(Status.BROKEN, "one operator on the CPU gave 'no'.")


@pytest.fixture
def with_plugin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Pretend that JAX is here, with a plugin for GPUs; nothing of it may be used."""

    def refuse() -> None:
        raise AssertionError("an operator ran in the process that probes")

    monkeypatch.setattr(backend, "importable", lambda *names: AVAILABLE)
    monkeypatch.setattr(backend, "_gpu_plugin", lambda: "jax-cuda13-plugin 1.0")
    monkeypatch.setattr(devices, "judge_cpu", refuse)
    devices.judge_cpu_elsewhere.cache_clear()
    yield
    devices.judge_cpu_elsewhere.cache_clear()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Replace the process by one that is over; its commands and environments."""
    processes: list[dict[str, Any]] = []

    def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        processes.append({"command": command, **options["env"]})
        return subprocess.CompletedProcess(command, 0, f"noise\n{gpus.told([BROKEN])}", "")

    monkeypatch.setattr(subprocess, "run", run)
    return processes


@pytest.mark.usefixtures("with_plugin")
def test_a_process_without_gpus_is_asked_once(asked: list[dict[str, Any]]) -> None:
    assert [backend.BACKEND.probe() for _ in range(2)] == [BROKEN] * 2
    (process,) = asked
    assert process["command"][-2:] == ["-m", "kernels.backends.jax.devices"]
    assert process["JAX_PLATFORMS"] == "cpu"
    assert "PATH" in process


@pytest.mark.usefixtures("with_plugin")
def test_a_process_that_does_not_answer_is_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(command: list[str], timeout: float, **_options: object) -> None:
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(subprocess, "run", hang)
    answer = backend.BACKEND.probe()
    assert answer.status is Status.BROKEN
    assert answer.reason == "on the CPU one operator did not finish in 120 s."


def test_without_a_plugin_no_process_is_started(
    monkeypatch: pytest.MonkeyPatch, asked: list[dict[str, Any]]
) -> None:
    monkeypatch.setattr(backend, "importable", lambda *names: AVAILABLE)
    monkeypatch.setattr(backend, "_gpu_plugin", lambda: "none")
    monkeypatch.setattr(devices, "try_operator", lambda device: "no")
    assert backend.BACKEND.probe() == BROKEN
    assert asked == []


@pytest.mark.peer
@pytest.mark.parametrize(("plugin", "starts"), [("none", True), ("jax-cuda13-plugin 1", False)])
def test_the_real_jax_is_not_started_where_it_has_a_plugin(plugin: str, starts: bool) -> None:
    if importlib.util.find_spec("jax") is None:
        pytest.skip("JAX is not here")
    program = (
        "from jax._src import xla_bridge\n"
        "from kernels.backends import jax as backend\n"
        f"backend._gpu_plugin = lambda: {plugin!r}\n"
        "print(backend.BACKEND.probe().status.value, xla_bridge.backends_are_initialized())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert done.stdout.split() == ["available", str(starts)]
