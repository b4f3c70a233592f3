"""Which numbers can be relied on, and how that is shown."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from bench.report import numbers, run_tables
from bench.report.grid import mark
from bench.store import tidy
from bench.store.trust import quality


def case(name: str, **facts: Any) -> dict[str, Any]:
    told = {
        "case": "epoch",
        "workload": "airfoil",
        "kernel": name,
        "device": "cpu(0)",
        "loader": "inmemory",
        "batch_size": 1,
        "half_width": 0.005,
        "between_half_width": 0.02,
        "target_half_width": 0.01,
        "stopped": "precise",
        "marks": {},
        "disturbed_rounds": 0,
        "untrusted": False,
        "overhead_share": 1e-5,
        "warm_up": {"settled": True},
        **facts,
    }
    return {"name": name, "stats": {"data": [1.0] * 20}, "extra_info": told}


RUN = {
    "benchmarks": [
        case("good"),
        case("wide", half_width=0.03, stopped="budget"),
        case("few", half_width=None, between_half_width=None, stopped="budget"),
        case(
            "disturbed",
            disturbed_rounds=15,
            untrusted=True,
            marks={"steal": [*range(10)], "preempted": [*range(5, 15)]},
        ),
        case("tiny", overhead_share=0.015, disturbed_rounds=1, marks={"steal": [3]}),
        case("restless", warm_up={"settled": False}),
    ]
}


def printed(function: Any, rows: Any) -> str:
    console = Console(file=io.StringIO(), width=100, highlight=False)
    function(console, rows)
    text: str = console.file.getvalue()  # type: ignore[attr-defined] # a StringIO
    return text


def test_cases_are_told_apart_by_what_is_wrong_with_them() -> None:
    found = quality(tidy.frame(RUN))
    assert found is not None
    assert (found.n_cases, found.n_precise, found.target) == (6, 4, 0.01)
    assert [*found.imprecise["name"]] == ["few", "wide"]
    assert [*found.untrusted["name"]] == ["disturbed"]
    assert [*found.overhead["name"]] == ["tiny"]
    assert [*found.unsettled["name"]] == ["restless"]
    assert found.marks == {"steal": 11, "preempted": 10}
    assert (found.n_rounds, found.n_disturbed) == (120, 16)
    assert found.between == 0.02


def test_one_process_that_had_not_settled_is_enough() -> None:
    parts = [{"warm_up": {"settled": True}}, {"warm_up": {"settled": False}}]
    table = tidy.frame({"benchmarks": [case("parts", processes=parts)]})
    assert [*table["warm_up_settled"]] == [False]


def test_a_run_that_says_nothing_has_no_section() -> None:
    old = case("old")
    for name in ("target_half_width", "half_width", "marks", "untrusted"):
        del old["extra_info"][name]
    table = tidy.frame({"benchmarks": [old]})
    assert quality(table) is None
    assert printed(run_tables.show_quality, table) == ""
    assert mark(table.iloc[0]) == ""


def test_every_mark_stands_behind_its_times() -> None:
    table = tidy.frame(RUN)
    marks = {row["name"]: mark(row) for _, row in table.iterrows()}
    assert marks == {
        "good": " ",
        "wide": "~",
        "few": "~",
        "disturbed": "?",
        "tiny": " ",
        "restless": " ",
    }


def test_the_section_says_all_of_it() -> None:
    text = printed(run_tables.show_quality, tidy.frame(RUN))
    for says in (
        "4 of 6 medians known to ±1% (95% interval, from the rounds).",
        "Between processes they differ by ±2.0% (the median case).",
        "Known least well, of 2 (within and between processes)",
        "±3.0% ",
        "its time was used up",
        "Disturbed: 16 of 120 rounds (steal 11, preempted 10); all of them are kept.",
        "Untrusted: disturbed.",
        "Calling an empty kernel takes more than 0.10% of what 1 case took, at most 1.5%",
        "1 case had not settled when timed.",
    ):
        assert says in text


@pytest.mark.parametrize(
    ("share", "text"), [(0.0042, "0.42%"), (0.042, "4.2%"), (0.42, "42%"), (float("nan"), "–")]
)
def test_shares_have_two_digits(share: float, text: str) -> None:
    assert numbers.percent(share) == text


def test_phases_are_shares_of_their_own_total_and_a_difference_is_shown() -> None:
    phases = {"data": 0.1, "forward": 0.5, "backward": 0.2, "update": 0.1, "waiting": 0.1}
    run = {
        "benchmarks": [
            case("near", phases=phases, phases_total=1.0, phases_differ=0.05),
            case("far", phases=phases, phases_total=1.0, phases_differ=-0.2),
            case("whole", phases=None, phases_total=None, phases_differ=None),
        ]
    }
    lines = printed(run_tables.show_phases, tidy.frame(run)).splitlines()
    assert "Where the time of an epoch goes: airfoil, cpu(0), B=1" in lines
    near, far = (
        next(line for line in lines if line.startswith(name)) for name in ("near", "far")
    )
    assert near.split()[1:6] == ["10%", "50%", "20%", "10%", "10%"]
    assert "-20%" not in near
    assert far.split()[-1] == "-20%"
    assert not any(line.startswith("whole") for line in lines)
