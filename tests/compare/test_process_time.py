"""What a process says of a case does not depend on what disturbed it."""

from __future__ import annotations

import numpy as np
import pytest

from bench.compare.paired import Rounds, process_time


def test_it_is_the_median_of_the_undisturbed_rounds() -> None:
    seconds = [1.0, 9.0, 1.2, 9.0, 1.1, 9.0, 1.3, 9.0, 0.9, 9.0]
    assert process_time(Rounds(seconds, (1, 3, 5, 7, 9))) == 1.1


def test_without_any_disturbance_it_is_the_median_however_few_there_are() -> None:
    assert process_time(Rounds([1.0, 2.0, 9.0])) == 2.0
    assert process_time(Rounds([4.0])) == 4.0


def test_with_too_few_undisturbed_rounds_it_is_the_lower_quartile() -> None:
    seconds = [1.0, 2.0, 3.0, 4.0, 5.0]
    assert process_time(Rounds(seconds, (4,))) == 2.0
    assert process_time(Rounds(seconds, range(5))) == 2.0


@pytest.mark.parametrize("share", [0.3, 0.5, 0.6])
def test_a_neighbour_moves_it_little_however_often_it_works(share: float) -> None:
    rng = np.random.default_rng(0)
    times = []
    for _ in range(200):
        busy = rng.random(40) < share
        seconds = (1 + 0.01 * rng.standard_normal(40)) * np.where(busy, 1.8, 1.0)
        times.append(process_time(Rounds(list(seconds), list(np.flatnonzero(busy)))))
    assert np.std(times) < 0.01
