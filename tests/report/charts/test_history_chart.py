"""Each case over time: the page holds what the runs held."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from bench.report.charts.history import history_chart


def points(n_runs: int = 3) -> tuple[pd.DataFrame, pd.DataFrame]:
    taken = pd.date_range("2026-01-01", periods=n_runs, freq="D", tz="UTC")
    rows = [
        {
            "key": name,
            "name": name,
            "run": f"r{number}",
            "taken": taken[number],
            "seconds": seconds * (1 + number / 7),
            "low": seconds * (1 + number / 7) * 0.98 if name == "a" else np.nan,
            "high": seconds * (1 + number / 7) * 1.02 if name == "a" else np.nan,
        }
        for name, seconds in (("a", 1.23456789e-5), ("b", 2e3))
        for number in range(n_runs)
        if not (name == "b" and number == 1)
    ]
    runs = pd.DataFrame(
        {"run": [f"r{n}" for n in range(n_runs)], "taken": taken, "commit": ["c" * 40] * n_runs}
    )
    return pd.DataFrame(rows), runs


def test_a_number_a_case_and_run_with_its_interval() -> None:
    chart = history_chart(*points())
    assert chart is not None
    assert chart.history is not None
    history = json.loads(json.dumps(chart.history, allow_nan=False))
    assert history["cases"] == ["a", "b"]
    assert [run["run"] for run in history["runs"]] == ["r0", "r1", "r2"]
    assert history["seconds"] == [
        [1.23457e-05, 1.41093e-05, 1.5873e-05],
        [2000.0, None, 2571.43],
    ]
    assert history["half_width_bp"] == [[200, 200, 200], [None, None, None]]


def test_one_run_is_no_history() -> None:
    assert history_chart(*points(1)) is None
