"""What several processes say together of one case, and how far they are apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from bench.stats.medians import median_interval, relative_half_width
from bench.stats.rule import RULE

# Rounds of one process share its memory layout, its clocks and its neighbours, so they agree
# more with one another than with those of another process (Kalibera & Jones 2013, *Rigorous
# benchmarking in reasonable time*, ISMM). Both spreads are given: within processes, from the
# rounds, and between them, from the median of each.


@dataclass(frozen=True)
class Spread:
    """How well the median of a case is known.

    Attributes
    ----------
    median : float
        Of the rounds of all processes.
    interval : tuple of float, or None
        Of that median at 95%, as if all rounds were independent; None for too few.
    half_width : float
        Half of it, as a share of the median; infinite for too few rounds.
    medians : tuple of float
        Of each process.
    between : tuple of float, or None
        Interval for the median of what processes give; None for a single one.
    between_half_width : float or None
        Half of it, as a share of the median.
    between_confidence : float or None
        With which that interval holds: 95% from six processes on. Below, it reaches from
        the lowest to the highest, which holds with ``1 - 2^(1 - n)``: 93.75% for five.
    """

    median: float
    interval: tuple[float, float] | None
    half_width: float
    medians: tuple[float, ...]
    between: tuple[float, float] | None
    between_half_width: float | None
    between_confidence: float | None


def spread(processes: Sequence[Sequence[float]]) -> Spread:
    """Put the rounds of several processes together.

    Parameters
    ----------
    processes : sequence of sequence of float
        Seconds of one iteration, for each round of each process; no process without rounds.
    """
    pooled = [seconds for rounds in processes for seconds in rounds]
    medians = tuple(median(rounds) for rounds in processes)
    middle = median(pooled)
    between, width, confidence = None, None, None
    if len(medians) > 1:
        between = median_interval(medians)
        confidence = RULE.confidence
        if between is None:
            between = min(medians), max(medians)
            confidence = 1.0 - 2.0 ** (1 - len(medians))
        width = (between[1] - between[0]) / 2 / middle
    return Spread(
        median=middle,
        interval=median_interval(pooled),
        half_width=relative_half_width(pooled),
        medians=medians,
        between=between,
        between_half_width=width,
        between_confidence=confidence,
    )
