"""In the Gluon kernels every rate of the schedule reaches the trainer, and only then."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from kernels import sampling, schedules
from kernels.backends.mxnet.gluon_training import GluonTrainKernel
from kernels.backends.mxnet.imports import mx
from kernels.registry import discover

if TYPE_CHECKING:
    from collections.abc import Callable

    from data.workload import Workload

KERNELS = {
    name: kernel
    for name, kernel in discover().train.items()
    if isinstance(kernel, GluonTrainKernel)
}


@pytest.fixture(params=KERNELS)
def kernel(request: pytest.FixtureRequest, mxnet: None) -> GluonTrainKernel:
    return KERNELS[request.param]


@pytest.fixture
def rates_set(mxnet: None, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Record what ``Trainer.set_learning_rate`` is called with."""
    seen: list[float] = []
    original = mx.gluon.Trainer.set_learning_rate

    def spy(trainer: Any, rate: float) -> None:
        seen.append(rate)
        original(trainer, rate)

    monkeypatch.setattr(mx.gluon.Trainer, "set_learning_rate", spy)
    return seen


def epoch(kernel: GluonTrainKernel, workload: Workload, rates: list[float]) -> None:
    start = sampling.draw_start(np.random.default_rng(0), workload.n_features)
    state = kernel.prepare(workload, "cpu(0)", 5, "inmemory", start)
    kernel.epoch(state, np.arange(workload.n_samples), array("d", rates))
    assert state.trainer.learning_rate == rates[-1]


def test_there_are_gluon_kernels() -> None:
    assert {"gluon.trainer", "gluon.hybrid"} <= set(KERNELS)


@pytest.mark.parametrize("text", ["power:-0.5", "exponential:0.9"])
def test_a_rate_that_changes_is_set_at_every_step(
    kernel: GluonTrainKernel,
    text: str,
    rates_set: list[float],
    small_workload: Callable[[str], Workload],
) -> None:
    rates = schedules.parse(text, 0.1).rates(0, 5).tolist()
    epoch(kernel, small_workload("synthetic-23x4"), rates)
    assert rates_set == rates


def test_a_rate_that_stays_is_set_once(
    kernel: GluonTrainKernel,
    rates_set: list[float],
    small_workload: Callable[[str], Workload],
) -> None:
    epoch(kernel, small_workload("synthetic-23x4"), [0.1] * 5)
    assert rates_set == [0.1]
