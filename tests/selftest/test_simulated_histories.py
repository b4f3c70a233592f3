"""The rule on simulated histories: few, quick, and the same each time."""

from __future__ import annotations

import numpy as np
import pytest

from bench.selftest.rule import RULE
from bench.selftest.simulation import NOTHING, OF_KERNEL, OF_MEMORY, outcome_of, simulate
from tests.history.made_up_histories import all_watched, noise

WATCHED = all_watched()
RECORDED = noise(40, 0.008, seed=5)
HISTORIES = 12


@pytest.mark.slow
@pytest.mark.parametrize("kind", [OF_MEMORY, OF_KERNEL])
def test_a_step_of_5_percent_is_found_as_what_it_is(kind: str) -> None:
    rng = np.random.default_rng(1)
    found = [
        outcome_of(simulate(RECORDED, WATCHED, kind, rng), WATCHED, kind)
        for _ in range(HISTORIES)
    ]
    assert sum(one.found for one in found) >= HISTORIES - 1
    assert not any(one.false_alarm or one.blamed_wrongly for one in found)


@pytest.mark.slow
def test_nothing_is_found_where_nothing_happens() -> None:
    rng = np.random.default_rng(2)
    for _ in range(HISTORIES // 2):
        history = simulate(RECORDED, WATCHED, NOTHING, rng)
        assert not outcome_of(history, WATCHED, NOTHING).false_alarm


def test_a_history_is_made_of_whole_runs_in_blocks_and_confirmed_by_the_next() -> None:
    recorded = np.arange(30.0)[:, None] * np.ones(len(WATCHED.margins))
    history = simulate(recorded, WATCHED, OF_KERNEL, np.random.default_rng(3))
    before = history.logs[: history.step]
    assert len(history.logs) == RULE.n_runs
    assert np.all(before == before[:, :1])
    following = np.diff(before[:, 0]) % 30
    assert np.mean(following == 1) > 0.7
    for n, fresh in enumerate(history.fresh, start=1):
        assert np.all((fresh[: history.step : 2] - before[::2]) % 30 == n)
    later = history.logs[history.step :]
    assert np.allclose(later[:, history.stepped] % 1, np.log1p(RULE.step))
    assert np.allclose(later[:, ~history.stepped] % 1, 0)
    assert history.step <= RULE.n_runs - RULE.within_runs
