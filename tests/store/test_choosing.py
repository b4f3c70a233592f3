from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from bench.store.prune import Kept, Rule, going

NOW = datetime(2026, 11, 23, tzinfo=timezone.utc)
AGES = st.lists(st.floats(0, 400), max_size=30)


def aged(*days: float, node: str = "vm") -> list[Kept]:
    return [
        Kept(Path(f"{node}-{number}.json"), NOW - timedelta(days=age), node)
        for number, age in enumerate(days)
    ]


def days(runs: list[Kept]) -> list[float]:
    return [(NOW - run.taken) / timedelta(days=1) for run in runs if run.taken]


def test_the_newest_stay() -> None:
    assert days(going(aged(1, 4, 2, 3), Rule(last=2), NOW)) == [4, 3]
    assert going(aged(1, 2), Rule(last=2), NOW) == []
    assert going(aged(1, 2, 3, 4), Rule(last=5), NOW) == []


def test_the_younger_stay() -> None:
    rule = Rule(youngest=timedelta(days=90))
    assert days(going(aged(89, 90, 91, 400), rule, NOW)) == [400, 91]


def test_each_machine_has_a_history_of_its_own() -> None:
    runs = [*aged(1, 2, node="one"), *aged(3, 4, node="two")]
    assert days(going(runs, Rule(last=1), NOW)) == [4, 2]


def test_what_tells_no_time_stays() -> None:
    assert going([Kept(Path("a.json"), None, "vm")], Rule(last=1), NOW) == []
    runs = [*aged(1, 2), Kept(Path("a.json"), None, "vm")]
    assert days(going(runs, Rule(last=1), NOW)) == [2]


def test_of_what_would_go_one_for_each_week_stays() -> None:
    rule = Rule(youngest=timedelta(days=30), every=timedelta(days=7))
    runs = aged(*range(1, 101))
    left = set(days(runs)) - set(days(going(runs, rule, NOW)))
    assert left >= set(range(1, 31))
    older = sorted(left - set(range(1, 31)))
    assert len(older) == 11
    inner = older[:-1]  # the last stretch is cut by where the history begins
    assert {b - a for a, b in pairwise(inner)} == {7}


def test_the_first_of_a_stretch_stays() -> None:
    week = timedelta(days=7)
    start = datetime.fromtimestamp(week.total_seconds() * 2000, timezone.utc)
    runs = [Kept(Path(f"{n}.json"), start + timedelta(days=n), "vm") for n in range(7)]
    found = going(runs, Rule(youngest=week, every=week), NOW)
    assert [run.path.name for run in found] == [f"{n}.json" for n in range(1, 7)]


@given(AGES, st.integers(0, 30))
def test_thinning_again_takes_nothing_more(ages: list[float], later: int) -> None:
    """What has stayed once stays, whenever the same is asked for again."""
    rule = Rule(youngest=timedelta(days=60), every=timedelta(days=7))
    runs = aged(*ages)
    gone = going(runs, rule, NOW)
    left = [run for run in runs if run not in gone]
    assert going(left, rule, NOW) == []
    old = [run for run in left if run.taken and NOW - run.taken > timedelta(days=60)]
    after = going(left, rule, NOW + timedelta(days=later))
    assert not set(map(id, after)) & set(map(id, old))
