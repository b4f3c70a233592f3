"""``nd.fused`` works on the NDArrays' own memory, and waits for the engine before it does."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from data import synthetic
from kernels import reference, sampling
from kernels.backends.mxnet.host_memory import view
from kernels.backends.mxnet.imports import mx
from kernels.backends.numba import unrolled
from kernels.backends.numba.epochs import MOST_UNROLLED
from kernels.reference import Reference
from kernels.registry import discover
from tests.kernels.conftest import skip_unless_runs

if TYPE_CHECKING:
    from kernels.contract import TrainKernel

WORKLOAD = synthetic.generate(synthetic.parse("synthetic-60x3"))
RATES = array("d", [0.05] * 9)


@pytest.fixture
def fused() -> TrainKernel:
    kernel = discover().train["nd.fused"]
    skip_unless_runs(kernel)
    return kernel


def prepared(fused: TrainKernel) -> Any:
    start = sampling.draw_start(np.random.default_rng(0), 3)
    return fused.prepare(WORKLOAD, "cpu(0)", 7, "inmemory", start)


@pytest.mark.peer
def test_the_parameters_are_ndarrays_whose_memory_is_written(fused: TrainKernel) -> None:
    state = prepared(fused)
    before = state.w.asnumpy()
    fused.epoch(state, np.arange(60), RATES)
    assert isinstance(state.w, mx.nd.NDArray)
    assert (state.w.asnumpy() != before).all()
    np.testing.assert_array_equal(view(state.w), state.w.asnumpy())
    assert np.shares_memory(view(state.w), state.seen.w)
    assert np.shares_memory(view(state.features), state.seen.features)


@pytest.mark.peer
def test_work_of_the_engine_on_the_arrays_comes_first(fused: TrainKernel) -> None:
    state = prepared(fused)
    slow = mx.nd.ones((1200, 1200))
    for _ in range(3):
        slow = mx.nd.dot(slow, slow) * 1e-4
    # Enqueued behind the products: w becomes 0.5 only when they are done.
    mx.nd.broadcast_add(mx.nd.zeros((3,)), (slow[0, :1] * 0) + 0.5, out=state.w)
    fused.epoch(state, np.arange(60), RATES)
    expected = Reference(theta=np.array([0.5, 0.5, 0.5, 0.0]), tolerance=0.0)
    expected = reference.epoch(expected, WORKLOAD, np.arange(60), 7, list(RATES))
    assert reference.distance(expected, *fused.parameters(state)) <= expected.tolerance


@pytest.mark.peer
def test_the_engine_reads_what_the_epoch_wrote(fused: TrainKernel) -> None:
    state = prepared(fused)
    fused.epoch(state, np.arange(60), RATES)
    np.testing.assert_array_equal((state.w * 2).asnumpy(), 2 * view(state.w))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: mx.nd.ones((3,), dtype="float64"),
        lambda: mx.nd.ones((3,), dtype="int32"),
        lambda: mx.nd.ones((3, 2)).tostype("row_sparse"),
    ],
)
def test_only_dense_float32_can_be_seen(mxnet: None, wrong: Any) -> None:
    with pytest.raises(ValueError, match="only a dense float32 NDArray on the CPU"):
        view(wrong())


@pytest.mark.parametrize("n_features", range(1, MOST_UNROLLED + 1))
def test_the_template_writes_every_feature_out(n_features: int) -> None:
    for gathered in (False, True):
        text = unrolled.source(n_features, shuffled=True, momentum=True, gathered=gathered)
        for j in range(n_features):
            assert text.count(f"g{j} += r * x{j}\n") == 1
            assert text.count(f"    w[{j}] = w{j}\n") == 1
        assert f"x{n_features}" not in text
        assert "order[first + " in text
    assert "order[" not in unrolled.source(n_features, shuffled=False, momentum=False)
