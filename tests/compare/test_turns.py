"""What a pair of processes says does not depend on what disturbed either of them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bench.compare.paired import Rounds, difference


def test_turns_next_to_one_another_are_compared() -> None:
    first = Rounds([1.0, 1.0, 2.0, 2.0, 3.0], (2, 2, 1))
    second = Rounds([1.1, 1.1, 2.2, 2.2, 3.3], (2, 2, 1))
    assert difference(first, second) == pytest.approx(math.log(1.1))


def test_a_turn_is_its_lower_quartile_and_a_pair_the_median_of_its_turns() -> None:
    calm, disturbed = [1.0] * 4, [1.0, 1.0, 9.0, 9.0]
    first = Rounds([*calm, *calm, *calm], (4, 4, 4))
    second = Rounds([*disturbed, *calm, *([7.0] * 4)], (4, 4, 4))
    assert difference(first, second) == 0.0


def test_without_turns_all_rounds_are_one() -> None:
    assert difference(Rounds([4.0]), Rounds([5.0])) == pytest.approx(math.log(1.25))
    assert difference(Rounds([4.0, 4.0]), Rounds([5.0, 9.0], (1,))) > 0


def test_a_turn_without_rounds_is_none() -> None:
    assert difference(Rounds([1.0, 2.0], (1, 1)), Rounds([1.0, 2.0], (1, 0, 1))) == 0.0


def test_a_time_of_zero_says_nothing() -> None:
    assert math.isnan(difference(Rounds([1.0]), Rounds([0.0])))


def test_a_neighbour_who_comes_and_goes_moves_it_little() -> None:
    """For a turn or two it makes all of them 1.8 times as long, of either side alike."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(200):
        busy = np.repeat(rng.random(10) < 0.5, 4)
        sides = [
            list((1 + 0.01 * rng.standard_normal(40)) * np.where(busy, 1.8, 1.0))
            for _ in range(2)
        ]
        found.append(difference(*(Rounds(side, (4,) * 10) for side in sides)))
    assert np.std(found) < 0.01
