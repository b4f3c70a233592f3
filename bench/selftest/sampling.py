"""Measures identical code in pair after pair of fresh processes, until the time is up."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

from bench.compare.paired import Contest, Rounds
from bench.measure.protocol import Protocol
from bench.plan.request import Request
from bench.plan.tasks import Outcome
from bench.plan.values import SelectionError
from bench.report.progress import duration
from bench.run.executor import Interrupts
from bench.run.pair_cases import entries
from bench.run.pairs import Launching, Limits, Measured, Pairs, rounds_of
from bench.run.sides import Side, prepare
from bench.selftest.rule import RULE
from bench.selftest.tried_rules import Pool
from bench.stats.rule import RULE as STATISTICS

# A second process that keeps one core busy, on and off, as a neighbour on a machine would.


#: Busy for 0.2 to 3 seconds, then idle for as long, until its parent is gone.
PROGRAM = """
import os, random, time
parent, rng = os.getppid(), random.Random(0)
while os.getppid() == parent:
    end = time.monotonic() + rng.uniform(0.2, 3.0)
    while time.monotonic() < end:
        pass
    time.sleep(rng.uniform(0.2, 3.0))
"""


@contextmanager
def load() -> Iterator[None]:
    """Have one core loaded on and off."""
    process = subprocess.Popen([sys.executable, "-c", PROGRAM], start_new_session=True)
    try:
        yield
    finally:
        process.kill()
        process.wait()


# Pairs of fresh processes of identical code, until the time is up.


@dataclass(frozen=True)
class SelftestAsked:
    """What is to be measured.

    Attributes
    ----------
    loaded : bool
        Whether a second process loads one core, on and off.
    """

    request: Request
    protocol: Protocol
    seconds: float
    loaded: bool
    seed: int


@dataclass(frozen=True)
class Samples:
    """What was measured.

    Attributes
    ----------
    pools : dict of str to list of pairs
        For each case the rounds of both processes of every pair.
    lost : dict of str to str
        Cases that came to nothing, and why.
    complete : bool
        False when it was interrupted.
    """

    pools: Mapping[str, Pool]
    lost: Mapping[str, str]
    fingerprint: Mapping[str, Any]
    commit: str | None
    complete: bool


def sample(
    asked: SelftestAsked,
    say: Callable[[str], None],
    clock: Callable[[], float] = time.monotonic,
) -> Samples:
    """Measure.

    Parameters
    ----------
    say : callable
        Takes what to tell the user.

    Raises
    ------
    SelectionError, RegistryError, DataError
    """
    with ExitStack() as stack:
        sides = prepare((Side(), Side()), asked.request.kernel_folder, stack)
        listed = entries(asked.request, sides)
        margin = STATISTICS.margin
        measured = [Measured(one, Contest(margin)) for one in listed if not one.reason]
        if not measured:
            raise SelectionError(f"no case can be measured here: {listed[0].reason}.")
        stack.enter_context(load() if asked.loaded else nullcontext())
        interrupts = stack.enter_context(Interrupts(say))
        taken = _Taken(measured, asked.seconds, say, clock)
        pairs = Pairs(
            measured=measured,
            sides=[Launching(one.launcher.launch, one.side.setting) for one in sides],
            protocol=replace(asked.protocol, alone=False, phases=False, target=0.0),
            limits=Limits(RULE.most_pairs, float("inf"), early=False),
            stopping=lambda: interrupts.asked or taken.is_over,
            tell=taken.tell,
            seed=asked.seed,
            clock=clock,
        )
        try:
            pairs.run()
        except KeyboardInterrupt:
            interrupts.asked = True
    lost = {one.entry.name: one.lost for one in measured if one.lost}
    lost |= {one.name: one.reason for one in listed if one.reason}
    complete = not interrupts.asked
    return Samples(taken.pools, lost, sides[0].fingerprint, sides[0].commit, complete)


class _Taken:
    """Takes out of the cases what each pair has measured, and says how far it is."""

    def __init__(
        self,
        measured: Sequence[Measured],
        seconds: float,
        say: Callable[[str], None],
        clock: Callable[[], float],
    ) -> None:
        self._measured, self._say, self._clock = measured, say, clock
        self._end = clock() + seconds
        self._told = clock()
        self.pools: dict[str, list[tuple[Rounds, Rounds]]] = {}

    @property
    def is_over(self) -> bool:
        """Whether the time is up."""
        return self._clock() >= self._end

    def tell(self, name: str) -> None:
        """Take what is there after a case."""
        if name:
            return
        for one in self._measured:
            first, second = one.outcomes
            if first and second and first[-1].answer and second[-1].answer:
                pool = self.pools.setdefault(one.entry.name, [])
                pool.append((_rounds(first[-1]), _rounds(second[-1])))
            first.clear()
            second.clear()
            one.contest.differences.clear()  # each pool is judged as a whole, later
        if self._clock() - self._told >= RULE.progress_seconds:
            self._told = self._clock()
            pairs = max((len(pool) for pool in self.pools.values()), default=0)
            left = duration(max(0.0, self._end - self._clock()))
            self._say(f"{pairs} pairs of {len(self.pools)} cases; about {left} left")


def _rounds(outcome: Outcome) -> Rounds:
    """Return the rounds of a process, with no more digits than a clock resolves."""
    assert outcome.answer is not None  # noqa: S101 - the caller has looked
    seconds, disturbed = rounds_of(outcome.answer)
    return Rounds([round(one, RULE.time_digits) for one in seconds], disturbed)
