"""A rate above what the controls reached is found; one below is not."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from bench.advise.roofline import Peak, excesses, peaks
from bench.advise.rule import RULE


def control(name: str, moved: float, flops: float, device: str = "cpu(0)") -> dict[str, Any]:
    return {
        "name": f"bench_machine[{name}]",
        "case": "machine",
        "control": name,
        "device": device,
        "moved_bytes_per_second": moved,
        "flops_per_second": flops,
    }


def kernel(moved: float | None, flops: float | None, device: str = "cpu(0)") -> dict[str, Any]:
    return {
        "name": f"bench_epoch[{device}-{moved}-{flops}]",
        "case": "epoch",
        "device": device,
        "moved_bytes_per_second": moved,
        "flops_per_second": flops,
    }


CONTROLS = [
    control("triad", 1e10, 1e9),
    control("triad", 4e10, 3e9),
    control("device_to_device", 3e10, 0),
    control("host_to_device", 9e10, 0),
    control("matmul", 1e8, 1e11),
]


def test_the_peaks_are_the_highest_rates_of_memory_and_arithmetic() -> None:
    table = pd.DataFrame([*CONTROLS, kernel(1e12, 1e13)])
    assert peaks(table) == {"cpu(0)": Peak("cpu(0)", 4e10, 1e11)}


@pytest.mark.parametrize(
    ("moved", "flops", "found"),
    [
        (4e10, 1e11, []),
        (RULE.max_above_controls * 4e10, RULE.max_above_controls * 1e11, []),
        (RULE.max_above_controls * 4e10 * 1.01, 1e11, ["bytes"]),
        (4e10, RULE.max_above_controls * 1e11 * 1.01, ["flops"]),
        (1e12, 1e13, ["bytes", "flops"]),
        (None, None, []),
    ],
)
def test_what_is_above_the_peak_is_found(
    moved: float | None, flops: float | None, found: list[str]
) -> None:
    above = excesses(pd.DataFrame([*CONTROLS, kernel(moved, flops), kernel(1e9, 1e9)]))
    assert [one.what for one in above] == found
    assert {one.name for one in above} <= {f"bench_epoch[cpu(0)-{moved}-{flops}]"}


def test_a_device_is_judged_by_its_own_controls() -> None:
    table = pd.DataFrame([*CONTROLS, kernel(1e12, 1e9, "gpu(0)")])
    assert excesses(table) == []
    fast = [control("triad", 2e12, 1e9, "gpu(0)"), control("matmul", 1, 1e13, "gpu(0)")]
    assert excesses(pd.DataFrame([*CONTROLS, *fast, kernel(1e12, 1e9, "gpu(0)")])) == []
    assert excesses(pd.DataFrame([*CONTROLS, *fast, kernel(1e12, 1e9)])) != []


def test_without_controls_nothing_is_judged() -> None:
    assert peaks(pd.DataFrame([kernel(1e12, 1e13)])) == {}
    assert excesses(pd.DataFrame([kernel(1e12, 1e13)])) == []
    assert excesses(pd.DataFrame([control("triad", 1e10, 1e9), kernel(1e12, 1e13)])) == []
    assert excesses(pd.DataFrame()) == []
