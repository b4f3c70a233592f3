"""What a run says of a case, of what its processes say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from bench.history.run_times import by_medians, fastest_mean, log_matrix, log_times


def log_time(processes: list[float]) -> float:
    return float(fastest_mean(log_matrix([processes]))[0])


@pytest.mark.parametrize(
    ("processes", "seconds"),
    [
        ([3.0], 3.0),
        ([4.0, 1.0], 2.0),
        ([1.0, 9.0, 2.0], 2.0),
        ([9.0, 1.0, 4.0, 8.0], 2.0),
        ([9.0, 1.0, 8.0, 4.0, 16.0], 2.0),
        ([9.0, 2.0, 1.0, 8.0, 4.0, 9.0, 9.0], 2.0),
    ],
)
def test_of_four_and_more_the_fastest_third_counts(
    processes: list[float], seconds: float
) -> None:
    assert log_time(processes) == pytest.approx(np.log(seconds))


def test_processes_in_a_slow_state_move_nothing_and_a_slower_machine_all() -> None:
    calm = [1.0, 1.01, 0.99, 1.0, 1.02]
    assert log_time([*calm[:3], 1.3, 1.3]) == pytest.approx(log_time(calm), abs=0.005)
    slower = [1.05 * one for one in calm]
    assert log_time(slower) - log_time(calm) == pytest.approx(np.log(1.05))


def table(*rows: dict[str, Any]) -> pd.DataFrame:
    plain = {
        "key": "a",
        "seconds": 5.0,
        "process_seconds": [5.0],
        "process_fifth_percentiles": [],
    }
    made: pd.DataFrame = pd.DataFrame([plain | row for row in rows])
    return made


def test_fast_rounds_count_where_every_run_has_them() -> None:
    told = table(
        {"process_seconds": [3.0, 3.0], "process_fifth_percentiles": [2.0, 2.0]},
        {"process_seconds": [4.0, 4.0], "process_fifth_percentiles": [3.0, 3.0]},
    )
    assert by_medians(told) == set()
    assert np.exp(log_times(told, ())).tolist() == pytest.approx([2.0, 3.0])


def test_fast_rounds_are_never_compared_with_medians() -> None:
    told = table(
        {"process_seconds": [3.0, 3.0], "process_fifth_percentiles": [2.0, 2.0]},
        {"process_seconds": [4.0, 4.0]},
        {"key": "b", "process_seconds": [8.0, 8.0], "process_fifth_percentiles": [7.0, 7.0]},
    )
    plain = by_medians(told)
    assert plain == {"a"}
    assert np.exp(log_times(told, plain)).tolist() == pytest.approx([3.0, 4.0, 7.0])


def test_a_single_process_is_told_by_its_median_and_nothing_by_nothing() -> None:
    told = table({}, {"key": "b", "seconds": np.nan}, {"key": "c", "seconds": 0.0})
    logs = log_times(told, by_medians(told))
    assert np.exp(logs[0]) == pytest.approx(5.0)
    assert np.isnan(logs[1:]).all()
