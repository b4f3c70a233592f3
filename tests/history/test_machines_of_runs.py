from __future__ import annotations

from typing import Any

import pandas as pd

from bench.history.machine_history import NAMELESS, machines


def runs(*told: dict[str, Any]) -> pd.DataFrame:
    """Return a run for each day; later ones stand first."""
    rows = [
        {
            "run": f"r{day}",
            "taken": pd.Timestamp("2026-01-01", tz="UTC") + pd.Timedelta(day, "D"),
        }
        | {"node": "one", "cpu_model": "A", "fingerprint": None, "commit": None}
        | facts
        for day, facts in enumerate(told)
    ]
    table: pd.DataFrame = pd.DataFrame(rows[::-1])
    return table


def named(found: Any) -> dict[str, list[str]]:
    return {one.name: one.runs["run"].tolist() for one in found.found}


def test_runs_are_split_by_machine_the_last_measured_first_each_in_order() -> None:
    two = {"node": "two"}
    found = machines(runs({}, two, {}, two, {}, {}))
    assert list(named(found).items()) == [
        ("one, A", ["r0", "r2", "r4", "r5"]),
        ("two, A", ["r1", "r3"]),
    ]
    assert not found.any_node


def test_a_run_that_tells_no_time_is_of_none() -> None:
    assert named(machines(runs({}, {"taken": pd.NaT}, {}))) == {"one, A": ["r0", "r2"]}


def test_hosts_of_one_run_each_are_one_machine_where_all_else_is_alike() -> None:
    found = machines(runs(*({"node": f"container-{n}"} for n in range(8))))
    assert found.any_node
    assert named(found) == {"A": [f"r{n}" for n in range(8)]}


def test_hosts_of_one_run_each_stay_apart_where_they_are_not_alike() -> None:
    told = [{"node": f"container-{n}", "cpu_model": "AB"[n % 2]} for n in range(8)]
    found = machines(runs(*told))
    assert named(found) == {"B": ["r1", "r3", "r5", "r7"], "A": ["r0", "r2", "r4", "r6"]}


def test_two_hosts_of_one_run_each_are_two() -> None:
    found = machines(runs({}, {"node": "two"}))
    assert len(found.found) == 2
    assert not found.any_node


def test_what_tells_nothing_of_its_machine_is_not_mixed_with_others() -> None:
    nothing = {"node": None, "cpu_model": None}
    found = machines(runs({}, nothing, {"node": "two"}, {}, nothing, {"node": "two"}))
    assert named(found) == {
        "two, A": ["r2", "r5"],
        NAMELESS: ["r1", "r4"],
        "one, A": ["r0", "r3"],
    }


def test_machines_of_one_name_are_told_apart() -> None:
    small, large = ({"fingerprint": f'{{"memory_bytes": {n}}}'} for n in (8_000, 16_000))
    found = machines(runs(small, large, small, large))
    assert named(found) == {"one (1)": ["r1", "r3"], "one (2)": ["r0", "r2"]}
