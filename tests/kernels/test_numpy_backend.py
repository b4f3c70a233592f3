"""NumPy as a backend: the CPU alone, and steps that allocate nothing."""

from __future__ import annotations

import tracemalloc
from array import array
from typing import TYPE_CHECKING

import numpy as np
import pytest

from kernels import backends, reference
from kernels.contract import AVAILABLE, Start
from kernels.controls import SIZES
from kernels.reference import Reference
from kernels.registry import discover

if TYPE_CHECKING:
    from collections.abc import Callable

    from data.workload import Workload

BACKEND = backends.get("numpy")
NAMES = [name for name, kernel in discover().train.items() if kernel.backend == "numpy"]
START = Start(weight=np.zeros(4, dtype=np.float32), bias=0.25)


def test_it_is_always_there_and_knows_one_device() -> None:
    (report,) = BACKEND.devices()
    assert (report.device, report.availability) == ("cpu(0)", AVAILABLE)
    assert BACKEND.device_seconds("cpu(0)", lambda: None) is None


def test_the_version_and_the_blas_are_told() -> None:
    versions = BACKEND.versions()
    assert versions["numpy"] == np.__version__
    assert versions["numpy_blas"].split()[0] not in {"", "unknown"}


@pytest.mark.parametrize("name", SIZES)
def test_every_control_is_right(name: str) -> None:
    control = BACKEND.controls("cpu(0)")[name](SIZES[name][0])
    for _ in range(2):
        control.run()
        assert control.is_right()


@pytest.mark.parametrize("name", NAMES)
def test_a_batch_of_more_samples_than_there_are(
    name: str, small_workload: Callable[[str], Workload]
) -> None:
    workload, kernel = small_workload("synthetic-23x4"), discover().train[name]
    order, rates = np.arange(80) % 23, array("d", [0.01, 0.02])
    state = kernel.prepare(workload, "cpu(0)", 60, "inmemory", START)
    kernel.epoch(state, order, rates)
    start = Reference.start(START)
    expected = reference.epoch(start, workload, order, 60, rates, kernel.rule)
    distance = reference.distance(expected, *kernel.parameters(state))
    assert distance <= expected.tolerance


@pytest.mark.parametrize("name", NAMES)
def test_a_step_allocates_nothing_of_the_size_of_its_batch(
    name: str, small_workload: Callable[[str], Workload]
) -> None:
    m, kernel = 2999, discover().train[name]
    workload = small_workload("synthetic-3000x4")
    state = kernel.prepare(workload, "cpu(0)", m, "inmemory", START)
    X, y = workload.features[:m], workload.labels[:m]
    kernel.step(state, X, y, 0.01)  # type: ignore[attr-defined]
    tracemalloc.start()
    try:
        kernel.step(state, X, y, 0.01)  # type: ignore[attr-defined]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < m
