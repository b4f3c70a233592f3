from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import data
from bench.convergence import tuning
from bench.convergence.quadratic import Problem, problem_of
from bench.convergence.rule import RULE
from bench.convergence.tuning import Setting, start_rate, tune
from kernels.rule import VELOCITY_OF_GRADIENTS

FEW_SEEDS = replace(RULE, most_seeds=32, grid_seeds=16)


@pytest.fixture(autouse=True)
def _few_seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "RULE", FEW_SEEDS)


@pytest.fixture
def problem() -> Problem:
    return problem_of(data.load("synthetic-200x3"))


def test_with_all_samples_the_best_rate_is_that_of_gradient_descent(problem: Problem) -> None:
    tuned = tune(problem, 200, Setting())
    largest = np.linalg.eigvalsh(problem.hessian)[-1]
    best = tuned.fine.rates[tuned.fine.best]
    assert 0.7 / largest < best < 2.0 / largest
    assert not tuned.edge


def test_the_best_is_never_on_the_edge_of_what_was_tried(problem: Problem) -> None:
    for size in (1, 10, 200):
        tuned = tune(problem, size, Setting())
        for tried in (tuned.grid, tuned.fine):
            assert tried.best not in {None, 0, len(tried.rates) - 1}


@pytest.mark.parametrize("factor", [2.0**-9, 2.0**9])
def test_a_bad_start_is_left_behind(
    problem: Problem, factor: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = tune(problem, 10, Setting())
    monkeypatch.setattr(tuning, "start_rate", lambda *given: factor * start_rate(*given))
    moved = tune(problem, 10, Setting())
    assert not moved.edge
    assert np.nanmin(moved.fine.steps) == pytest.approx(np.nanmin(there.fine.steps), rel=0.1)


def test_an_edge_that_can_not_be_left_is_said(
    problem: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tuning, "RULE", replace(FEW_SEEDS, most_moves=1))
    monkeypatch.setattr(tuning, "start_rate", lambda *given: 2.0**-7 * start_rate(*given))
    assert tune(problem, 10, Setting()).edge


def test_what_takes_too_long_is_a_miss(problem: Problem) -> None:
    tuned = tune(problem, 10, Setting(tolerance=1e-4, most_epochs=1))
    assert tuned.fine.best is None
    assert np.isnan(tuned.fine.steps).all()
    assert tuned.fine.cap == 20
    assert not tuned.edge


def test_small_batches_have_more_seeds_and_none_fewer_than_ten(problem: Problem) -> None:
    assert tuning.n_seeds(problem, 1) == FEW_SEEDS.most_seeds
    assert tuning.n_seeds(problem, 10**6) == RULE.fewest_seeds >= 10
    wide = problem_of(data.load("synthetic-600x500"))
    assert tuning.n_seeds(wide, 1) == RULE.fewest_seeds


def test_momentum_has_its_own_best_rate(problem: Problem) -> None:
    plain = tune(problem, 10, Setting())
    moved = tune(problem, 10, Setting(rule=VELOCITY_OF_GRADIENTS))
    assert moved.fine.rates[moved.fine.best] < 0.5 * plain.fine.rates[plain.fine.best]
