from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bench.stats.change_points import drift, partition, steps

if TYPE_CHECKING:
    from bench.stats.medians import Floats

MARGIN = float(np.log1p(0.015))
DAYS = np.arange(90.0)


def noise(seed: int = 0, spread: float = 0.01) -> Floats:
    rng = np.random.default_rng(seed)
    drawn: Floats = spread * rng.standard_t(3, len(DAYS)) / 3**0.5
    return drawn


def test_a_step_is_found_with_its_place_and_an_interval_that_holds_its_size() -> None:
    (found,) = steps(noise() + np.log(1.05) * (DAYS >= 50), MARGIN)
    assert abs(found.place - 50) <= 1
    assert found.low < np.log(1.05) < found.high
    assert found.low > 0


@pytest.mark.parametrize("seed", range(20))
def test_the_cuts_are_the_best_of_all_that_can_be_made(seed: int) -> None:
    rng = np.random.default_rng(seed)
    signal, price = rng.normal(size=11) + 3 * (np.arange(11) >= rng.integers(1, 11)), 2.0

    def cost(cuts: tuple[int, ...]) -> float:
        parts = np.split(signal, cuts)
        if min(map(len, parts)) < 2:
            return float("inf")
        return sum(float(((one - one.mean()) ** 2).sum()) for one in parts) + price * len(cuts)

    every = (cuts for n in range(5) for cuts in combinations(range(1, 11), n))
    assert tuple(partition(signal, 2, price)) == min(every, key=cost)


def test_a_step_down_and_up_are_two() -> None:
    between = (DAYS >= 30) & (DAYS < 60)
    found = steps(noise() - 0.08 * between, MARGIN)
    assert [abs(one.place - at) <= 1 for one, at in zip(found, (30, 60), strict=True)]
    assert [np.sign(one.size) for one in found] == [-1, 1]


@pytest.mark.parametrize("seed", range(10))
def test_chance_and_single_runs_make_no_step(seed: int) -> None:
    logs = noise(seed)
    logs[[20, 55]] += 0.4
    assert steps(logs, MARGIN) == ()


def test_a_step_within_the_margin_is_none() -> None:
    assert steps(noise(spread=0.001) + 0.01 * (DAYS >= 50), MARGIN) == ()


def test_few_runs_have_no_steps() -> None:
    assert steps(np.array([0.0, 0.0, 1.0, 1.0, 1.0]), MARGIN) == ()


def test_slow_drift_is_a_slope_and_no_steps_describe_it_better() -> None:
    logs = noise(spread=0.005) + 0.0004 * DAYS
    found = drift(logs, DAYS, steps(logs, MARGIN), MARGIN)
    assert found is not None
    assert found.low < 0.0004 < found.high
    assert found.total == pytest.approx(0.0004 * 89, rel=0.2)


def test_a_step_is_no_drift() -> None:
    logs = noise() + np.log(1.05) * (DAYS >= 45)
    assert drift(logs, DAYS, steps(logs, MARGIN), MARGIN) is None


@pytest.mark.parametrize("seed", range(10))
def test_chance_is_no_drift(seed: int) -> None:
    assert drift(noise(seed), DAYS, (), MARGIN) is None


def test_runs_that_are_like_their_neighbours_make_a_drift_less_certain() -> None:
    rng = np.random.default_rng(2)
    alike = np.zeros(len(DAYS))
    for day in range(1, len(DAYS)):
        alike[day] = 0.7 * alike[day - 1] + 0.004 * rng.standard_normal()
    widths = []
    for logs in (alike, rng.permutation(alike)):
        found = drift(logs + 0.002 * DAYS, DAYS, (), MARGIN)
        assert found is not None
        widths.append(found.high - found.low)
    assert widths[0] > 1.3 * widths[1]
