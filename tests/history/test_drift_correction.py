"""A case that had its turn while the processor was slow is not a slower case."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from bench.history.run_times import correct_drift, log_times

if TYPE_CHECKING:
    from bench.stats.medians import Floats

N_RUNS, N_PROCESSES = 10, 12
#: How much of what the yardstick is slower by each case is; and how much slower the yardstick
#: always is beside it.
OTHERS = [f"other-{n}" for n in range(30)]
SHARES = {"a": 1.0, "b": 1.0, "c": 0.5, "d": 0.0, **dict.fromkeys(OTHERS, 1.0)}
OFFSETS = {**dict.fromkeys(SHARES, 0.0), "c": 0.1}
OWN, OF_MOMENT = 0.003, 0.06


def made(seed: int = 0, slower: float = 0.0, since: int = N_RUNS) -> pd.DataFrame:
    """Return runs in which each case meets a processor of another speed in each process."""
    rng = np.random.default_rng(seed)
    rows = []
    for run in range(N_RUNS):
        for key, share in SHARES.items():
            moment = OF_MOMENT * rng.standard_normal(N_PROCESSES)
            own = OWN * rng.standard_normal(N_PROCESSES)
            step = slower if key == "a" and run >= since else 0.0
            rows.append(
                {
                    "run": f"run-{run}",
                    "key": key,
                    "process_fifth_percentiles": np.exp(share * moment + own + step).tolist(),
                    "process_yardsticks": np.exp(moment + OFFSETS[key] - 8).tolist(),
                    "seconds": 1.0,
                    "process_seconds": [1.0] * N_PROCESSES,
                }
            )
    table: pd.DataFrame = pd.DataFrame(rows)
    return table


def of(table: pd.DataFrame, key: str, logs: Floats) -> Floats:
    chosen: Floats = logs[(table["key"] == key).to_numpy()]
    return chosen


def test_when_a_case_had_its_turn_is_taken_out() -> None:
    table = made()
    as_they_are = log_times(table, ())
    logs, known = correct_drift(table, as_they_are, ())
    for key, share in SHARES.items():
        assert known.shares[key] == pytest.approx(share, abs=0.1)
    assert known.offsets["c"] - known.offsets["a"] == pytest.approx(0.1, abs=0.03)
    for key in "ab":
        assert np.std(of(table, key, logs)) < 0.5 * np.std(of(table, key, as_they_are))
    assert np.std(of(table, "d", logs)) < 1.5 * np.std(of(table, "d", as_they_are))


def test_a_step_stays_as_large_as_it_is() -> None:
    table = made(slower=0.05, since=5)
    logs = of(table, "a", correct_drift(table, log_times(table, ()), ())[0])
    assert logs[5:].mean() - logs[:5].mean() == pytest.approx(0.05, abs=0.015)


def test_what_all_cases_of_a_run_share_stays() -> None:
    table = made()
    last = table["run"] == f"run-{N_RUNS - 1}"
    for name in ("process_fifth_percentiles", "process_yardsticks"):
        table.loc[last, name] = table.loc[last, name].map(lambda told: [1.2 * x for x in told])
    logs, _ = correct_drift(table, log_times(table, ()), ())
    for key in "ab":
        told = of(table, key, logs)
        assert told[-1] - told[:-1].mean() == pytest.approx(np.log(1.2), abs=0.04)


def test_what_is_measured_again_is_steadied_by_what_earlier_runs_say() -> None:
    _, known = correct_drift(made(), log_times(made(), ()), ())
    anew = made(seed=1)
    anew = anew[anew["run"] == "run-0"].reset_index(drop=True)
    logs, told = correct_drift(anew, log_times(anew, ()), (), known)
    assert told is known
    assert of(anew, "a", logs)[0] == pytest.approx(0.0, abs=0.03)


@pytest.mark.parametrize("lacking", [[], [1.0] * 3, [1.0] * 11, [0.0] * N_PROCESSES, None])
def test_a_case_of_which_a_run_has_no_yardstick_stays_as_it_is(lacking: object) -> None:
    table = made()
    place = int(np.flatnonzero((table["key"] == "a").to_numpy())[3])
    told: list[object] = table["process_yardsticks"].tolist()
    told[place] = lacking
    table = table.assign(process_yardsticks=pd.Series(told, dtype=object))
    as_they_are = log_times(table, ())
    logs, known = correct_drift(table, as_they_are, ())
    assert of(table, "a", logs).tolist() == of(table, "a", as_they_are).tolist()
    assert set(known.shares) == {*SHARES} - {"a"}


def test_without_any_yardstick_all_stays_as_it_is() -> None:
    table = made()
    nothing: list[object] = [[] for _ in range(len(table))]
    table = table.assign(process_yardsticks=pd.Series(nothing, dtype=object))
    as_they_are = log_times(table, ())
    logs, known = correct_drift(table, as_they_are, ())
    assert logs is as_they_are
    assert not known.shares


def test_cases_told_by_medians_are_left_alone() -> None:
    table = made()
    as_they_are = log_times(table, {"a"})
    logs, known = correct_drift(table, as_they_are, {"a"})
    assert of(table, "a", logs).tolist() == of(table, "a", as_they_are).tolist()
    assert "a" not in known.shares
