"""How often a rule is wrong on a machine, as ``python -m bench selftest`` has measured it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scipy.special import betaincinv

if TYPE_CHECKING:
    from collections.abc import Sequence

CONFIDENCE = 0.95
COMPARISONS = "comparisons"


@dataclass(frozen=True)
class Share:
    """So many of so many.

    Attributes
    ----------
    count, of : int
    """

    count: int
    of: int

    @property
    def value(self) -> float:
        """The share; NaN of none."""
        return self.count / self.of if self.of else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """Its interval at 95% (Clopper & Pearson 1934, *Biometrika* 26:404)."""
        if not self.of:
            return 0.0, 1.0
        count, rest = self.count, self.of - self.count
        tail = (1.0 - CONFIDENCE) / 2
        low = float(betaincinv(count, rest + 1, tail)) if count else 0.0
        high = float(betaincinv(count + 1, rest, 1.0 - tail)) if rest else 1.0
        return low, high


@dataclass(frozen=True)
class Rates:
    """How often a rule is wrong, and how often it finds what is there.

    Attributes
    ----------
    rule : str
        ``ab``, ``compare``, or the name of another tool's.
    measured : str
        When, UTC.
    path : str
        The file that holds the samples.
    false_slower : Share
        Comparisons of identical code that were called slower.
    same : Share
        Those that were called the same.
    found : tuple of (float, Share)
        For injected slowdowns, each a share of the time: how many were called slower.
    unit : str
        What is counted.
    """

    rule: str
    measured: str
    path: str
    false_slower: Share
    same: Share
    found: Sequence[tuple[float, Share]] = ()
    unit: str = COMPARISONS
