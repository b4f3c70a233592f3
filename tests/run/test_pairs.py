"""Pair after pair until every case is decided, whatever becomes of some."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest

from bench.compare.paired import Contest
from bench.machine.conditions import Conditions
from bench.measure.protocol import Protocol
from bench.plan.tasks import Setting, Task
from bench.run.ab import judged
from bench.run.pairs import Launching, Limits, Measured, Pairs, undecided
from bench.run.sides import Entry, Side
from bench.stats.verdict import Outcome, Verdict
from tests.run.fake_launcher import CRASH, answer_of, error
from tests.run.fake_sides import FakePartner, FakeSides

#: Rounds of processes of the same code differ a little, and not by chance.
JITTER = (1.0, 1.001, 0.999, 1.0005)


def case(name: str, group: str = "numpy cpu", margin: float = 0.015) -> Measured:
    task = Task(
        "bench_epoch", f"bench_epoch[{name}]", {"kernel": name, "device": "cpu(0)"}, group
    )
    return Measured(Entry(task.id, (task, task)), Contest(margin))


def run(script: Any, cases: list[Measured], **options: Any) -> tuple[bool, FakeSides]:
    sides = FakeSides(script)
    pairs = Pairs(
        measured=cases,
        sides=[Launching(sides.launch, Setting()), Launching(sides.launch, Setting())],  # type: ignore[arg-type]
        protocol=Protocol(3, 0.1),
        **{
            "limits": Limits(30, 90.0),
            "stopping": lambda: False,
            "tell": lambda name: None,
            **options,
        },
    )
    complete = pairs.run()
    undecided(cases)
    return complete, sides


def slower(share: float) -> Any:
    def script(partner: FakePartner, name: str, visit: int) -> float:
        factor = 1 + share if partner.number == 1 and name == "slow" else 1.0
        return 0.01 * factor * JITTER[(visit + partner.number) % 4]

    return script


def test_what_is_slower_is_told_from_what_is_not() -> None:
    cases = [case("slow"), case("fine")]
    complete, _ = run(slower(0.05), cases)
    assert complete
    assert [one.contest.verdict for one in cases] == [Verdict.SLOWER, Verdict.SAME]
    found = judged((Side(), Side()), cases, [])
    assert found.outcome is Outcome.SLOWER
    assert found.cases[0].ratio == pytest.approx(1.05, rel=0.002)
    assert found.cases[0].confirmed


def test_a_decided_case_gets_no_more_pairs() -> None:
    cases = [case("slow"), case("fine")]
    run(slower(0.05), cases)
    assert cases[1].contest.n_pairs < cases[0].contest.n_pairs


def test_every_pair_has_fresh_processes_and_each_side_begins_as_often() -> None:
    _, sides = run(slower(0.0), [case("fine")])
    n_pairs = len(sides.partners) // 2
    assert n_pairs == 6
    assert all(one.closed for one in sides.partners)
    first = [one.number for one in sides.order[::4]]
    assert first == [0, 1] * 3


def test_cases_of_two_backends_share_no_process() -> None:
    _, sides = run(slower(0.0), [case("fine"), case("other", "torch cpu")])
    assert len(sides.partners) == 4 * 6


def test_a_crash_costs_its_pair_and_twice_the_case() -> None:
    def script(partner: FakePartner, name: str, visit: int) -> Any:
        crashes = name == "bad" or (name == "once" and visit == 0)
        return CRASH if crashes and partner.number == 1 else 0.01

    cases = [case("bad"), case("once"), case("fine")]
    run(script, cases)
    assert cases[0].lost.startswith("side B: crash: the process ended with SIGSEGV")
    assert [one.contest.verdict for one in cases[1:]] == [Verdict.SAME] * 2
    found = judged((Side(), Side()), cases, [])
    assert found.cases[0].verdict is Verdict.NOT_COMPARABLE
    assert found.outcome is Outcome.UNCLEAR


def test_a_kernel_that_is_wrong_is_not_tried_again() -> None:
    wrong = error("GateError", "it is wrong")

    def script(partner: FakePartner, name: str, visit: int) -> Any:
        return wrong if partner.number == 0 else 0.01

    cases = [case("bad")]
    _, sides = run(script, cases)
    assert len(sides.partners) == 2
    assert judged((Side(), Side()), cases, []).outcome is Outcome.NOTHING


def test_noise_without_end_is_unclear() -> None:
    wild = itertools.cycle([1.0, 1.3, 0.8, 1.1, 0.9])
    cases = [case("wild")]
    run(lambda *_: 0.01 * next(wild), cases)
    assert cases[0].contest.verdict is Verdict.UNCLEAR
    assert cases[0].contest.n_pairs == 30


def test_more_is_timed_where_rounds_are_long() -> None:
    """Twelve rounds of so long each are answered; what is asked for is eight, or a second."""
    for seconds, budget in ((0.001, 0.1), (0.05, 0.4), (0.5, 1.0)):
        _, sides = run(lambda *_, s=seconds: s, [case("k")])
        asked = [one["protocol"]["seconds_per_case"] for one in sides.requests]
        assert asked[:2] == [0.1, 0.1]
        assert asked[2:] == pytest.approx([budget] * (len(asked) - 2))


def test_no_case_takes_longer_than_it_may() -> None:
    ticks = itertools.count(0, 10)
    cases = [case("slow")]
    run(slower(0.0), cases, limits=Limits(30, 25.0), clock=lambda: float(next(ticks)))
    assert cases[0].contest.n_pairs == 4, "two in a row belong together"
    assert cases[0].contest.verdict is Verdict.UNCLEAR


def test_told_to_stop_it_stops_between_two_cases() -> None:
    said: list[str] = []
    cases = [case("fine"), case("other")]
    complete, _ = run(slower(0.0), cases, stopping=lambda: len(said) >= 6, tell=said.append)
    assert not complete
    assert sum(one.contest.n_pairs for one in cases) == 3


def test_disturbances_are_told_and_make_undecided_cases_untrusted() -> None:
    wild = itertools.cycle([1.0, 1.3, 0.8, 1.1, 0.9])

    def script(partner: FakePartner, name: str, visit: int) -> Any:
        factor = 1 + 0.05 * partner.number if name == "slow" else next(wild)
        answer = answer_of(0.01 * factor)
        answer["facts"]["disturbed_rounds"] = 8
        return answer

    cases = [case("slow"), case("wild")]
    run(script, cases)
    found = judged((Side(), Side()), cases, []).cases
    assert [one.verdict for one in found] == [Verdict.SLOWER, Verdict.UNTRUSTED]
    for one in found:
        assert "67% of A's rounds, 67% of B's" in one.reason


def test_what_neither_side_can_measure_is_told_and_decides_nothing() -> None:
    cases = [case("fine")]
    run(slower(0.0), cases)
    skipped = Entry("on a GPU", (None, None), "neither side can measure it: no device")
    found = judged((Side(), Side()), cases, [skipped])
    assert found.outcome is Outcome.NONE_SLOWER
    assert found.warnings == ("1 case was skipped: Neither side can measure it: no device.",)
    assert judged((Side(), Side()), [], [skipped]).outcome is Outcome.NOTHING


def test_cases_of_one_side_are_listed_and_decide() -> None:
    cases = [case("fine")]
    run(slower(0.0), cases)
    task = cases[0].entry.tasks[0]
    missing = Entry("gone", (task, None), "side B has no such case")
    new = Entry("new", (None, task), "side A has no such case")
    found = judged((Side(), Side()), cases, [missing, new])
    assert [one.name for one in found.cases] == [cases[0].entry.name, "gone"]
    assert found.added == ("new",)
    assert found.outcome is Outcome.UNCLEAR
    assert replace(found, cases=found.cases[:1]).outcome is Outcome.NONE_SLOWER


def test_both_processes_of_a_pair_have_its_layout_and_its_cpu() -> None:
    conditions = Conditions(3, (4, 5))
    _, sides = run(slower(0.0), [case("fine")], conditions=conditions)
    pairs = [sides.partners[n : n + 2] for n in range(0, len(sides.partners), 2)]
    layouts = [{one.setting.layout for one in pair} for pair in pairs]
    assert all(len(one) == 1 for one in layouts)
    assert len(set.union(*layouts)) == len(pairs), "each pair has another"
    asked = [request["cpus"] for request in sides.requests]
    assert asked[::2] == asked[1::2], "both sides are measured on one CPU"
    assert {tuple(one) for one in asked} == {(4,), (5,)}, "and each has its turn"
    # They get ready side by side, and which of them where it is measured takes turns.
    assert all(pair[0].setting.cpus != pair[1].setting.cpus for pair in pairs)
    stays = [
        [side.setting.cpus == tuple(cpus) for side in pair]
        for pair, cpus in zip(pairs, asked[::2], strict=True)
    ]
    assert stays == [[True, False], [False, True]] * 3
    ready = [request["ready_cpus"] == request["cpus"] for request in sides.requests]
    assert ready == [True, False] * 6, "the one that is measured first stays where it is"


def test_a_side_keeps_the_cpus_that_it_was_given() -> None:
    sides = FakeSides(slower(0.0))
    launching = [
        Launching(sides.launch, Setting(cpus=(7,))),  # type: ignore[arg-type]
        Launching(sides.launch, Setting()),  # type: ignore[arg-type]
    ]
    pairs = Pairs(
        measured=[case("fine")],
        sides=launching,
        protocol=Protocol(3, 0.1),
        limits=Limits(1, 90.0),
        stopping=lambda: False,
        tell=lambda name: None,
        conditions=Conditions(3, (4, 5)),
    )
    pairs.run()
    assert sides.partners[0].setting.cpus == (7,)
    assert ["cpus" in request for request in sides.requests] == [False, True]
