"""How often work is done in a round, and what an empty kernel takes."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.measure.calibration import (
    Calibration,
    Overhead,
    calibrate,
    overhead,
)
from bench.measure.rounds import Instruments, empty_kernel
from bench.measure.rule import RULE
from tests.measure.fake_device import ENQUEUE_SECONDS, FakeDevice

SECONDS = st.floats(1e-8, 10.0)


@given(SECONDS, st.floats(0.0, 1e-5))
def test_the_clock_takes_at_most_a_thousandth_of_a_round(seconds: float, unseen: float) -> None:
    n, share = calibrate(seconds, unseen, affordable=1).iterations, RULE.max_clock_share
    assert n == RULE.max_iterations or unseen <= 1.000001 * share * n * seconds
    resolution = time.get_clock_info("perf_counter").resolution
    assert n == RULE.max_iterations or resolution <= 1.000001 * share * n * seconds
    # … and not one more than needed.
    assert n == 1 or max(unseen, resolution) > 0.999999 * share * (n - 1) * seconds


@given(SECONDS)
def test_a_round_is_so_long_at_least_where_that_can_be_afforded(seconds: float) -> None:
    n = calibrate(seconds).iterations
    assert n == RULE.max_iterations or n * seconds >= 0.999999 * RULE.min_round_seconds
    assert n == 1 or (n - 1) * seconds < 1.000001 * RULE.min_round_seconds


@given(st.floats(1e-6, 10.0))
def test_short_work_is_also_done_before_the_clock_starts(seconds: float) -> None:
    before = calibrate(seconds).lead_in
    if seconds >= RULE.short_work_seconds:
        assert before == 0
    else:
        assert before * seconds >= 0.999999 * RULE.lead_in_seconds
        assert before == 1 or (before - 1) * seconds < 1.000001 * RULE.lead_in_seconds


def test_long_work_is_done_once_and_without_a_lead_in() -> None:
    assert calibrate(0.5, 1e-7) == Calibration(iterations=1, lead_in=0)


def test_work_is_done_no_oftener_than_can_be_afforded() -> None:
    assert calibrate(1e-5, affordable=20) == Calibration(iterations=20, lead_in=5)
    assert calibrate(1e-5, affordable=1) == Calibration(iterations=1, lead_in=1)


def test_a_clock_that_stands_still_gives_one() -> None:
    assert calibrate(0.0) == Calibration(iterations=1, lead_in=1)


def test_an_empty_kernel_takes_the_clock_once_and_the_wait_each_time() -> None:
    device = FakeDevice()

    def clock() -> float:
        device.now += 2.0**-10
        return device.now

    def waiting() -> None:
        device.now += ENQUEUE_SECONDS

    found = overhead(waiting, Instruments(clock))
    assert found == Overhead(2 * 2.0**-10, ENQUEUE_SECONDS)
    assert found.share(1.0, 4) == pytest.approx(2**-11 + ENQUEUE_SECONDS)


def test_an_empty_kernel_takes_less_than_one_that_does_something() -> None:
    def work() -> None:
        sum(range(10_000))

    empty, other = (overhead(one, Instruments()) for one in (empty_kernel, work))
    assert 0 <= empty.seconds_per_call < other.seconds_per_call
