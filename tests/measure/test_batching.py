"""How often work is done in a round, and what an empty kernel takes."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.measure.calibration import (
    LARGEST_SHARE,
    MOST_ITERATIONS,
    ROUND_SECONDS,
    Overhead,
    empty_kernel,
    iterations,
    leads_in,
    overhead,
)
from bench.measure.rounds import Instruments
from tests.measure.fake_device import ENQUEUE_SECONDS, FakeDevice

SECONDS = st.floats(1e-8, 10.0)


@given(SECONDS, st.floats(0.0, 1e-5))
def test_the_clock_takes_at_most_a_thousandth_of_a_round(seconds: float, unseen: float) -> None:
    n = iterations(Overhead(unseen, 0.0), seconds, affordable=1)
    assert n == MOST_ITERATIONS or unseen <= 1.000001 * LARGEST_SHARE * n * seconds
    resolution = time.get_clock_info("perf_counter").resolution
    assert n == MOST_ITERATIONS or resolution <= 1.000001 * LARGEST_SHARE * n * seconds
    # … and not one more than needed.
    assert n == 1 or max(unseen, resolution) > 0.999999 * LARGEST_SHARE * (n - 1) * seconds


@given(SECONDS)
def test_a_round_is_so_long_at_least_where_that_can_be_afforded(seconds: float) -> None:
    n = iterations(Overhead(0.0, 0.0), seconds)
    assert n == MOST_ITERATIONS or n * seconds >= 0.999999 * ROUND_SECONDS
    assert n == 1 or (n - 1) * seconds < 1.000001 * ROUND_SECONDS


def test_long_work_is_done_once_and_without_a_run_up() -> None:
    assert iterations(Overhead(1e-7, 0.0), 0.5) == 1
    assert not leads_in(0.5)
    assert leads_in(1e-4)


def test_a_clock_that_stands_still_gives_one() -> None:
    assert iterations(Overhead(0.0, 0.0), 0.0) == 1


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
