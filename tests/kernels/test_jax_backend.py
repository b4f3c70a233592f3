"""JAX as a backend: its devices and why not, its batches, and that draining waits."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from kernels import backends
from kernels.backends import cuda_driver
from kernels.backends.cuda_driver import CudaDevice
from kernels.backends.jax import devices, waiting
from kernels.backends.jax.imports import jax, jnp
from kernels.contract import AVAILABLE, Status
from kernels.controls import SIZES
from tests.kernels.judging import judge_in_this_process

if TYPE_CHECKING:
    from collections.abc import Callable

    from data.workload import Workload
    from kernels.contract import DeviceReport, Order

pytestmark = pytest.mark.peer
BACKEND = backends.get("jax")
ROOT = Path(__file__).resolve().parents[2]
#: A GPU that no machine has, so that no test depends on the one that it runs on.
GPU = CudaDevice(index=99, name="NVIDIA Test", uuid="GPU-0", compute_capability=(9, 0))


@pytest.fixture(autouse=True)
def jax_is_here(request: pytest.FixtureRequest) -> None:
    answer = BACKEND.probe()
    if not answer and "missing" not in request.node.name:
        pytest.skip(str(answer))


def listed(monkeypatch: pytest.MonkeyPatch, gpus: list[CudaDevice]) -> tuple[DeviceReport, ...]:
    """List the devices on a machine with these GPUs."""
    monkeypatch.setattr(cuda_driver, "devices", lambda: gpus)
    judge_in_this_process(monkeypatch)
    reports: tuple[DeviceReport, ...] = devices.reports.__wrapped__()
    return reports


def test_missing_it_says_which_extra_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    reports = BACKEND.devices()
    assert [report.device for report in reports] == ["cpu(0)", "gpu(0)"]
    for report in reports:
        assert report.availability.status is Status.MISSING
        assert "JAX is not installed" in report.availability.reason
        assert "[jax]" in report.availability.remedy


def test_without_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    cpu, gpu = listed(monkeypatch, [])
    assert (cpu.device, cpu.availability) == ("cpu(0)", AVAILABLE)
    assert (gpu.device, gpu.availability.status) == ("gpu(0)", Status.NO_DEVICE)


def test_a_cpu_build_is_told_where_there_is_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    def only_cpus(kind: str) -> list[object]:
        raise RuntimeError(f"Unknown backend: {kind!r}")

    monkeypatch.setattr(jax, "devices", only_cpus)
    _, gpu = listed(monkeypatch, [GPU])
    assert (gpu.device, gpu.description) == ("gpu(99)", "NVIDIA Test")
    assert gpu.availability.status is Status.MISSING
    assert "CPU build" in gpu.availability.reason
    assert "jax[cuda" in gpu.availability.remedy


def test_a_gpu_that_jax_does_not_list_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jax, "devices", lambda kind: [object()])
    _, gpu = listed(monkeypatch, [GPU])
    assert gpu.availability.status is Status.BROKEN
    assert "NVIDIA Test" in gpu.availability.reason
    assert "lists 1 devices" in gpu.availability.reason


@pytest.mark.parametrize(("given", "then"), [(None, "false"), ("true", "true")])
def test_it_takes_no_more_gpu_memory_than_it_needs_unless_told(
    given: str | None, then: str
) -> None:
    name = "XLA_PYTHON_CLIENT_PREALLOCATE"
    environment = {key: value for key, value in os.environ.items() if key != name}
    if given is not None:
        environment[name] = given
    program = (
        "import os, sys\n"
        "from kernels import backends\n"
        "assert 'jax' not in sys.modules\n"
        f"print(os.environ[{name!r}])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == then


def test_versions_are_texts() -> None:
    versions = BACKEND.versions()
    assert versions["jax"] == str(jax.__version__)
    assert all(isinstance(value, str) for value in versions.values())


@pytest.mark.parametrize("name", SIZES)
def test_every_control_is_right(name: str) -> None:
    control = BACKEND.controls("cpu(0)")[name](SIZES[name][0])
    for _ in range(2):
        control.run()
        assert control.is_right()


@pytest.mark.parametrize(
    "order",
    [np.arange(23)[::-1], np.array([5]), np.arange(40) * 7 % 23, np.zeros(7, dtype=np.int64)],
    ids=["reversed", "one", "longer", "repeated"],
)
def test_batches_follow_the_order(
    order: Order, small_workload: Callable[[str], Workload]
) -> None:
    workload = small_workload("synthetic-23x4")
    batches = BACKEND.batches("inmemory", workload, "cpu(0)", 5)
    got = [(BACKEND.to_numpy(X), BACKEND.to_numpy(y)) for X, y in batches(order)]
    full, left = divmod(len(order), 5)
    assert [len(y) for _, y in got] == [5] * full + [left] * (left > 0)
    np.testing.assert_array_equal(np.concatenate([X for X, _ in got]), workload.features[order])
    np.testing.assert_array_equal(np.concatenate([y for _, y in got]), workload.labels[order])


#: On a busy machine what was enqueued may be done before this process has its next turn.
TRIES = 5


@pytest.fixture(scope="module")
def long_work() -> Callable[[], Any]:
    """Give something to enqueue that takes more than a tenth of a second."""
    if not BACKEND.probe():
        pytest.skip("JAX is not here")
    a = jax.device_put(np.full((300, 300), 1e-3, dtype=np.float32), devices.named("cpu(0)"))

    repeat = jax.jit(lambda a, n: jax.lax.fori_loop(0, n, lambda _, x: jnp.tanh(x @ a), a))
    n = 100
    while True:
        repeat(a, n).block_until_ready()
        started = time.perf_counter()
        repeat(a, n).block_until_ready()
        seconds = time.perf_counter() - started
        if seconds > 0.2:
            return partial(repeat, a, n)
        n *= 2


def test_drain_waits_for_what_is_under_way(long_work: Callable[[], Any]) -> None:
    was_ready = []
    for _ in range(TRIES):
        BACKEND.drain("cpu(0)")
        result = long_work()
        was_ready.append(result.is_ready())
        BACKEND.drain("cpu(0)")
        assert result.is_ready()
    assert not all(was_ready)


def test_drain_waits_for_a_copy_to_the_device() -> None:
    host = np.ones(30_000_000, dtype=np.float32)
    BACKEND.drain("cpu(0)")
    for _ in range(5):
        copied = jax.device_put(host, devices.named("cpu(0)"), may_alias=False)
        BACKEND.drain("cpu(0)")
        assert copied.is_ready()


def test_drain_waits_for_results_that_nobody_holds(long_work: Callable[[], Any]) -> None:
    shares = []
    for _ in range(TRIES):
        BACKEND.drain("cpu(0)")
        started = time.perf_counter()
        long_work()
        enqueued = time.perf_counter() - started
        BACKEND.drain("cpu(0)")
        shares.append(enqueued / (time.perf_counter() - started))
    assert min(shares) < 0.5


def test_on_a_gpu_waiting_enqueues_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[str] = []

    class Alive:
        def block_until_ready(self) -> None:
            waited.append("array")

    def live_arrays(kind: str) -> list[Alive]:
        waited.append(kind)
        return [Alive(), Alive()]

    monkeypatch.setattr(waiting, "jax", SimpleNamespace(live_arrays=live_arrays))
    BACKEND.drain("gpu(0)")
    assert waited == ["gpu", "array", "array"]
