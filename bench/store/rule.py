"""Every number of stored runs that was chosen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """Numbers of the store. Those without another origin were chosen by hand.

    Attributes
    ----------
    fact_tolerance : float
        Relative difference of two numbers that are the same: rates are tuned, and read from
        text.
    """

    fact_tolerance: float = 1e-6


RULE = Rule()
