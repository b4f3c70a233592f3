from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from bench.history.machine_history import series_changes, series_steps
from bench.history.rule import RULE
from bench.history.series import History
from bench.stats.verdict import Margins

SPREAD = 0.01


def made(*shapes: Any, n_runs: int = 60) -> History:
    """Return a history of a run a day, of cases that go these ways."""
    rng = np.random.default_rng(n_runs)
    logs = SPREAD * rng.standard_normal((n_runs, len(shapes)))
    for column, shape in enumerate(shapes):
        logs[:, column] += [shape(day) for day in range(n_runs)]
    taken = pd.date_range("2026-01-01", periods=n_runs, freq="D", tz="UTC")
    fingerprint = [f'{{"kernel": "{6 if n < n_runs // 2 else 7}"}}' for n in range(n_runs)]
    runs = pd.DataFrame(
        {"run": [f"r{n}" for n in range(n_runs)], "taken": taken, "fingerprint": fingerprint}
    )
    series = pd.DataFrame({"key": [f"case{n}" for n in range(len(shapes))]})
    return History(runs, series, logs, np.isfinite(logs), {}, {}, 0)


def found(history: History) -> Any:
    return series_changes(history, series_steps(history, Margins()), Margins())


@pytest.mark.parametrize("n_runs", [60, 4 * RULE.most_blocks + 3])
def test_a_drift_is_no_row_of_steps(n_runs: int) -> None:
    history = made(lambda day: 0.3 * day / n_runs, lambda _: 0.0, n_runs=n_runs)
    changes, (drift,) = found(history)
    assert changes == ()
    assert drift.name == "case0"
    assert drift.low < np.exp(30 * 0.3 / n_runs) < drift.high
    assert drift.n_runs == n_runs
    assert drift.since == history.runs["taken"].iloc[0]


def test_steps_are_found_in_a_long_drift_and_not_told() -> None:
    n_runs = 4 * RULE.most_blocks + 3
    history = made(lambda day: 0.3 * day / n_runs, n_runs=n_runs)
    assert len(series_steps(history, Margins())["case0"]) > 1
    assert found(history)[0] == ()


@pytest.mark.parametrize("n_runs", [60, 4 * RULE.most_blocks + 3])
def test_a_step_is_no_drift_and_tells_what_changed(n_runs: int) -> None:
    half = n_runs // 2
    history = made(lambda _: 0.0, lambda day: 0.08 * (day >= half), n_runs=n_runs)
    (change,), drifts = found(history)
    assert drifts == ()
    assert (change.name, change.run) == ("case1", f"r{half}")
    assert change.low < np.exp(0.08) < change.high
    assert change.last_before == history.runs["taken"].iloc[half - 1]
    assert change.first_after == history.runs["taken"].iloc[half]
    assert change.what_changed == ("kernel: 6 to 7",)


def test_stairs_in_many_runs_are_steps_and_no_drift() -> None:
    n_runs = 4 * RULE.most_blocks + 3
    history = made(lambda day: 0.1 * (3 * day // n_runs), n_runs=n_runs)
    changes, drifts = found(history)
    assert drifts == ()
    assert [one.run for one in changes] == [f"r{2 * n_runs // 3}", f"r{n_runs // 3}"]


def test_runs_that_lack_a_case_are_passed_over() -> None:
    history = made(lambda day: 0.08 * (day >= 30))
    history.logs[[3, 8, 29, 30], 0] = np.nan
    (change,), _ = found(history)
    assert change.run == "r31"
    assert change.last_before == history.runs["taken"].iloc[28]


def test_the_newest_comes_first() -> None:
    history = made(lambda day: 0.08 * (day >= 20), lambda day: -0.08 * (day >= 40))
    changes, _ = found(history)
    assert [one.run for one in changes] == ["r40", "r20"]
