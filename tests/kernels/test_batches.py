"""Both loaders yield exactly the rows of the order, in batches, whatever the order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.workload import Optimum, Workload
from kernels import backends
from kernels.backends.mxnet.batches import context

if TYPE_CHECKING:
    from kernels.contract import Batches, Order

N_SAMPLES, N_FEATURES = 12, 3
BACKEND = backends.get("mxnet")
#: Every entry is another number, so that no row or column can stand for another.
WORKLOAD = Workload(
    "numbered",
    np.arange(N_SAMPLES * N_FEATURES, dtype=np.float32).reshape(N_SAMPLES, N_FEATURES),
    -np.arange(N_SAMPLES, dtype=np.float32),
    Optimum(np.zeros(N_FEATURES), 0.0, 0.0),
    lambda _batch_size: 1.0,
)
loaders = pytest.mark.parametrize("loader_name", BACKEND.loaders)


def assert_yields_the_rows(batches: Batches, order: Order, batch_size: int) -> None:
    rows = [order[first : first + batch_size] for first in range(0, len(order), batch_size)]
    for (X, y), index in zip(batches(order), rows, strict=True):
        assert X.shape == (len(index), N_FEATURES)
        assert y.shape == (len(index),)
        features, labels = BACKEND.to_numpy(X), BACKEND.to_numpy(y)
        assert features.dtype == labels.dtype == np.float32
        np.testing.assert_array_equal(features, WORKLOAD.features[index])
        np.testing.assert_array_equal(labels, WORKLOAD.labels[index])


def test_the_loaders_are_the_two() -> None:
    assert BACKEND.loaders == ("inmemory", "dataloader")


@loaders
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    order=st.lists(st.integers(0, N_SAMPLES - 1), min_size=1, max_size=40),
    batch_size=st.integers(1, 45),
)
def test_any_order_with_repeats_and_of_any_length(
    mxnet: None, frozen_heap: None, loader_name: str, order: list[int], batch_size: int
) -> None:
    batches = BACKEND.batches(loader_name, WORKLOAD, "cpu(0)", batch_size)
    assert_yields_the_rows(batches, np.array(order), batch_size)


@loaders
def test_one_loader_serves_many_epochs(
    mxnet: None, frozen_heap: None, loader_name: str
) -> None:
    batches = BACKEND.batches(loader_name, WORKLOAD, "cpu(0)", 5)
    rng = np.random.default_rng(0)
    for n in (12, 3, 20, 12):
        assert_yields_the_rows(batches, rng.integers(0, N_SAMPLES, n), 5)


@loaders
def test_batches_are_on_the_device_asked_for(
    mxnet: None, frozen_heap: None, loader_name: str
) -> None:
    # MXNet counts CPU devices as it counts GPUs, so a second one needs no hardware.
    batches = BACKEND.batches(loader_name, WORKLOAD, "cpu(1)", 5)
    for X, y in batches(np.arange(N_SAMPLES)):
        assert str(X.context) == str(y.context) == "cpu(1)"


@pytest.mark.parametrize("device", ["cpu(0)", "cpu(1)", "gpu(0)", "gpu(12)"])
def test_a_device_is_written_as_mxnet_writes_it(mxnet: None, device: str) -> None:
    assert str(context(device)) == device
