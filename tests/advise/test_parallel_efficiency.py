"""Speedup, efficiency and serial fraction, on runs whose answer is known."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.advise.devices import (
    NotComparableError,
    by_threads,
    efficiencies,
    serial_fraction,
    timings,
)
from tests.advise.made_up_machine import controls, epoch, on_threads, step, update

if TYPE_CHECKING:
    import pandas as pd


@given(serial=st.floats(0, 1), threads=st.integers(2, 256))
def test_of_amdahls_law_the_serial_fraction_is_the_serial_part(
    serial: float, threads: int
) -> None:
    s = 1.0 / (serial + (1 - serial) / threads)
    assert serial_fraction(s, threads) == pytest.approx(serial, abs=1e-9)


def test_the_formulas_at_their_ends() -> None:
    assert serial_fraction(4.0, 4) == pytest.approx(0.0)
    assert serial_fraction(1.0, 4) == pytest.approx(1.0)
    assert serial_fraction(0.5, 2) == pytest.approx(3.0)  # two threads harm
    # Karp & Flatt's own table: 1.95 on two processors, 6.45 on eight.
    assert serial_fraction(1.95, 2) == pytest.approx(0.0256, abs=1e-4)
    assert serial_fraction(6.45, 8) == pytest.approx(0.0343, abs=1e-4)


def compared(*runs: dict[str, Any]) -> pd.DataFrame:
    return efficiencies(by_threads({str(number): one for number, one in enumerate(runs)}))


def between(made: dict[str, Any], low: float, high: float, confidence: float) -> dict[str, Any]:
    facts = {"between_interval": [low, high], "between_confidence": confidence}
    return {**made, "extra_info": {**made["extra_info"], **facts}}


def test_every_case_is_compared_with_itself_on_one_thread() -> None:
    one = on_threads(1, [epoch("k", 10, 8.0), epoch("l", 10, 4.0), step("k", 10, 2.0)])
    four = on_threads(4, [epoch("l", 10, 2.0), epoch("k", 10, 2.0)])
    two = on_threads(2, [epoch("k", 10, 4.0), step("k", 10, 2.5)])
    table = compared(four, one, two).set_index(["case", "kernel", "threads"])
    assert table["speedup"].to_dict() == {
        ("epoch", "k", 2): 2.0,
        ("step", "k", 2): 0.8,
        ("epoch", "k", 4): 4.0,
        ("epoch", "l", 4): 2.0,
    }
    assert table["efficiency"].to_dict() == {
        ("epoch", "k", 2): 1.0,
        ("step", "k", 2): 0.4,
        ("epoch", "k", 4): 1.0,
        ("epoch", "l", 4): 0.5,
    }
    assert table["serial_fraction"]["epoch", "l", 4] == pytest.approx(1 / 3)
    assert table["seconds_one_thread"]["epoch", "l", 4] == 4.0


def test_the_interval_is_that_between_processes() -> None:
    one = on_threads(1, [between(epoch("k", 10, 8.0), 6.0, 9.0, 0.95)])
    two = on_threads(2, [between(epoch("k", 10, 5.0), 4.0, 6.0, 0.9375)])
    (row,) = compared(one, two).to_dict("records")
    assert row["interval_of"] == "processes"
    assert (row["speedup_low"], row["speedup"], row["speedup_high"]) == (1.0, 1.6, 2.25)
    assert (row["efficiency_low"], row["efficiency_high"]) == (0.5, 1.125)
    assert row["serial_fraction_low"] == pytest.approx(serial_fraction(2.25, 2))
    assert row["serial_fraction_high"] == pytest.approx(1.0)
    assert row["serial_fraction_low"] < row["serial_fraction"] < row["serial_fraction_high"]
    assert row["confidence"] == pytest.approx(0.8875)


def test_few_processes_promise_nothing() -> None:
    runs = [on_threads(n, [between(epoch("k", 10, 1.0), 0.9, 1.1, 0.5)]) for n in (1, 2)]
    assert compared(*runs)["confidence"].tolist() == [0.0]


def test_in_one_process_the_interval_is_that_of_its_rounds() -> None:
    made = epoch("k", 10, 1.0)
    made["stats"]["data"] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    (row,) = timings(on_threads(1, [made])).to_dict("records")
    assert (row["interval_of"], row["low"], row["high"]) == ("rounds", 1.0, 6.0)
    made["stats"]["data"] = [1.0, 2.0]
    (row,) = timings(on_threads(1, [made])).to_dict("records")
    assert math.isnan(row["low"])
    assert math.isnan(row["high"])


def test_controls_and_gpus_are_no_matter_of_threads() -> None:
    cases = [*controls(), epoch("k", 10, 1.0, device="gpu(0)"), update("u", 5, 1.0)]
    table = compared(on_threads(1, cases), on_threads(2, cases))
    assert table["name"].tolist() == ["bench_update[u-cpu(0)-P5-T1]"]


def test_runs_without_a_common_case_are_refused() -> None:
    with pytest.raises(NotComparableError, match="measure the same cases"):
        compared(on_threads(1, [epoch("k", 10, 1.0)]), on_threads(2, [epoch("k", 20, 1.0)]))
    with pytest.raises(NotComparableError, match="measure the same cases"):
        compared(on_threads(1, []), on_threads(2, []))
