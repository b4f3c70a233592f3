"""Measures pair after pair of fresh processes until every case has its verdict."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, cycle
from typing import TYPE_CHECKING, Any

from bench.compare.paired import Contest, Rounds, look, process_time
from bench.measure.protocol import Protocol
from bench.plan.tasks import Cause, Outcome, Setting, Task
from bench.run import launcher
from bench.run.launcher import Handle, Said, WorkerProcess
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
    partners: Sequence[Handle],
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
    begins = ((side, {**requests[side], "alternate": True}) for side in (first, 1 - first))
    slices = (
        (turn ^ first, {"seconds": RULE.slice_seconds}) for turn in cycle(COUNTERBALANCED)
    )
    kills = oom_kills()
    said = [Said(), Said()]
    for side, request in chain(begins, slices):
        if said[side].answer is None:
            told = launcher.ask(partners[side], request, limit_seconds, kills, oom_kills)
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

    def start(self, task: Task) -> WorkerProcess:
        """Start a process for a task and those that may share it."""
        environment = {**self.setting.environment, **task.environment}
        return self.launch(replace(self.setting, environment=environment))


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
    """

    measured: Sequence[Measured]
    sides: Sequence[Launching]
    protocol: Protocol
    limits: Limits
    stopping: Callable[[], bool]
    tell: Callable[[str], None]
    seed: int = 0
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
        if one.lost or one.seconds >= self.limits.seconds_per_case:
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
                if not partners:
                    for side, task in zip(self.sides, one.entry.both, strict=True):
                        partners.append(side.start(task))
                said = visit(partners, self._requests(one), RULE.line_seconds, number % 2)
                if not self._note(one, number, said, self.clock() - begin):
                    _close(partners)
                self.tell("")
        finally:
            _close(partners)
        return True

    def _requests(self, one: Measured) -> list[dict[str, Any]]:
        """Return what both sides are asked for: to time for longer where rounds are long."""
        longer = min(RULE.pair_rounds * one.round_seconds, RULE.max_pair_seconds)
        seconds = max(self.protocol.seconds_per_case, longer)
        protocol = replace(self.protocol, seconds_per_case=seconds)
        return [
            launcher.request(
                *(task.module, task.params, protocol, task.kind.value), slowdown=side.slowdown
            )
            for side, task in zip(self.sides, one.entry.both, strict=True)
        ]

    def _note(
        self, one: Measured, number: int, said: tuple[Said, Said], seconds: float
    ) -> bool:
        """Take note of what a visit has come to; say whether the processes are still fit."""
        one.seconds += seconds
        if all(each.answer is not None for each in said):
            one.contest.differences.append(difference(said))
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


def rounds_of(answer: Mapping[str, Any]) -> Rounds:
    """Return the rounds of an answer, and which of them were disturbed."""
    seconds = [drained / n for _, drained, n in answer["rounds"]]
    marked = {number for numbers in answer["facts"]["marks"].values() for number in numbers}
    return Rounds(seconds, sorted(marked))


def difference(said: Sequence[Said]) -> float:
    """Return the logarithm of the second side's time over the first's.

    Parameters
    ----------
    said : sequence of two Said
        With answers.

    Returns
    -------
    float
        NaN where a time is zero.
    """
    times = [process_time(rounds_of(each.answer or {})) for each in said]
    return math.log(times[1] / times[0]) if min(times) > 0 else math.nan


def _close(partners: list[WorkerProcess]) -> None:
    """End processes, and forget them."""
    while partners:
        partners.pop().close()


def undecided(measured: Sequence[Measured]) -> None:
    """Say of cases that have no verdict that they are unclear."""
    for one in measured:
        if one.contest.verdict is None:
            one.contest.verdict = Verdict.UNCLEAR
