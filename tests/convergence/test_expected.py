from __future__ import annotations

import numpy as np
import pytest

import data
from bench.convergence.quadratic import Problem, problem_of
from bench.convergence.trajectories import Ensemble
from bench.convergence.tuning import Moments, Setting


@pytest.fixture(scope="module")
def problem() -> Problem:
    return problem_of(data.load("synthetic-300x3"))


def test_it_is_the_mean_of_many_trainings(problem: Problem) -> None:
    size, eta, n_steps, n_seeds = 4, 0.05, 60, 3000
    ensemble = Ensemble(
        problem, size, [eta], range(n_seeds), Setting(sampling="with-replacement")
    )
    ensemble.advance(n_steps)
    losses = ensemble.losses[n_steps][:, 0]
    mean, error = losses.mean(), losses.std() / np.sqrt(n_seeds)
    # The step at which the expectation is where the mean of the trainings is.
    later = Moments(problem).steps(size, eta, mean - 4 * error)
    sooner = Moments(problem).steps(size, eta, mean + 4 * error)
    assert sooner is not None
    assert later is not None
    assert sooner < n_steps < later


def test_halving_finds_the_same_step_as_counting(problem: Problem) -> None:
    moments, size, eta = Moments(problem), 8, 0.1
    target = 0.02 * problem.loss
    found = moments.steps(size, eta, target)
    assert found is not None
    once = np.eye(len(moments._loss)) - eta * moments._linear
    once += eta**2 * ((1 - 1 / size) * moments._full + moments._noise / size)
    state, count = moments.start(), 0
    while moments._loss @ state > target:
        state, count = once @ state, count + 1
    assert count - 1 < found <= count


def test_a_rate_whose_noise_is_above_the_target_never_gets_there(problem: Problem) -> None:
    moments = Moments(problem)
    assert moments.steps(1, 0.3, 0.01 * problem.loss) is None
    assert moments.steps(1, 30.0, 0.01 * problem.loss) is None


def test_the_best_rate_is_better_than_its_neighbours(problem: Problem) -> None:
    moments, target = Moments(problem), 0.01 * problem.loss
    rate, steps = moments.best(10, 1e-4, target)
    assert steps is not None
    for factor in (0.8, 1.25):
        other = moments.steps(10, factor * rate, target)
        assert other is None or other > steps
