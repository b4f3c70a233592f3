"""How a ratio is written: with the digits that its interval allows, and no prefix."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from bench.report.digits import plain

if TYPE_CHECKING:
    from bench.analyze.estimate import Estimate

#: An interval that reaches so many times beyond the ratio says nothing: two processes that
#: are far apart give such a one.
VAST = 100.0


def ratio(value: float, low: float = math.nan, high: float = math.nan) -> str:
    """Write how many times as long, or as fast, something is.

    Parameters
    ----------
    value, low, high : float
        The ends of its interval are NaN where there is none.

    Returns
    -------
    str
        ``1.24x (1.20 to 1.28)``, ``0.246x`` without an interval, ``2x (hardly known)`` where it
        reaches everywhere, ``–`` where there is no ratio.
    """
    if not math.isfinite(value) or value <= 0:
        return "–"
    if high > VAST * value or low < value / VAST:
        return f"{plain(value, math.inf)}x (hardly known)"
    half_width = (high - low) / 2
    written = f"{plain(value, half_width)}x"
    if not math.isfinite(half_width):
        return written
    return f"{written} ({plain(low, half_width)} to {plain(high, half_width)})"


def quotient(one: Estimate, other: Estimate) -> str:
    """Write how many times as large as another number one is.

    Parameters
    ----------
    one, other : Estimate
        Independent of each other, so their relative half-widths add in quadrature; the ends
        are NaN where there is no interval.

    Returns
    -------
    str
        ``1.53x``, with the digits that both intervals allow.
    """
    value = one.value / other.value
    shares = [(known.high - known.low) / 2 / known.value for known in (one, other)]
    return f"{plain(value, value * math.hypot(*shares))}x"
