from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import data
from bench.convergence import step_counts as module
from bench.convergence.quadratic import problem_of
from bench.convergence.rule import RULE
from bench.convergence.trajectories import Ensemble
from bench.convergence.tuning import Setting

if TYPE_CHECKING:
    import pytest


def test_steps_are_counted_with_seeds_that_chose_no_rate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counting: list[int] = []

    class Noted(Ensemble):
        def __init__(self, problem: Any, size: int, rates: Any, seeds: Any, how: Any) -> None:
            counting.extend(seeds)
            super().__init__(problem, size, rates, seeds, how)

    monkeypatch.setattr("bench.convergence.tuning.RULE", replace(RULE, most_seeds=16))
    monkeypatch.setattr(module, "Ensemble", Noted)
    problem = problem_of(data.load("synthetic-60x3"))
    needed = module.steps_to_target(problem, 60, Setting(seed=3), None)
    assert counting
    assert {*counting}.isdisjoint(range(3, 3 + needed.seeds))
