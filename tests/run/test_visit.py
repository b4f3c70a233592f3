"""One case in two processes at once: who works when, and what if a side is lost."""

from __future__ import annotations

from typing import Any

from bench.plan.tasks import Cause, Setting
from bench.run.pairs import visit
from tests.run.fake_launcher import CRASH, HANG, answer_of, error
from tests.run.fake_sides import FakePartner, FakeSides

REQUEST = {"params": {"kernel": "k"}}


def both(script: Any) -> tuple[FakeSides, list[FakePartner]]:
    sides = FakeSides(script)
    return sides, [sides.launch(Setting()), sides.launch(Setting())]


def test_sides_take_turns_in_counterbalanced_order() -> None:
    sides, (a, b) = both(lambda *_: 0.1)
    said = visit([a, b], [REQUEST, REQUEST], 9.0)
    assert [one.answer is not None for one in said] == [True, True]
    assert [("A" if one is a else "B") for one in sides.order] == ["A", "B", "B", "A"]


def test_the_other_side_may_be_first() -> None:
    sides, (a, b) = both(lambda *_: 0.1)
    visit([a, b], [REQUEST, REQUEST], 9.0, first=1)
    assert [("A" if one is a else "B") for one in sides.order] == ["B", "A", "A", "B"]


def test_each_side_is_asked_for_its_own_case() -> None:
    sides, partners = both(lambda *_: 0.1)
    other = {"params": {"kernel": "another"}}
    visit(partners, [REQUEST, other], 9.0)
    assert [one["params"]["kernel"] for one in sides.requests] == ["k", "another"]
    assert all(one["alternate"] for one in sides.requests)


def test_a_side_that_ends_is_told_from_one_that_hangs() -> None:
    for ending, cause in ((CRASH, Cause.CRASH), (HANG, Cause.HANG)):
        _, (a, b) = both(lambda partner, *_, e=ending: e if partner.number == 1 else 0.1)
        first, second = visit([a, b], [REQUEST, REQUEST], 9.0)
        assert (first.answer, first.cause) == (None, None)
        assert second.cause is cause


def test_a_kernel_that_is_wrong_is_said_to_be() -> None:
    wrong = error("GateError", "it is wrong.")
    _, (a, b) = both(lambda partner, *_: wrong if partner.number == 0 else 0.1)
    first, second = visit([a, b], [REQUEST, REQUEST], 9.0)
    assert (first.cause, first.message) == (Cause.WRONG, "it is wrong.")
    assert second.answer is None


def test_a_case_that_takes_no_turns_is_measured_all_the_same() -> None:
    sides, (a, b) = both(lambda *_: answer_of(0.1))
    said = visit([a, b], [REQUEST, REQUEST], 9.0)
    assert all(one.answer is not None for one in said)
    assert not sides.order
