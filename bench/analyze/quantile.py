"""Low quantiles: what a round takes that nothing has disturbed.

What disturbs a round only ever makes it longer. The lower quartile is steady with few rounds;
the fifth percentile is where most rounds are disturbed, and the few that are not tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def lower_quartile(values: Sequence[float]) -> float:
    """Return the value below which a quarter lies; as `quantile`."""
    return quantile(values, 0.25)


def fifth_percentile(values: Sequence[float]) -> float:
    """Return the value below which a twentieth lies; as `quantile`."""
    return quantile(values, 0.05)


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value below which a share lies.

    Parameters
    ----------
    values : sequence of float
        At least one.
    share : float
        From 0 to 1.

    Returns
    -------
    float
        Between two of them in proportion (definition 7 of Hyndman & Fan 1996, *Am. Stat.*
        50:361), as ``numpy.quantile`` does, which takes longer for a list than all else.
    """
    ordered = sorted(values)
    place = (len(ordered) - 1) * share
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    part = place - below
    return ordered[below] * (1 - part) + ordered[above] * part
