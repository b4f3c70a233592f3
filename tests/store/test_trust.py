"""What speaks against a run, and how much."""

from __future__ import annotations

from typing import Any

import pytest

from bench.store.trust import trusted
from tests.store import made_up_run


def document(n: int = 20, *, facts: dict[str, Any] | None = None, **added: Any) -> Any:
    """A run of several processes in which all is well."""
    well = {
        "case": "epoch",
        "half_width": 0.005,
        "target_half_width": 0.01,
        "between_half_width": 0.01,
        "disturbed_rounds": 0,
        "untrusted": False,
        "stopped": "precise",
        "marks": {},
        "verified": True,
    }
    benchmarks = [made_up_run.benchmark(f"b{i}", [1.0] * 10, dict(well)) for i in range(n)]
    if facts:
        benchmarks[0]["extra_info"] |= facts
    return made_up_run.document(benchmarks, **{"processes": 5, **added})


def test_a_run_of_several_processes_in_which_all_is_well_is_good() -> None:
    found = trusted(document())
    assert found.level == "good"
    assert found.n_verified == 20


@pytest.mark.parametrize(
    "added",
    [
        {"processes": 1},
        {"failed": [{"id": "x", "reason": "y"}]},
        {"incidents": [{"kind": "crash"}]},
    ],
)
def test_reservations_make_it_fair(added: dict[str, Any]) -> None:
    assert trusted(document(**added)).level == "fair"


def test_a_dirty_commit_makes_it_fair() -> None:
    assert trusted({**document(), "commit_info": {"dirty": True}}).level == "fair"


def test_most_medians_known_badly_make_it_fair() -> None:
    run = document(4)
    for benchmark in run["benchmarks"][:3]:
        benchmark["extra_info"]["half_width"] = 0.5
    assert trusted(run).level == "fair"


def test_an_interruption_makes_it_poor() -> None:
    assert trusted(document(status="interrupted")).level == "poor"


def test_disturbed_cases_make_it_poor_from_a_twentieth_on() -> None:
    disturbed = {"untrusted": True}
    assert trusted(document(20, facts=disturbed)).level == "good"
    assert trusted(document(19, facts=disturbed)).level == "poor"
    assert trusted(document(1, facts={"disturbed_rounds": 1})).level == "poor"


def test_a_foreign_file_does_not_tell() -> None:
    foreign = {"benchmarks": [{"name": "x", "stats": {"median": 1.0}}]}
    assert trusted(foreign).level == "unknown"
    assert trusted({"benchmarks": []}).level == "unknown"
