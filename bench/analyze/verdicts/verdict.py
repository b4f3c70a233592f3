"""What can be said of a case that was measured before and now."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Verdict(str, Enum):
    """What is said of a case; never more than its numbers bear."""

    SLOWER = "slower"
    FASTER = "faster"
    SAME = "same"
    UNCLEAR = "unclear"
    """Measured, and not precise enough to tell."""
    UNTRUSTED = "untrusted"
    """Something disturbed the measurement: no claim is made."""
    NOT_COMPARABLE = "not comparable"
    """It is missing on a side, or did other work there."""


@dataclass(frozen=True)
class CaseVerdict:
    """What is said of one case, and why.

    Attributes
    ----------
    name : str
        Of the case: ``bench_epoch[…]``.
    verdict : Verdict
    reason : str
        One sentence.
    ratio : float or None
        Seconds now over seconds before: above 1 is slower. None where there is none.
    low, high : float or None
        Its interval.
    margin : float
        Changes up to this share are called the same.
    n_before, n_now : int
        Fresh processes, or runs where runs are the unit, that it rests on.
    confirmed : bool
        Measurements that had no part in flagging the case say the same of it.
    cause : str
        Of a change, where controls tell it: ``code``, ``machine (memory)``; else empty.
    fact : str
        What differs, of a case that is not comparable; else empty.
    """

    name: str
    verdict: Verdict
    reason: str
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    margin: float = 0.0
    n_before: int = 0
    n_now: int = 0
    confirmed: bool = False
    cause: str = ""
    fact: str = ""
