"""JAX compiles once for each shape, at full precision, and writes in place."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from kernels import backends, reference
from kernels.backends.jax.imports import jax
from kernels.backends.jax.training import gradient
from kernels.contract import Start
from kernels.reference import Reference
from kernels.registry import discover
from kernels.tf32 import OVERRIDE

if TYPE_CHECKING:
    from collections.abc import Callable

    from data.workload import Workload

pytestmark = pytest.mark.peer
REGISTRY = discover()
START = Start(weight=np.full(4, 0.5, dtype=np.float32), bias=0.25)
ORDER = np.arange(23)
#: What each kernel calls in an epoch.
COMPILED = {"jax.step": "compiled_within", "jax.scan": "compiled", "jax.momentum": "compiled"}


@pytest.fixture(autouse=True)
def jax_is_here() -> None:
    answer = backends.get("jax").probe()
    if not answer:
        pytest.skip(str(answer))


def rates(eta: float, n: int = 5) -> array[float]:
    return array("d", (eta / (k + 1) for k in range(n)))


@pytest.mark.parametrize("name", COMPILED)
def test_no_rate_and_no_order_compiles_an_epoch_anew(
    name: str, small_workload: Callable[[str], Workload]
) -> None:
    kernel = REGISTRY.train[name]
    state = kernel.prepare(small_workload("synthetic-23x4"), "cpu(0)", 5, "inmemory", START)
    kernel.epoch(state, ORDER, rates(0.05))
    n_compiled = getattr(kernel, COMPILED[name])._cache_size()
    for eta in (0.04, 0.03, 1.0, 0.0):
        kernel.epoch(state, ORDER[::-1], rates(eta))
    assert getattr(kernel, COMPILED[name])._cache_size() == n_compiled
    kernel.epoch(state, ORDER[:11], rates(0.01, 3))
    assert getattr(kernel, COMPILED[name])._cache_size() > n_compiled


@pytest.mark.parametrize(("allowed", "precision"), [("0", "HIGHEST"), ("1", "HIGH")])
def test_every_product_asks_for_its_precision(
    allowed: str, precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(OVERRIDE, allowed)
    w, b, X, y = np.ones(4), 0.0, np.ones((3, 4)), np.ones(3)
    jax.clear_caches()  # it remembers what it has traced
    text = jax.jit(gradient).lower((w, b), X, y).as_text()
    jax.clear_caches()
    assert text.count(f"precision = [{precision}, {precision}]") == text.count("dot_general")
    assert "dot_general" in text


@pytest.mark.parametrize("name", COMPILED)
def test_no_reset_compiles_an_epoch_anew(
    name: str, small_workload: Callable[[str], Workload]
) -> None:
    kernel = REGISTRY.train[name]
    state = kernel.prepare(small_workload("synthetic-23x4"), "cpu(0)", 5, "inmemory", START)
    kernel.epoch(state, ORDER, rates(0.05))
    compiled = getattr(kernel, COMPILED[name])
    n_compiled = compiled._cache_size()
    kernel.reset(state, START)
    kernel.epoch(state, ORDER, rates(0.05))
    assert getattr(kernel, COMPILED[name]) is compiled
    assert compiled._cache_size() == n_compiled


@pytest.mark.parametrize("name", ["update.jax", "update.jax_momentum"])
def test_no_rate_compiles_an_update_anew(name: str) -> None:
    kernel, ones = REGISTRY.update[name], [np.ones(n, dtype=np.float32) for n in (7, 9)]
    sizes = []
    for eta in (0.1, 0.2, 1.0):
        state = kernel.prepare("cpu(0)", ones, ones, eta)
        kernel.update(state)
        sizes.append(kernel.compiled._cache_size())  # type: ignore[attr-defined]
    assert len(set(sizes)) == 1


def test_one_step_is_one_of_the_epoch(small_workload: Callable[[str], Workload]) -> None:
    workload, kernel = small_workload("synthetic-23x4"), REGISTRY.train["jax.step"]
    state = kernel.prepare(workload, "cpu(0)", 5, "inmemory", START)
    batches = list(state.batches(ORDER))
    kernel.compiled.clear_cache()  # type: ignore[attr-defined] # of other tests
    sizes = set()
    for (X, y), eta in zip(batches, rates(0.05), strict=True):
        kernel.step(state, X, y, eta)  # type: ignore[attr-defined]
        sizes.add(kernel.compiled._cache_size())  # type: ignore[attr-defined]
    assert len(sizes) == 2  # for 5 samples and for the last 3
    expected = reference.epoch(Reference.start(START), workload, ORDER, 5, rates(0.05))
    distance = reference.distance(expected, *kernel.parameters(state))
    assert distance <= expected.tolerance


@pytest.mark.parametrize("name", COMPILED)
def test_the_parameters_stay_where_they_are(
    name: str, small_workload: Callable[[str], Workload]
) -> None:
    kernel = REGISTRY.train[name]
    state = kernel.prepare(small_workload("synthetic-23x4"), "cpu(0)", 23, "inmemory", START)

    def held() -> list[Any]:
        arrays: list[Any] = jax.tree.leaves(state.carried)
        return arrays

    kernel.epoch(state, ORDER, rates(0.05, 1))
    read = kernel.parameters(state)
    before = held()
    where = {array.unsafe_buffer_pointer() for array in before}
    kernel.epoch(state, ORDER, rates(0.05, 1))
    assert all(array.is_deleted() for array in before)
    assert {array.unsafe_buffer_pointer() for array in held()} == where
    assert (kernel.parameters(state)[0] != read[0]).all()


def test_both_products_ask_for_full_precision() -> None:
    ones = np.ones((5, 4), dtype=np.float32)
    parameters = (ones[0], np.float32(0.0))
    program = str(jax.make_jaxpr(gradient)(parameters, ones, ones[:, 0]))
    assert program.count("dot_general[") == 2
    assert program.count("precision=(Precision.HIGHEST, Precision.HIGHEST)") == 2
