"""The rules of this suite, as they are applied to what is measured."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from bench.analyze.error_rates.rule import Said
from bench.analyze.verdicts.margins import DEFAULT
from bench.analyze.verdicts.process_time import process_time
from bench.analyze.verdicts.sequential import MOST_PAIRS, replay
from bench.analyze.verdicts.stored import judge
from bench.analyze.verdicts.verdict import Verdict

if TYPE_CHECKING:
    from bench.analyze.error_rates.rule import Pool


@dataclass(frozen=True)
class Ab:
    """``bench ab``: pairs until it is clear, one after the other from the pool.

    Attributes
    ----------
    margin : float
    most_pairs : int
    """

    margin: float = DEFAULT
    most_pairs: int = MOST_PAIRS
    name: str = "ab"
    title: str = "bench ab"
    source: str = "bench.analyze.verdicts.sequential"

    def say(self, pool: Pool, slowdown: float) -> Said | None:
        """Judge pairs until the case is decided."""
        differences = [
            math.log(process_time(second) * (1 + slowdown) / process_time(first))
            for first, second in pool[: self.most_pairs]
        ]
        decided = replay(differences, self.margin, self.most_pairs)
        if decided.verdict is Verdict.UNCLEAR and len(differences) < self.most_pairs:
            return None  # it would have had more pairs
        used = decided.n_pairs if decided.verdict is not Verdict.UNCLEAR else self.most_pairs
        slower = decided.verdict is Verdict.SLOWER
        return Said(slower, decided.verdict is Verdict.SAME, used)


@dataclass(frozen=True)
class Compare:
    """``bench compare``: two runs of several processes, the second after the first.

    Attributes
    ----------
    margin : float
    processes : int
        Of each run.
    """

    margin: float = DEFAULT
    processes: int = 5
    name: str = "compare"
    title: str = "bench compare (5 processes)"
    source: str = "bench.analyze.verdicts.stored"

    def say(self, pool: Pool, slowdown: float) -> Said | None:
        """Judge the first sides of some pairs against the second sides of the next."""
        n = self.processes
        if len(pool) < 2 * n:
            return None
        before = [[median(first.seconds) for first, _ in pool[:n]]]
        now = [[median(second.seconds) * (1 + slowdown) for _, second in pool[n : 2 * n]]]
        judged = judge(before, now, np.array([self.margin]))
        (verdict,) = judged.verdict
        slower = verdict is Verdict.SLOWER and bool(judged.confirmed[0])
        return Said(slower, verdict is Verdict.SAME, n)
