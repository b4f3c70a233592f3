"""The warm-up rule, replayed on recorded times with known answers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.measure.calibration import call_until_settled, settled


def replay(*seconds: float) -> tuple[int, bool]:
    """Return how many calls the rule makes of recorded ones, and whether they settled."""
    recorded = iter(seconds)
    calls = call_until_settled(lambda: next(recorded))
    return calls.calls, calls.settled


@pytest.mark.parametrize(
    ("seconds", "answer"),
    [
        # nothing to warm up
        ((1.0, 1.0, 1.0, 1.0), (3, True)),
        # compiled at the first call, as torch.compile and jax.jit do
        ((0.9, 0.001, 0.001, 0.001, 0.001), (4, True)),
        # compiled at the first two, as for two shapes
        ((0.9, 0.8, 0.001, 0.001, 0.001, 0.001), (5, True)),
        # caches fill: each call a fifth faster, until it is not
        ((1.0, 0.8, 0.64, 0.51, 0.5, 0.5, 0.5), (6, True)),
        # a disturbed call: two quiet ones more
        ((1.0, 1.0, 1.9, 1.0, 1.0), (5, True)),
        # never
        (tuple(0.5**n for n in range(10)), (10, False)),
        (tuple(2.0**n for n in range(10)), (10, False)),
    ],
)
def test_recorded_times(seconds: tuple[float, ...], answer: tuple[int, bool]) -> None:
    assert replay(*[value / 1000 for value in seconds]) == answer


def test_the_settled_time_is_that_of_the_last_calls() -> None:
    recorded = iter((9.0, 1.1, 1.0, 1.05, 1.0))
    calls = call_until_settled(lambda: next(recorded) / 1000)
    assert calls.calls == 4
    assert calls.seconds == pytest.approx(0.01215)
    assert calls.settled_seconds == 0.001


def test_work_that_takes_longer_than_the_rule_has_time_for_is_called_once() -> None:
    calls = call_until_settled(lambda: 7.0)
    assert (calls.calls, calls.seconds, calls.settled) == (1, 7.0, False)


def test_a_gpu_that_wakes_is_waited_for_and_no_longer_than_all_may_take() -> None:
    waking = iter([True] * 40 + [False])
    calls = call_until_settled(lambda: 1e-3, lambda: next(waking))
    assert (calls.calls, calls.settled) == (43, True)  # asked from the third call on
    forever = call_until_settled(lambda: 0.5, lambda: True)
    assert (forever.calls, forever.seconds) == (7, 3.5)


@given(st.lists(st.floats(1e-6, 1e3), min_size=3, max_size=12), st.floats(1e-3, 1e3))
def test_the_rule_does_not_depend_on_the_unit(seconds: list[float], factor: float) -> None:
    # Away from the two limits, where the last digit decides.
    best = min(seconds[:-2])
    if any(abs(one / best - limit) < 1e-9 for one in seconds[-2:] for limit in (0.9, 1.25)):
        return
    assert settled([factor * one for one in seconds]) == settled(seconds)
