from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import data
from bench.convergence import quadratic
from bench.convergence.quadratic import problem_of
from bench.convergence.rule import RULE


def test_it_is_that_of_the_gradients_of_all_samples_one_by_one() -> None:
    workload = data.load("synthetic-50x3")
    problem = problem_of(workload)
    delta = np.array([0.3, -0.2, 0.5, 0.1])
    theta = problem.optimum + delta
    x = np.column_stack([workload.features.astype(float), np.ones(50)])
    gradients = [
        row * (row @ theta - label) for row, label in zip(x, workload.labels, strict=True)
    ]
    G = np.mean(gradients, axis=0)
    trace = np.mean([(g - G) @ (g - G) for g in gradients])
    curved = np.mean([(g - G) @ problem.hessian @ (g - G) for g in gradients])
    simple, with_curvature = quadratic.at(problem, delta)
    assert simple == pytest.approx(trace / (G @ G), rel=1e-5)
    assert with_curvature == pytest.approx(curved / (G @ problem.hessian @ G), rel=1e-5)


def test_for_normal_features_theory_gives_the_same() -> None:
    problem = problem_of(data.load("synthetic-200000x4"))
    for scale in (0.02, 0.3, 2.0):
        delta = scale * np.array([0.5, -1.0, 0.25, 0.75, 1.0])
        exact, _ = quadratic.at(problem, delta)
        assert quadratic.if_normal(problem, delta) == pytest.approx(exact, rel=0.03)


def test_along_the_path_it_grows_and_the_path_ends_at_the_target() -> None:
    problem = problem_of(data.load("synthetic-500x4"))
    target = 0.01 * problem.loss
    path = quadratic.along(problem, target, 0.5)
    assert path.steps[0] == 0
    assert path.simple[-1] > 10 * path.simple[0]
    assert path.simple[0] < path.mean_simple < path.simple[-1]
    delta = -problem.optimum
    for _ in range(path.steps[-1]):
        delta = delta - 0.5 * problem.hessian @ delta
    assert problem.excess(delta) > target
    assert problem.excess(delta - 0.5 * problem.hessian @ delta) <= target


def test_of_a_long_path_only_some_points_are_given(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = problem_of(data.load("synthetic-500x4"))
    whole = quadratic.along(problem, 0.01 * problem.loss, 0.02)
    monkeypatch.setattr(quadratic, "RULE", replace(RULE, most_path_points=20))
    thin = quadratic.along(problem, 0.01 * problem.loss, 0.02)
    assert len(thin.steps) <= 20 < len(whole.steps)
    assert thin.mean_simple == pytest.approx(whole.mean_simple, rel=0.05)
