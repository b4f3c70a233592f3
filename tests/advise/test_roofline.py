"""Cases are placed under the roof of the level that holds what they work on."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.advise.roofline import ceilings, column, place
from bench.store import tidy
from tests.advise.made_up_machine import FINGERPRINT, MIB, controls, epoch, run, step, update


def placed(*cases: dict[str, Any], device: str = "cpu(0)") -> pd.DataFrame:
    table = tidy.frame(run([*controls(device), *cases]))
    return place(table, ceilings(table, FINGERPRINT))


def test_an_epoch_works_on_all_samples_and_a_step_on_its_batch() -> None:
    table = placed(epoch("k", 300, 1e-3), step("k", 300, 1e-5))
    assert list(table["working_set_bytes"]) == [1000 * 4 * 4, 300 * 4 * 4]
    assert list(table["n_steps"]) == [4, 1]  # the short last one is a step too


@pytest.mark.parametrize(
    ("precision", "n_bytes"), [("float32", 12), ("float16", 6), ("mixed", 8)]
)
def test_an_update_works_on_the_parameters_that_it_changes(
    precision: str, n_bytes: int
) -> None:
    table = placed(update("u", 10_000, 1e-3, precision=precision, n_updated=100))
    assert list(table["working_set_bytes"]) == [100 * n_bytes]
    assert list(table["n_steps"]) == [1]


def test_the_roof_is_the_bandwidth_of_the_level_times_the_intensity() -> None:
    # 16 kB in L1 at 2e11 B/s, half a flop a byte: 1e11 flop/s; 5e4 flops in 1 µs are half.
    (near,) = placed(epoch("k", 10, 1e-6)).to_dict("records")
    assert (near["level"], near["roof"]) == ("L1", "L1")
    assert near["intensity"] == 0.5
    assert near["attainable_flops_per_second"] == pytest.approx(1e11)
    assert near["roof_share"] == pytest.approx(0.5)
    # 480 MB are in memory, at 2e10 B/s: 4.8e8 bytes in 48 ms are half.
    (far,) = placed(update("u", 40_000_000, 48e-3)).to_dict("records")
    assert (far["level"], far["roof"]) == ("memory", "memory")
    assert far["ceiling_bytes_per_second"] == pytest.approx(2e10)
    assert far["roof_share"] == pytest.approx(0.5)


def test_beyond_the_ridge_arithmetic_is_the_roof() -> None:
    # The ridge of L1 is at 4e11 / 2e11 = 2 flops a byte.
    below, beyond, above = (
        placed(epoch("k", 10, 1e-6, flops=flops)).iloc[0] for flops in (1.9e5, 2.1e5, 1e6)
    )
    assert [one["roof"] for one in (below, beyond, above)] == ["L1", "arithmetic", "arithmetic"]
    assert above["attainable_flops_per_second"] == 4e11
    assert above["roof_share"] == pytest.approx(1e6 / 1e-6 / 4e11)


def test_cases_that_declare_nothing_and_devices_without_a_roof_are_left_out() -> None:
    silent = epoch("silent", 10, 1e-3, bytes_moved=None, flops=None)
    loud, elsewhere = epoch("k", 10, 1e-3), epoch("k", 10, 1e-3, device="gpu(0)")
    assert list(placed(silent, loud, elsewhere)["name"]) == [loud["name"]]
    assert placed(elsewhere, device="gpu(0)")["level"].tolist() == ["cache"]
    assert placed(silent).empty
    assert place(tidy.frame(run([])), {}).empty


@given(seconds=st.floats(1e-9, 1e3), moved=st.floats(1, 1e12), flops=st.floats(1, 1e12))
def test_the_share_is_that_of_the_nearer_ceiling(
    seconds: float, moved: float, flops: float
) -> None:
    (one,) = placed(epoch("k", 10, seconds, bytes_moved=moved, flops=flops)).to_dict("records")
    of_bandwidth = moved / seconds / one["ceiling_bytes_per_second"]
    of_arithmetic = flops / seconds / one["ceiling_flops_per_second"]
    assert one["roof_share"] == pytest.approx(max(of_bandwidth, of_arithmetic))


def test_a_column_that_is_not_there_is_unknown() -> None:
    rows = pd.DataFrame({"a": ["1", None, "x"]}, index=[4, 5, 6])
    assert column(rows, "a").fillna(-1).tolist() == [1, -1, -1]
    assert column(rows, "b").isna().all()
    assert column(rows, "b").index.tolist() == [4, 5, 6]


def test_small_and_large_updates_are_in_different_levels() -> None:
    sizes = (1000, 100_000, 2_000_000, 40 * MIB)
    table = placed(*(update("u", size, 1.0) for size in sizes))
    assert table["level"].tolist() == ["L1", "L2", "L3", "memory"]
