"""The kernels that launch ``sgd.cu``, and CuPy's others, on stand-ins for their libraries."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from bench.plan.matrix import runs_on
from kernels import reference
from kernels.backends import cupy as cupy_backend
from kernels.backends.cupy import batches, cuda, training, updating
from kernels.backends.mxnet import rtc
from kernels.contract import Start
from kernels.cuda import training as cuda_training
from kernels.cuda.geometry import ALONE
from kernels.reference import Reference
from kernels.registry import discover
from kernels.stepwise import PHASES, StepKernel
from kernels.update import cupy_elementwise, cupy_expression
from tests.cuda import stand_ins
from tests.cuda.emulated_training import workload

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kernels.contract import TrainKernel, UpdateKernel
    from tests.cuda.emulated import Emulation

pytestmark = pytest.mark.stand_in
REGISTRY = discover()
DEVICE = "gpu(0)"
OURS = ("cupy.", "nd.cuda_", "update.cupy_", "update.cuda_")
TRAIN = [name for name in REGISTRY.train if name.startswith(OURS)]
UPDATE = [name for name in REGISTRY.update if name.startswith(OURS)]
UNIT_ROUNDOFF = 2.0**-24


@pytest.fixture(autouse=True)
def libraries(emulation: Emulation, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put the stand-ins where the libraries would be."""
    cupy = stand_ins.Cupy(emulation)
    for module in (
        cupy_backend,
        batches,
        cuda,
        training,
        updating,
        cupy_elementwise,
        cupy_expression,
    ):
        monkeypatch.setattr(module, "cupy", cupy)
    for module in (batches, cuda, updating):
        monkeypatch.setattr(module, "select", lambda device: None)
    monkeypatch.setattr(rtc, "mx", stand_ins.MXNet(emulation))
    monkeypatch.setattr(rtc, "context", str)
    for module in (cuda, rtc):
        monkeypatch.setattr(module, "multiprocessors", lambda _: stand_ins.N_MULTIPROCESSORS)
    rtc._release()
    cuda._module.cache_clear()
    yield
    rtc._release()
    cuda._module.cache_clear()


def test_all_are_found() -> None:
    assert len(TRAIN) == 6
    assert len(UPDATE) == 5


@pytest.mark.parametrize(("n", "d", "batch_size"), [(23, 4, 5), (21, 1, 21), (30, 8, 50)])
@pytest.mark.parametrize("name", TRAIN)
def test_training_matches_the_reference(name: str, n: int, d: int, batch_size: int) -> None:
    kernel, data = REGISTRY.train[name], workload(n, d)
    rng = np.random.default_rng(1)
    start = Start(rng.standard_normal(d, dtype=np.float32), 0.25)
    state = kernel.prepare(data, DEVICE, batch_size, "inmemory", start)
    held = {name: one for name, one in vars(state).items() if isinstance(one, np.ndarray)}
    assert held
    eta = kernel.rule.rate(data.default_learning_rate(batch_size))
    for reset_to in (start, Start(start.weight[::-1].copy(), -0.5)):
        if reset_to is not start:
            kernel.reset(state, reset_to)
        expected = Reference.start(reset_to)
        for length in (n, n - 3, 1, n + 2):
            order = rng.integers(0, n, length)
            rates = array("d", eta * rng.uniform(0.5, 1, -(-length // batch_size)))
            kernel.epoch(state, order, rates)
            expected = reference.epoch(expected, data, order, batch_size, rates, kernel.rule)
            weight, bias = kernel.parameters(state)
            assert weight.dtype == np.float32
            assert type(bias) is float
            assert reference.distance(expected, weight, bias) <= expected.tolerance
        assert all(getattr(state, name) is one for name, one in held.items())


@pytest.mark.parametrize("name", ["cupy.closed_form", "cupy.momentum"])
def test_steps_in_phases_match_the_reference(name: str) -> None:
    kernel, data = REGISTRY.train[name], workload(23, 4)
    assert isinstance(kernel, StepKernel)
    start = Start(np.ones(4, np.float32), 0.25)
    state = kernel.prepare(data, DEVICE, 5, "inmemory", start)
    expected, order = Reference.start(start), np.arange(23)
    for number, (X, y) in enumerate(state.batches(order)):
        assert list(kernel.phases(state, X, y, 0.05)) == list(PHASES)
        batch = order[5 * number : 5 * (number + 1)]
        expected = reference.epoch(expected, data, batch, 5, [0.05], kernel.rule)
        distance = reference.distance(expected, *kernel.parameters(state))
        assert distance <= expected.tolerance


@pytest.mark.parametrize("name", [name for name in TRAIN if "cuda" in name])
def test_as_many_rates_as_steps_are_needed(name: str) -> None:
    kernel, data = REGISTRY.train[name], workload(23, 4)
    start = Start(np.zeros(4, np.float32), 0.0)
    state = kernel.prepare(data, DEVICE, 5, "inmemory", start)
    with pytest.raises(ValueError, match="4 learning rates for 5 steps"):
        kernel.epoch(state, np.arange(23), array("d", [0.1] * 4))


@pytest.mark.parametrize(("mps", "grid"), [(False, stand_ins.N_MULTIPROCESSORS), (True, 1)])
def test_no_block_waits_for_others_where_processes_share_the_gpu(
    mps: bool, grid: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cuda_training, "is_shared_by_mps", lambda: mps)
    launched: list[int] = []
    monkeypatch.setattr(
        rtc.RtcGpu, "kernel", lambda gpu, name, launch: launched.append(launch.grid)
    )
    data = workload(ALONE // 64 + 1, 64)
    start = Start(np.zeros(64, np.float32), 0.0)
    REGISTRY.train["nd.cuda_epoch"].prepare(data, DEVICE, ALONE, "inmemory", start)
    assert launched == [grid]


@pytest.mark.parametrize("name", UPDATE)
def test_updates_move_every_tensor(name: str) -> None:
    kernel, eta = REGISTRY.update[name], 0.125
    rng = np.random.default_rng(2)
    weights = [rng.standard_normal(n, dtype=np.float32) for n in (1, 50, 1027)]
    gradients = [rng.standard_normal(len(w), dtype=np.float32) for w in weights]
    state = kernel.prepare(DEVICE, weights, gradients, eta)
    moved = velocity = 0.0
    for _ in range(3):
        kernel.update(state)
        velocity = kernel.rule.momentum * velocity - eta
        moved += velocity
    for w, g, read in zip(weights, gradients, kernel.parameters(state), strict=True):
        expected = w + moved * g.astype(np.float64)
        allowed = 16 * UNIT_ROUNDOFF * (np.abs(w) + abs(moved) * np.abs(g))
        assert (np.abs(read - expected) <= allowed).all()


@pytest.mark.parametrize("name", [*TRAIN, *UPDATE])
def test_none_is_offered_on_a_cpu(name: str) -> None:
    kernel: TrainKernel | UpdateKernel | Any
    kernel = REGISTRY.train.get(name) or REGISTRY.update[name]
    answer = runs_on(kernel, "cpu(0)")
    if kernel.backend == "mxnet":
        assert str(answer) == f"no device: {name} is written for GPUs only."
    assert not answer
    assert kernel.brings_code or kernel.availability(DEVICE)
