from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from bench.history.long_term import long_term, tell
from bench.history.machine_history import history_table, series_steps
from bench.history.pools import watched
from bench.history.reading import choose
from bench.stats.verdict import Margins
from tests.history.stored_history import (
    FINGERPRINT,
    NAMES,
    document,
    factors,
    history,
    is_kernel,
    is_memory,
    store,
)

if TYPE_CHECKING:
    from pathlib import Path

KERNEL = next(name for name in NAMES if is_kernel(name))


def test_every_run_of_a_case_has_its_band_its_mark_and_its_step(tmp_path: Path) -> None:
    made = choose(history(tmp_path, 30, is_kernel, 0.06, since=21), [tmp_path]).history
    table = history_table(made, Margins(), series_steps(made, Margins()))
    assert len(table) == 30 * len(NAMES)
    one = table[table["key"] == KERNEL].reset_index(drop=True)
    assert one["taken"].is_monotonic_increasing
    assert one["low"].isna().tolist() == [True] * 5 + [False] * 25
    assert (one["mark"][:5] == "").all()
    assert (one["mark"][5:20] == "within").sum() >= 13
    assert one["mark"][20] == "slower"
    (step,) = np.flatnonzero(one["step"].notna())
    assert step == 20
    assert one["step"][step] == pytest.approx(1.06, abs=0.01)
    assert one["step_low"][step] < 1.06 < one["step_high"][step]


def test_a_run_that_lacks_a_case_has_no_row_and_a_disturbed_one_no_time(tmp_path: Path) -> None:
    history(tmp_path, 3)
    content = document(4, {name: one for name, one in factors(4).items() if name != KERNEL})
    store(tmp_path, 4, content)
    content = document(5, factors(5))
    content["benchmarks"][0]["extra_info"]["disturbed_rounds"] = 9
    made = choose(store(tmp_path, 5, content), [tmp_path]).history
    table = history_table(made, Margins(), series_steps(made, Margins()))
    one = table[table["key"] == KERNEL]
    assert one["run"].tolist() == ["run-001", "run-002", "run-003", "run-005"]
    assert one["seconds"].isna().tolist() == [False, False, False, True]


def test_a_step_says_what_changed_between_its_runs(tmp_path: Path) -> None:
    for day in range(1, 31):
        late = day > 15
        facts = {**FINGERPRINT, "kernel": "Linux 6.8" if late else "Linux 6.1"}
        volatile = {"cpu_clock_mhz": 2600.0 if late else 3000.0, "load_average": [0.1]}
        content = document(day, factors(day, is_memory, 0.05 * late), facts, volatile=volatile)
        content["commit_info"]["id"] = ("a" if late else "b") * 40
        run = store(tmp_path, day, content)
    chosen = choose(run, [tmp_path])
    watch = watched(chosen.history.runs, chosen.history.series, Margins())
    ((change,), drifts) = tell(chosen.history, long_term(chosen.history, watch))
    assert not drifts
    assert (change.name, change.run) == ("machine: memory", "run-016")
    assert change.low < 1.05 < change.high
    assert change.what_changed == (
        "commit: bbbbbbb to aaaaaaa",
        "kernel: Linux 6.1 to Linux 6.8",
        "cpu_clock_mhz: 3000 to 2600 MHz",
    )
    assert "5% slower" in change.sentence.replace("5.1%", "5%").replace("4.9%", "5%")
    # The verdict goes on a new series; the step is told all the same.
    assert not chosen.facts.comparable[:15].any()


def test_slow_drift_is_told_a_month(tmp_path: Path) -> None:
    for day in range(1, 61):
        run = store(tmp_path, day, document(day, factors(day, is_memory, 0.001 * day)))
    chosen = choose(run, [tmp_path])
    watch = watched(chosen.history.runs, chosen.history.series, Margins())
    changes, (drift,) = tell(chosen.history, long_term(chosen.history, watch))
    assert not changes
    assert drift.name == "machine: memory"
    assert drift.low < 1.06**0.5 < drift.high
    assert "a month, with no step, over 60 runs since 2026-01-01" in drift.sentence
