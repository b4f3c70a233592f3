"""Measures pairs of processes of identical code, and keeps what each rule makes of them."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from bench.compare.paired import Contest, Rounds
from bench.compare.rule import RULE as COMPARISON
from bench.machine.conditions import Conditions
from bench.machine.fingerprint import fingerprint_id
from bench.measure.protocol import Protocol
from bench.plan.request import Request
from bench.plan.tasks import Outcome
from bench.plan.values import SelectionError
from bench.report.progress import duration
from bench.run.launcher import Interrupts
from bench.run.pairs import Launching, Limits, Measured, Pairs, rounds_of
from bench.run.sides import Side, entries, prepare
from bench.selftest.rule import RULE
from bench.selftest.tried_rules import RULES, Pool, rates_of
from bench.stats.verdict import Rates
from bench.store.files import StoreError, run_name, whole
from bench.store.rates import FORMAT, to_json

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
    conditions: Conditions | None = None


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
        sides = prepare((Side(), Side()), asked.request.kernel_folder, stack, asked.conditions)
        listed = entries(asked.request, sides)
        margin = COMPARISON.margin
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
            conditions=asked.conditions,
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
            # Each pool is judged as a whole, later; the last tell how noisy it is.
            del one.contest.differences[: -RULE.kept_differences]
        if self._clock() - self._told >= RULE.progress_seconds:
            self._told = self._clock()
            pairs = max((len(pool) for pool in self.pools.values()), default=0)
            left = duration(max(0.0, self._end - self._clock()))
            self._say(f"{pairs} pairs of {len(self.pools)} cases; about {left} left")


def _rounds(outcome: Outcome) -> Rounds:
    """Return the rounds of a process, with no more digits than a clock resolves."""
    assert outcome.answer is not None  # noqa: S101 - the caller has looked
    seconds, turns = rounds_of(outcome.answer)
    return Rounds([round(one, RULE.time_digits) for one in seconds], turns)


# The file of a self-test: the samples, and what each rule made of them.


def write(folder: Path, asked: SelftestAsked, samples: Samples) -> tuple[Path, list[Rates]]:
    """Judge the samples, and write all of it.

    Parameters
    ----------
    folder : Path
        Made where it is not there.

    Raises
    ------
    StoreError
        When it can't be written; nothing is left then.
    """
    now = datetime.now(timezone.utc)
    path = folder / f"{run_name(now, samples.commit)}.json"
    measured = now.isoformat(timespec="seconds")
    document: dict[str, Any] = {
        "format": FORMAT,
        "measured": measured,
        "node": platform.node(),
        "fingerprint_id": fingerprint_id(samples.fingerprint),
        "fingerprint": samples.fingerprint,
        "commit": samples.commit,
        "loaded": asked.loaded,
        "conditions": asked.conditions and asdict(asked.conditions),
        "protocol": asdict(asked.protocol),
        "complete": samples.complete,
        "lost": dict(samples.lost),
        "rates": [],
        "pools": {case: list(pool) for case, pool in samples.pools.items()},
    }
    failure = f"the self-test can't be written to {path.parent}"
    save(path, document, failure)  # whatever becomes of judging them, the samples are there
    rates = [rates_of(rule, samples.pools.values(), measured, str(path)) for rule in RULES]
    save(path, {**document, "rates": [to_json(one) for one in rates]}, failure)
    return path, rates


def save(
    path: Path, document: Mapping[str, Any], failure: str, indent: int | None = None
) -> None:
    """Write a document whole; raise StoreError with a sentence where that fails."""
    try:
        with whole(path) as part:
            part.write_text(json.dumps(document, indent=indent), encoding="utf-8")
    except OSError as error:
        raise StoreError(
            f"{failure}: {error.strerror or error}. Free space or give another folder with "
            f"--results."
        ) from error


def read(paths: Sequence[Path]) -> tuple[dict[str, str], list[Rates]]:
    """Read self-tests, and judge their samples again, by the rules as they are now.

    Parameters
    ----------
    paths : sequence of Path
        At least one. No comparison takes samples of two files.

    Returns
    -------
    tuple of (dict of str to str, list of Rates)
        Cases that came to nothing, and why; what each rule makes of the others.

    Raises
    ------
    StoreError
        When one is damaged, or no self-test.
    """
    lost: dict[str, str] = {}
    pools: dict[str, Pool] = {}
    measured = ""
    for path in paths:
        document = _document(path)
        lost |= document["lost"]
        measured = max(measured, document["measured"])
        pools |= {f"{path}: {case}": pool for case, pool in document["pools"].items()}
    where = ", ".join(map(str, paths))
    return lost, [rates_of(rule, pools.values(), measured, where) for rule in RULES]


def _document(path: Path) -> dict[str, Any]:
    """Read one file, and check what is read of it."""
    try:
        document: dict[str, Any] = json.loads(path.read_bytes())
        _of_this_format(document)
        return {
            "measured": str(document["measured"]),
            "lost": {str(case): str(reason) for case, reason in document["lost"].items()},
            "pools": {
                str(case): [
                    (_read_rounds(first), _read_rounds(second)) for first, second in pool
                ]
                for case, pool in document["pools"].items()
            },
        }
    except OSError as error:
        raise StoreError(f"{path} can't be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(f"{path} is damaged, or no self-test ({error}).") from error


def _of_this_format(document: Mapping[str, Any]) -> None:
    if document["format"] != FORMAT:
        raise ValueError(f"its format is {document['format']}, not {FORMAT}")


def _read_rounds(stored: Any) -> Rounds:
    seconds, turns = stored
    times = [float(one) for one in seconds]
    if not times or min(times) <= 0:
        raise ValueError("a process has no times above zero")
    return Rounds(times, [int(one) for one in turns])
