"""Lines through peaks: exact ones are found, and noise moves them as far as it is said to."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.advise.memory_cost import ALLOCATOR, DEVICE, HOST, line, lines

SIZES = (1, 100, 1500, 10_000)
some_sizes = st.lists(st.integers(1, 10_000), min_size=3, max_size=8, unique=True)
some_bytes = st.integers(0, 2**34)


def memory(host: float | None = None, **told: Any) -> dict[str, Any]:
    return {
        "host_case_bytes": host,
        "host_peak_is_exact": True,
        "host_noise_bytes": 10,
        "allocator_peak_bytes": None,
        "device_footprint_bytes": None,
        **told,
    }


def rows(cells: dict[tuple[str, float], Any], device: str = "cpu(0)") -> pd.DataFrame:
    table: pd.DataFrame = pd.DataFrame(
        [
            {"workload": "w", "device": device, "kernel": k, "batch_size": B, "memory": told}
            for (k, B), told in cells.items()
        ]
    )
    return table


@given(some_sizes, st.integers(-500, 500), some_bytes)
def test_peaks_on_a_line_give_that_line(sizes: list[int], slope: int, intercept: int) -> None:
    found = line(sizes, [intercept + slope * B for B in sizes])
    scale = intercept + 10_000 * abs(slope) + 1
    assert found.intercept_bytes == pytest.approx(intercept, abs=1e-6 * scale)
    assert found.bytes_per_sample == pytest.approx(slope, abs=1e-6 * scale)
    assert found.slope_noise == 0.0


@given(st.lists(st.tuples(st.integers(1, 10_000), some_bytes), min_size=4), st.randoms())
def test_the_order_of_the_cases_does_not_matter(cases: list[Any], random: Any) -> None:
    shuffled = list(cases)
    random.shuffle(shuffled)
    before, after = (
        line([B for B, _ in some], [y for _, y in some]) for some in (cases, shuffled)
    )
    assert after.bytes_per_sample == pytest.approx(
        before.bytes_per_sample, rel=1e-6, abs=1e-3, nan_ok=True
    )


@given(some_sizes, st.floats(0.0, 1e6), st.data())
def test_noise_moves_a_line_at_most_as_far_as_it_is_said_to(
    sizes: list[int], noise: float, draw: Any
) -> None:
    sign = st.sampled_from([-1.0, 0.0, 1.0])
    off = draw.draw(st.lists(sign, min_size=len(sizes), max_size=len(sizes)))
    moved = [1e6 + 20 * B + noise * one for B, one in zip(sizes, off, strict=True)]
    found = line(sizes, moved, noise)
    assert abs(found.bytes_per_sample - 20) <= found.slope_noise * (1 + 1e-6) + 1e-3
    assert abs(found.intercept_bytes - 1e6) <= found.intercept_noise * (1 + 1e-6) + 1.0


def test_the_worst_noise_moves_it_exactly_so_far() -> None:
    B = np.array([1, 2, 9, 10], dtype=float)  # no distance is more than the noise
    worst = 1e6 + 20 * B + 100 * np.sign(B - B.mean())
    found = line(B.tolist(), worst.tolist(), 100)
    assert found.bytes_per_sample - 20 == pytest.approx(found.slope_noise)


def test_peaks_on_no_line_show_no_slope_that_small() -> None:
    # A library compiles something large at one batch size.
    found = line(SIZES, [45e6, 80e6, 45e6, 45e6])
    assert 0 < abs(found.bytes_per_sample) < found.slope_noise


@pytest.mark.parametrize("sizes", [[], [10], [10, 100], [10, 10, 100, 100]])
def test_fewer_than_three_batch_sizes_make_no_line(sizes: list[int]) -> None:
    found = line(sizes, [5.0] * len(sizes), 1.0)
    assert math.isnan(found.bytes_per_sample)
    assert math.isnan(found.intercept_bytes)
    assert math.isnan(found.slope_noise)


def test_every_kernel_has_its_own_line() -> None:
    cells: dict[tuple[str, float], Any] = {("a", B): memory(1000 + 8 * B) for B in SIZES}
    cells |= {("b", B): memory(500.0) for B in SIZES}
    found = lines(rows(cells), HOST)
    assert set(found) == {("w", "cpu(0)", "a"), ("w", "cpu(0)", "b")}
    assert found["w", "cpu(0)", "a"].bytes_per_sample == pytest.approx(8)
    assert found["w", "cpu(0)", "b"].bytes_per_sample == pytest.approx(0, abs=1e-9)
    assert found["w", "cpu(0)", "b"].slope_noise > 0


def test_upper_bounds_and_failures_are_on_no_line() -> None:
    cells: dict[tuple[str, float], Any] = {("a", B): memory(1000 + 8 * B) for B in SIZES}
    cells["a", 2] = memory(1e9, host_peak_is_exact=False)
    cells["a", 3] = {"reason": "it ended."}
    cells["a", 4] = None
    cells["a", 5] = float("nan")
    cells["b", 5] = {"reason": "it ended."}
    found = lines(rows(cells), HOST)
    assert set(found) == {("w", "cpu(0)", "a")}
    assert found["w", "cpu(0)", "a"].bytes_per_sample == pytest.approx(8)


def test_the_noisiest_peak_says_how_far_a_line_may_be_off() -> None:
    noises = dict(zip(SIZES, (10, 300, 20, 10), strict=True))
    cells: dict[tuple[str, float], Any] = {
        ("a", B): memory(1e6, host_noise_bytes=noises[B]) for B in SIZES
    }
    expected = line(SIZES, [1e6] * len(SIZES), 300).slope_noise
    assert lines(rows(cells), HOST)["w", "cpu(0)", "a"].slope_noise == expected


def test_what_a_gpu_tells_is_without_the_hosts_noise() -> None:
    told: dict[tuple[str, float], Any] = {
        ("a", B): memory(5.0, allocator_peak_bytes=2048 + 16 * B, device_footprint_bytes=2**29)
        for B in SIZES
    }
    table = rows(told, "gpu(0)")
    cell = ("w", "gpu(0)", "a")
    assert lines(table, ALLOCATOR)[cell].bytes_per_sample == pytest.approx(16)
    assert lines(table, ALLOCATOR)[cell].slope_noise == 0.0
    assert lines(table, DEVICE)[cell].intercept_bytes == pytest.approx(2**29)
