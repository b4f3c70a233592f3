"""From made-up runs to the word, for machines and kernels whose answer is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bench.advise.bounds import bounded
from bench.advise.roofline import ceilings, place
from bench.store import tidy
from tests.advise.made_up_machine import (
    EMPTY,
    FINGERPRINT,
    GPU_DEVICE,
    GPU_ENQUEUED,
    controls,
    epoch,
    run,
    step,
    update,
)
from tests.store.made_up_run import benchmark

if TYPE_CHECKING:
    import pandas as pd

SIZES = (1, 10, 100, 1000)
SAMPLES = 1000


def judged(*cases: dict[str, Any], gpu: bool = False, empties: bool = True) -> pd.DataFrame:
    made = [*controls(), *(controls("gpu(0)", times=10) if gpu else [])]
    if not empties:
        made = [one for one in made if one["extra_info"]["control"] != "empty_operator"]
    table = tidy.frame(run([*made, *cases]))
    return bounded(table, place(table, ceilings(table, FINGERPRINT)))


def words(*cases: dict[str, Any], **how: bool) -> list[str]:
    return [str(word) for word in judged(*cases, **how)["bound"]]


def steps_of(seconds_per_step: float, seconds_per_sample: float, **facts: Any) -> Any:
    """Return epochs of a kernel that takes so long for each step and each sample."""
    return [
        epoch(
            "k",
            size,
            seconds_per_step * (SAMPLES // size) + seconds_per_sample * SAMPLES,
            **facts,
        )
        for size in SIZES
    ]


def test_a_framework_that_dispatches_every_step_is_bound_by_the_host() -> None:
    # 30 empty operators a step, a nanosecond a sample.
    table = judged(*steps_of(30 * EMPTY["mxnet"], 1e-9))
    assert table["bound"].tolist() == ["host"] * 4
    assert table["step_operators"].tolist() == pytest.approx([30] * 4, rel=0.01)
    assert table["fixed_share"].min() > 0.99


def test_a_framework_is_no_longer_its_bound_where_the_samples_take_longer() -> None:
    # 30 empty operators, and as much again for every 50 samples.
    assert words(*steps_of(3e-4, 6e-6)) == ["host", "host", "unclear", "unclear"]


def test_a_compiled_loop_is_not_bound_by_the_host_at_any_batch_size() -> None:
    # 20 ns a step, 2 ns a sample: two empty operators for the whole of the epoch.
    table = judged(*steps_of(20e-9, 2e-9, backend="numba"))
    assert table["bound"].tolist() == ["unclear"] * 4
    assert not table["stepwise"].any()
    assert "not dispatched one by one" in table["reason"].iloc[0]


def test_a_call_that_takes_less_than_an_empty_operator_runs_none() -> None:
    # On MXNet's arrays, without its operators: 22 µs at batch size 1, 2 µs at 1000.
    assert words(*steps_of(20e-9, 2e-9, backend="mxnet")) == ["unclear"] * 4


def test_updates_are_bound_by_the_host_then_by_caches_then_by_memory() -> None:
    def seconds(size: int) -> float:
        rate = 1.6e11 if size < 1_000_000 else 1.4e10  # 80% and 70% of what the triad gives
        return EMPTY["numba"] + 12 * size / rate

    sizes = (10, 100, 100_000, 40_000_000)
    found = words(*(update("u", size, seconds(size), backend="numba") for size in sizes))
    assert found == ["host", "host", "cache", "memory"]


def test_a_matrix_product_is_bound_by_arithmetic() -> None:
    assert words(epoch("k", 10, 1e-3, flops=0.6 * 4e11 * 1e-3)) == ["arithmetic"]


def test_one_size_alone_says_nothing_of_a_fixed_price() -> None:
    assert words(epoch("k", 10, 1.0)) == ["unclear"]
    assert words(update("u", 5, 1.9 * EMPTY["mxnet"])) == ["host"]


def test_without_the_empty_operator_the_host_is_not_accused() -> None:
    table = judged(*steps_of(3e-4, 1e-9), empties=False)
    assert table["bound"].tolist() == ["unclear"] * 4
    assert "no empty operator of its backend was timed" in table["reason"].iloc[0]


def loading(seconds: float, **facts: Any) -> dict[str, Any]:
    cell = {"workload": "made-up", "backend": "mxnet", "device": "cpu(0)", "batch_size": 1000}
    made = {"case": "loader", "loader": "dataloader", **cell, **facts}
    return benchmark(f"bench_loader[{made}]", [seconds] * 5, made)


def test_a_loader_in_python_that_takes_most_of_an_epoch_is_the_host() -> None:
    case = epoch("k", 1000, 1.0, loader="dataloader")
    assert words(case, loading(0.5)) == ["host"]
    assert words(case, loading(0.49)) == ["unclear"]
    for other in ({"backend": "torch"}, {"batch_size": 1}, {"loader": "inmemory"}):
        assert words(case, loading(0.9, **other)) == ["unclear"]
    # Batches from memory are the device's work.
    in_memory = epoch("k", 1000, 1.0)
    assert words(in_memory, loading(0.9, loader="inmemory")) == ["unclear"]


def on_gpu(seconds_per_step: float, enqueued: float, device: float, **facts: Any) -> Any:
    """Return epochs of a kernel whose steps take a GPU the same at every batch size.

    ``enqueued`` and ``device`` are shares of the time.
    """
    return [
        epoch(
            "k",
            size,
            seconds := seconds_per_step * (SAMPLES // size),
            device="gpu(0)",
            enqueued_seconds=enqueued * seconds,
            device_seconds=device * seconds,
            **facts,
        )
        for size in SIZES
    ]


def test_a_gpu_that_python_can_not_feed_is_bound_by_the_host() -> None:
    # Ten operators a step; the device's clock counts the gaps, so it tells nothing.
    assert words(*on_gpu(10 * GPU_ENQUEUED, 0.99, 0.99), gpu=True) == ["host"] * 4


def test_a_gpu_whose_own_clock_counts_little_is_bound_by_the_host_at_any_size() -> None:
    alone = on_gpu(1e-3, 0.6, 0.2)[0]
    assert words(alone, gpu=True) == ["host"]
    awaited = step("k", 1, 1e-3, device="gpu(0)", enqueued_seconds=6e-4, device_seconds=2e-4)
    assert words(awaited, gpu=True) == ["host"]


def test_a_gpu_that_has_its_work_early_and_still_takes_the_same_is_bound_by_launches() -> None:
    # A graph of ten operators, replayed: 20 µs a step on the device, 5 µs to enqueue.
    table = judged(*on_gpu(10 * GPU_DEVICE, 0.25, 0.98), gpu=True)
    assert table["bound"].tolist() == ["launch"] * 4
    assert table["device_operators"].tolist() == pytest.approx([9.8] * 4)


def test_a_whole_epoch_in_one_launch_is_bound_by_neither() -> None:
    # 5 µs to enqueue all of it; each step takes the device 20 µs.
    cases = [
        epoch(
            "k",
            size,
            20e-6 * (SAMPLES // size),
            device="gpu(0)",
            enqueued_seconds=GPU_ENQUEUED,
            device_seconds=20e-6 * (SAMPLES // size),
        )
        for size in SIZES[:3]
    ]
    assert words(*cases, gpu=True) == ["unclear"] * 3


def test_a_large_update_on_a_gpu_is_bound_by_its_memory() -> None:
    # Ten times the processor's bandwidth: 480 MB at 2e11 B/s take 2.4 ms.
    case = update("u", 40_000_000, 2.6e-3, device="gpu(0)", enqueued_seconds=5e-6)
    assert words(case, gpu=True) == ["memory"]


def test_the_librarys_own_triad_stands_beside_a_share_that_is_low() -> None:
    table = judged(epoch("k", 10, 1.0, backend="numba"), epoch("l", 10, 1.0))
    assert table["library_share"].iloc[0] == pytest.approx(1.0)
    assert table["library_share"].isna().iloc[1]  # MXNet's was not timed
    assert "its library's own triad reaches 100%" in table["reason"].iloc[0]
