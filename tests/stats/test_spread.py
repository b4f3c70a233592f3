from __future__ import annotations

import numpy as np
import pytest

from bench.stats.medians import earlier, lag1_autocorrelation


def test_of_normal_runs_level_and_spread_are_those_of_the_distribution() -> None:
    logs = 3.0 + 0.02 * np.random.default_rng(0).standard_normal((30, 2000))
    told = earlier(logs)
    assert np.mean(told.level) == pytest.approx(3.0, abs=1e-3)
    assert np.sqrt(np.mean(told.std**2)) == pytest.approx(0.02, rel=0.06)
    assert set(told.dof) == {17.0}


def test_some_runs_that_went_astray_move_little() -> None:
    logs = 0.01 * np.random.default_rng(1).standard_normal((30, 500))
    clean = earlier(logs)
    logs[[3, 9, 20]] += 1.0
    told = earlier(logs)
    assert np.max(np.abs(told.level - clean.level)) < 0.01
    assert np.median(told.std / clean.std) < 1.4


def test_a_spread_that_is_small_by_luck_is_widened_by_what_is_usual() -> None:
    logs = 0.01 * np.random.default_rng(2).standard_normal((10, 50))
    logs[:, 0] *= 0.01
    told = earlier(logs)
    assert told.std[0] > 0.003
    assert earlier(logs[:, :1]).std[0] < 0.0003


def test_runs_that_lack_a_series_do_not_count() -> None:
    logs = 0.01 * np.random.default_rng(3).standard_normal((12, 2))
    logs[4:, 1] = np.nan
    told = earlier(logs)
    assert told.n.tolist() == [12, 4]
    assert told.level[1] == pytest.approx(np.mean(logs[:4, 1]))


def test_successive_runs_that_are_alike_are_told_from_those_that_are_not() -> None:
    rng = np.random.default_rng(4)
    alone = rng.standard_normal((40, 30))
    alike = np.cumsum(alone, axis=0)
    assert lag1_autocorrelation(alone) < 0.15
    assert lag1_autocorrelation(alike) > 0.6
    assert lag1_autocorrelation(alone[:3]) == 0.0
