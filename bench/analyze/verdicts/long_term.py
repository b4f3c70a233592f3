"""What a whole history shows beside today's verdict: steps, and slow drift."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.analyze.verdicts.percent import percent

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True)
class Change:
    """A step in the history of a case, a kernel, or a part of the machine.

    Attributes
    ----------
    name : str
        ``machine: memory``, ``kernel numpy.closed_form, epoch``, or the case.
    last_before, first_after : datetime
        When the runs on both sides of it were taken, UTC.
    run : str
        The first run after it.
    ratio : float
        Seconds after it over seconds before: above 1 is slower.
    low, high : float
        Its interval.
    what_changed : tuple of str
        Facts of the two runs that differ: ``kernel: Linux 6.1 and Linux 6.8``.
    """

    name: str
    last_before: datetime
    first_after: datetime
    run: str
    ratio: float
    low: float
    high: float
    what_changed: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The change in one sentence."""
        facts = "; ".join(self.what_changed) or "no fact that the runs tell"
        return (
            f"{self.name}: {_percent(self.ratio, self.low, self.high)} since "
            f"{self.first_after:%Y-%m-%d %H:%M} ({self.run}). Changed between the two runs: "
            f"{facts}."
        )


@dataclass(frozen=True)
class Drift:
    """A slow change without a step.

    Attributes
    ----------
    name : str
    since : datetime
        The first run that shows it.
    n_runs : int
    ratio_a_month : float
        Seconds after 30 days over seconds before.
    low, high : float
        Its interval.
    ratio : float
        Over all of it.
    """

    name: str
    since: datetime
    n_runs: int
    ratio_a_month: float
    low: float
    high: float
    ratio: float

    @property
    def sentence(self) -> str:
        """The drift in one sentence."""
        return (
            f"{self.name}: {_percent(self.ratio_a_month, self.low, self.high)} a month, with "
            f"no step, over {self.n_runs} runs since {self.since:%Y-%m-%d}: "
            f"{_percent(self.ratio)} in all."
        )


def _percent(ratio: float, low: float | None = None, high: float | None = None) -> str:
    """Write ``5.1% slower (4.2% to 6%)``."""
    sign = 1 if ratio >= 1 else -1
    word = "slower" if sign > 0 else "faster"
    told = percent(sign * (ratio - 1))
    if low is None or high is None:
        return f"{told} {word}"
    ends = sorted(sign * (one - 1) for one in (low, high))
    return f"{told} {word} ({percent(ends[0])} to {percent(ends[1])})"
