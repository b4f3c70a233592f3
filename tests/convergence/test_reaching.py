from __future__ import annotations

import numpy as np
import pytest

from bench.convergence.trajectories import reached_at


def reached(losses: list[float], target: float = 1.0) -> float:
    curve = np.array(losses)
    sums = np.concatenate([[0.0], np.cumsum(curve[1:])])
    return float(reached_at(np.arange(len(curve)), curve, sums, target))


def test_the_crossing_lies_between_two_steps_as_an_exponential_has_it() -> None:
    # 4, 2, 1/2, 1/8, …: from step 1 to step 2 the loss falls by 4, half of that to 1.
    assert reached([4.0, 2.0, 0.5, 0.125, 0.1, 0.1]) == pytest.approx(1.5)


def test_a_dip_does_not_count_where_the_loss_comes_back_on_average() -> None:
    dipping = [8.0, 4.0, 0.9, 3.0, 3.0, 2.0, 0.9, *[0.8] * 10]
    assert reached(dipping) == pytest.approx(6.0, abs=1.0)
    assert reached(dipping) > 5.0


def test_a_loss_that_swings_a_little_around_a_mean_below_the_target_is_there() -> None:
    swinging = [8.0, 4.0, 0.9, 1.05, 0.8, 1.05, 0.8, 1.05, 0.8]
    assert reached(swinging) == pytest.approx(2.0, abs=1.0)
    assert reached(swinging) <= 2.0


def test_what_is_not_looked_at_for_as_many_steps_again_is_not_known() -> None:
    assert np.isnan(reached([8.0, 4.0, 2.0, 0.9, 0.8]))
    assert not np.isnan(reached([8.0, 4.0, 2.0, 0.9, 0.8, 0.8, 0.8]))


def test_a_miss_and_a_divergence_are_never_there() -> None:
    assert np.isnan(reached([8.0] * 50))
    assert np.isnan(reached([8.0, 0.5, np.inf, np.inf, np.inf]))


def test_a_start_at_the_target_takes_no_step() -> None:
    assert reached([0.5, 0.4, 0.3]) == 0.0


def test_looking_more_rarely_changes_little() -> None:
    rng = np.random.default_rng(0)
    steps = np.arange(4001)
    curve = 100 * np.exp(-steps / 150) + 0.6 * rng.chisquare(5, 4001) / 5
    sums = np.concatenate([[0.0], np.cumsum(curve[1:])])
    often = float(reached_at(steps, curve, sums, 1.0))
    rare = float(reached_at(steps[::10], curve[::10], sums[::10], 1.0))
    assert rare == pytest.approx(often, rel=0.15)
