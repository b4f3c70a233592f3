"""The 95% intervals of the fits hold what they say: made-up data from known parameters."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bench.advise import statistical_cost, step_cost
from bench.advise.time_to_target import advise
from tests.advise.made_up_trainings import (
    N_SAMPLES,
    SIZES,
    WITH,
    WITHOUT,
    noisy,
    step_count,
    step_time,
    steps_table,
)

if TYPE_CHECKING:
    from bench.advise.statistical_cost import StepCount, StepTime
    from bench.stats.estimate import Estimate

pytestmark = pytest.mark.slow
N_TRIALS = 200
NOISE = 0.03
N_DRAWS = 600


def holds(estimate: Estimate | None, truth: float) -> bool:
    return estimate is not None and estimate.low <= truth <= estimate.high


def best_size(step: StepTime, count: StepCount) -> float:
    sizes = np.geomspace(1, N_SAMPLES, 200_001)
    return float(sizes[np.argmin(count.steps(sizes) * step.seconds(sizes))])


def covered(step: StepTime, count: StepCount, known_noise: float | None) -> dict[str, float]:
    """Return the share of the trials whose interval held the truth, by quantity."""
    rng, hits = np.random.default_rng(1), Counter[str]()
    truth = {
        "n_half": float(step.n_half),
        "r_inf": float(step.r_inf),
        "s_min": float(count.s_min),
        "b_noise": float(count.b_noise),
        "b_star": best_size(step, count),
    }
    for _ in range(N_TRIALS):
        times = noisy(step.epoch_seconds(SIZES, N_SAMPLES), NOISE, rng)
        rows = steps_table(
            SIZES,
            noisy(count.steps(SIZES), NOISE, rng),
            np.nan if known_noise is None else 1.96 * known_noise,
        )
        cost = step_cost.fit(SIZES, times, N_SAMPLES, known_noise, N_DRAWS)
        steps = statistical_cost.fit(rows, N_SAMPLES, count.sampling, N_DRAWS)
        found = {
            "n_half": cost.n_half,
            "r_inf": cost.r_inf,
            "s_min": steps.s_min,
            "b_noise": steps.b_noise,
            "b_star": advise(cost, steps, (1,), N_SAMPLES).b_star,
        }
        hits.update(name for name, value in found.items() if holds(value, truth[name]))
    return {name: hits[name] / N_TRIALS for name in truth}


@pytest.mark.parametrize(
    ("step", "count", "known_noise"),
    [
        pytest.param(step_time(20e-6, 1e-6), step_count(100, 50, WITH), None, id="n_half 20"),
        pytest.param(
            step_time(300e-6, 1e-6), step_count(30, 500, WITHOUT), NOISE, id="n_half 300"
        ),
        pytest.param(
            step_time(-10e-6, 1e-6, 40), step_count(100, 50, WITH), None, id="plateau"
        ),
    ],
)
def test_intervals_hold_the_truth_as_often_as_they_say(
    step: StepTime, count: StepCount, known_noise: float | None
) -> None:
    shares = covered(step, count, known_noise)
    assert all(0.90 <= share <= 0.99 for share in shares.values()), shares
