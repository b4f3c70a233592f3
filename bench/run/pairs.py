"""Measures pair after pair of fresh processes until every case has its verdict."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain, cycle
from typing import TYPE_CHECKING, Any

from bench.compare.paired import Contest, Rounds, difference, look
from bench.machine.conditions import Conditions, Place
from bench.measure.protocol import Protocol
from bench.plan.tasks import Cause, Outcome, Setting, Task
from bench.run import launcher
from bench.run.launcher import Partner, Said, WorkerProcess
from bench.run.rule import RULE
from bench.stats.verdict import Verdict

if TYPE_CHECKING:
    from bench.run.sides import Entry

# One case in two running processes at once, slice by slice: one measures, the other waits.
#
# What else the machine does comes and goes: over seconds, minutes, hours. Two measurements one
# after the other see two different machines. Here both sides are made ready first, and then
# measure in turns of a few hundredths of a second, in the order A B B A, so that both see the
# same machine; what is left between them is what differs from process to process.


#: The order in which two sides take turns; by it neither comes after the other more often.
COUNTERBALANCED = (0, 1, 1, 0)


def visit(
    partners: Sequence[Partner],
    requests: Sequence[Mapping[str, Any]],
    limit_seconds: float,
    first: int = 0,
    oom_kills: Callable[[], int | None] = launcher.oom_kills,
) -> tuple[Said, Said]:
    """Measure a case on both sides.

    Parameters
    ----------
    requests : sequence of two mapping
        As the worker takes them.
    limit_seconds : float
        For any one line.
    first : int
        The side that is made ready, and measures, first.

    Returns
    -------
    tuple of (Said, Said)
        What each side measured. Where one came to nothing, the other has neither an answer
        nor a cause, and both processes are of no further use.
    """
    order = (first, 1 - first)
    kills = oom_kills()
    said = [Said(), Said()]
    for side in order:
        partners[side].send({**requests[side], "alternate": True})
    # Both get ready at once; then one works while the other waits.
    for number, side in enumerate(
        chain(order, (turn ^ first for turn in cycle(COUNTERBALANCED)))
    ):
        if said[side].answer is None:
            if number >= len(order):
                partners[side].send({"seconds": RULE.slice_seconds})
            answered = partial(partners[side].receive, limit_seconds)
            told = launcher.said(answered, kills, oom_kills)
            if told.cause is not None:
                said[side], said[1 - side] = told, Said()
                break
            said[side] = Said() if "waits" in (told.answer or {}) else told
        if all(one.answer is not None for one in said):
            break
    return said[0], said[1]


# Measures pair after pair of fresh processes until every case has its verdict.


@dataclass
class Measured:
    """A case, and all that was measured of it so far.

    Attributes
    ----------
    outcomes : tuple of two list of Outcome
        Of each side, a pair each; ``replicate`` is the number of the pair.
    seconds : float
        Spent on it, starting processes included.
    lost : str
        Why it was given up; empty where it was not.
    failures : int
        Pairs in which a side came to nothing.
    round_seconds : float
        What a round takes; 0 before the first pair.
    """

    entry: Entry
    contest: Contest
    outcomes: tuple[list[Outcome], list[Outcome]] = field(default_factory=lambda: ([], []))
    seconds: float = 0.0
    lost: str = ""
    failures: int = 0
    round_seconds: float = 0.0

    @property
    def is_open(self) -> bool:
        """Whether it gets another pair."""
        return not self.lost and self.contest.verdict is None


@dataclass(frozen=True)
class Limits:
    """When a case gets no more pairs, whatever is known of it.

    Attributes
    ----------
    early : bool
        Whether a case that is decided gets no more: else each gets all of its pairs.
    """

    pairs: int
    seconds_per_case: float
    early: bool = True


@dataclass(frozen=True)
class Launching:
    """How the processes of a side are started.

    Attributes
    ----------
    launch : callable
        Starts one.
    setting : Setting
        What a task needs comes to it.
    slowdown : float
        A share by which its rounds are slowed down on purpose.
    """

    launch: Callable[[Setting], WorkerProcess]
    setting: Setting
    slowdown: float = 0.0

    def start(self, task: Task, place: Place | None = None) -> WorkerProcess:
        """Start a process for a task and those that may share it.

        Parameters
        ----------
        place : Place, optional
            CPUs that the side was given are kept.
        """
        environment = {**self.setting.environment, **task.environment}
        setting = replace(self.setting, environment=environment)
        if place is not None:
            setting = replace(setting.at(place), cpus=self.setting.cpus or place.cpus)
        return self.launch(setting)


@dataclass(frozen=True)
class Pairs:
    """A comparison under way.

    Attributes
    ----------
    measured : sequence of Measured
        The cases that can be measured.
    stopping : callable
        Says whether no further case is to begin.
    tell : callable
        Called before each case with its name, and after each with an empty one.
    seed : int
        Of the order of the cases.
    conditions : Conditions or None
        How both processes of a pair are started, each pair otherwise; None for as the system
        does.
    """

    measured: Sequence[Measured]
    sides: Sequence[Launching]
    protocol: Protocol
    limits: Limits
    stopping: Callable[[], bool]
    tell: Callable[[str], None]
    seed: int = 0
    conditions: Conditions | None = None
    clock: Callable[[], float] = time.monotonic

    def run(self) -> bool:
        """Measure until there is nothing left to find out.

        Returns
        -------
        bool
            False when it was told to stop.
        """
        for number in range(self.limits.pairs):
            left = [one for one in self.measured if self._goes_on(one)]
            if not left:
                break
            rng = random.Random(f"{self.seed}/{number}")
            groups: dict[str, list[Measured]] = {}
            for one in left:
                groups.setdefault(one.entry.group, []).append(one)
            for name in rng.sample(sorted(groups), len(groups)):
                if not self._pair(number, rng.sample(groups[name], len(groups[name]))):
                    return False
            look([one.contest for one in self.measured if not one.lost])
        return True

    def _goes_on(self, one: Measured) -> bool:
        """Say whether a case gets another pair."""
        # The order of two pairs in a row is counterbalanced: the second is not left out.
        over = one.seconds >= self.limits.seconds_per_case and one.contest.n_pairs % 2 == 0
        if one.lost or over:
            return False
        return one.is_open or not self.limits.early

    def _pair(self, number: int, members: Sequence[Measured]) -> bool:
        """Measure cases in one pair of processes, in new ones where a case has ended them."""
        partners: list[WorkerProcess] = []
        try:
            for one in members:
                if self.stopping():
                    return False
                self.tell(one.entry.name)
                begin = self.clock()
                places = self._places(number, one.entry.both)
                if not partners:
                    for side, task, place in zip(
                        self.sides, one.entry.both, places, strict=True
                    ):
                        partners.append(side.start(task, place))
                requests = self._requests(one, places, number % 2)
                said = visit(partners, requests, RULE.line_seconds, number % 2)
                if not self._note(one, number, said, self.clock() - begin):
                    _close(partners)
                self.tell("")
        finally:
            _close(partners)
        return True

    def _places(self, number: int, tasks: Sequence[Task]) -> tuple[Place | None, Place | None]:
        """Return where each side gets ready; the pair is measured where the first one does.

        Two that get ready at once on one CPU would take twice as long. Which side stays there
        takes turns.
        """
        if self.conditions is None:
            return None, None
        devices = sorted(str(task.params.get("device")) for task in tasks)
        place = self.conditions.place(number, devices[-1])
        # Two numbers share a set of CPUs; the layout is that of the pair.
        beside = replace(place, cpus=self.conditions.place(number + 2, devices[-1]).cpus)
        return (beside, place) if number % 2 else (place, beside)

    def _requests(
        self, one: Measured, places: tuple[Place | None, Place | None], first: int
    ) -> list[dict[str, Any]]:
        """Return what both sides are asked for: to time for longer where rounds are long.

        Parameters
        ----------
        places : tuple of Place or None
            From `_places`.
        first : int
            The side that is measured where it gets ready.
        """
        measured = places[first]
        longer = min(RULE.pair_rounds * one.round_seconds, RULE.max_pair_seconds)
        seconds = max(self.protocol.seconds_per_case, longer)
        if one.contest.is_noisy:
            seconds *= RULE.longer_where_noisy
        protocol = replace(self.protocol, seconds_per_case=seconds)
        return [
            launcher.request(
                *(task.module, task.params, protocol, task.kind.value),
                slowdown=side.slowdown,
                **_moves(side, ready, measured),
            )
            for side, task, ready in zip(self.sides, one.entry.both, places, strict=True)
        ]

    def _note(
        self, one: Measured, number: int, said: tuple[Said, Said], seconds: float
    ) -> bool:
        """Take note of what a visit has come to; say whether the processes are still fit."""
        one.seconds += seconds
        if all(each.answer is not None for each in said):
            first, second = (rounds_of(each.answer or {}) for each in said)
            if math.isfinite(found := difference(first, second)):
                one.contest.differences.append(found)
            rounds = [each for side in said for each in (side.answer or {})["rounds"]]
            one.round_seconds = min(float(drained) for _, drained, _ in rounds)
        for side, each in enumerate(said):
            if each.answer is None and each.cause is None:
                continue
            task = one.entry.both[side]
            came_of = each.answer, each.cause, each.message
            one.outcomes[side].append(
                Outcome(number, task.id, task.kind, seconds / 2, *came_of)
            )
            if each.cause is not None:
                one.failures += 1
                if each.cause is Cause.WRONG or one.failures >= RULE.max_failed_pairs:
                    one.lost = f"side {'AB'[side]}: {each.message}"
        return all(each.answer is not None for each in said)


def _moves(side: Launching, ready: Place | None, measured: Place | None) -> dict[str, Any]:
    """Return on which CPUs a side gets ready, and is measured; none where it was given some."""
    if ready is None or measured is None or side.setting.cpus:
        return {}
    return {"ready_cpus": list(ready.cpus), "cpus": list(measured.cpus)}


def rounds_of(answer: Mapping[str, Any]) -> Rounds:
    """Return the rounds of an answer, and how many of them there were in each turn."""
    seconds = [drained / n for _, drained, n in answer["rounds"]]
    return Rounds(seconds, answer.get("slices") or ())


def _close(partners: list[WorkerProcess]) -> None:
    """End processes, and forget them."""
    while partners:
        partners.pop().close()


def undecided(measured: Sequence[Measured]) -> None:
    """Say of cases that have no verdict that they are unclear."""
    for one in measured:
        if one.contest.verdict is None:
            one.contest.verdict = Verdict.UNCLEAR
