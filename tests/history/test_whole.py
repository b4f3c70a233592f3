from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bench.history import machine_history
from bench.history.machine_history import whole_history
from bench.history.reading import choose, track
from bench.history.rule import RULE
from bench.stats.verdict import Margins, Outcome, Verdict
from tests.history.made_up import UPGRADED, days, read_all
from tests.history.stored_history import (
    EPOCHS,
    NAMES,
    document,
    factors,
    is_kernel,
    is_memory,
    store,
)

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from bench.history.machine_history import WholeHistory


def judged(folder: Path) -> WholeHistory:
    return whole_history(*read_all(folder), Margins())


def test_the_newest_run_is_judged_as_track_does_without_measuring_again(
    tmp_path: Path,
) -> None:
    days(tmp_path, 1, 12)
    days(tmp_path, 13, 30, UPGRADED, lambda name, _: 0.06 * is_memory(name))
    last = {name: 1.1 if is_kernel(name) else 1.0 for name in NAMES}
    for day in (31, 32, 33):
        drawn = {
            name: one * last[name] for name, one in factors(day).items() if name != NAMES[-1]
        }
        run = store(tmp_path, day, document(day, drawn, UPGRADED))
    found = judged(tmp_path).judgement
    tracked = track(choose(run, [tmp_path]), Margins(), None)
    assert replace(found, sources=(), warnings=()) == replace(tracked, sources=(), warnings=())
    verdicts = {one.name: one.verdict for one in found.cases}
    assert all(verdicts[name] is Verdict.SLOWER for name in EPOCHS if is_kernel(name))
    assert "machine: memory" in [one.name for one in found.changes]


def test_a_run_on_other_facts_is_not_judged_by_those_before(tmp_path: Path) -> None:
    days(tmp_path, 1, 12)
    days(tmp_path, 13, 13, UPGRADED)
    found = judged(tmp_path).judgement
    run = tmp_path / "run-013.json"
    tracked = track(choose(run, [tmp_path]), Margins(), None)
    assert found.cases == tracked.cases
    assert {one.fact for one in found.cases} == {"fingerprint"}


def test_runs_that_were_interrupted_are_left_out_and_counted(tmp_path: Path) -> None:
    days(tmp_path, 1, 8)
    cut = document(9, factors(9))
    cut["bench"]["status"] = "interrupted"
    store(tmp_path, 9, cut)
    days(tmp_path, 10, 10)
    found = judged(tmp_path)
    assert found.n_interrupted == 1
    assert found.judgement.before == "8 earlier runs"
    assert "run-009" not in set(found.table["run"])


def test_the_newest_run_is_judged_though_it_was_interrupted(tmp_path: Path) -> None:
    days(tmp_path, 1, 8)
    drawn = dict(list(factors(9).items())[:3])
    cut = document(9, drawn)
    cut["bench"]["status"] = "interrupted"
    store(tmp_path, 9, cut)
    found = judged(tmp_path)
    assert found.n_interrupted == 0
    assert found.judgement.now == "run-009"
    missing = [one for one in found.judgement.cases if one.fact == "missing"]
    assert all("interrupted" in one.reason for one in missing)
    assert missing


def test_older_runs_are_shown_and_judge_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine_history, "RULE", replace(RULE, most_runs=7))
    days(tmp_path, 1, 12)
    found = judged(tmp_path)
    assert found.judgement.before == "7 earlier runs"
    assert found.table["run"].nunique() == 12


def test_what_older_runs_lack_does_not_matter_to_the_verdict_as_in_track(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine_history, "RULE", replace(RULE, most_runs=7))
    days(tmp_path, 1, 4)  # these tell no more than medians
    for day in range(5, 13):
        content, fast = document(day, factors(day)), factors(100 + day)
        for one in content["benchmarks"]:
            for process in one["extra_info"]["processes"]:
                process["fifth_percentile"] = 0.9 * fast[one["name"]]
        run = store(tmp_path, day, content)
    found = judged(tmp_path).judgement
    tracked = track(choose(run, [tmp_path], most_runs=7), Margins(), None)
    assert found.cases == tracked.cases
    assert found.machine == tracked.machine


def test_a_single_run_has_nothing_to_be_compared_with(tmp_path: Path) -> None:
    days(tmp_path, 1, 1)
    found = judged(tmp_path)
    assert found.judgement.outcome is Outcome.NOTHING
    assert len(found.judgement.added) == len(NAMES)


def test_other_work_is_counted(tmp_path: Path) -> None:
    days(tmp_path, 1, 8)
    other = document(4, factors(4))
    other["benchmarks"][0]["extra_info"]["n_samples"] = 3000
    store(tmp_path, 4, other)
    assert judged(tmp_path).n_other_work == 1


def test_why_a_case_was_not_measured_is_told(tmp_path: Path) -> None:
    days(tmp_path, 1, 8)
    drawn = {name: one for name, one in factors(9).items() if name != NAMES[0]}
    store(tmp_path, 9, document(9, drawn))
    cases, machine = read_all(tmp_path)
    found = whole_history(cases, machine, Margins(), {NAMES[0]: "skipped: no numpy"})
    (missing,) = [one for one in found.judgement.cases if one.name == NAMES[0]]
    assert "skipped: no numpy" in missing.reason
