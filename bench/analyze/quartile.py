"""The lower quartile: what most rounds take that nothing has disturbed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def lower_quartile(values: Sequence[float]) -> float:
    """Return the value below which a quarter lies.

    Parameters
    ----------
    values : sequence of float
        At least one.

    Returns
    -------
    float
        Between two of them in proportion (definition 7 of Hyndman & Fan 1996, *Am. Stat.*
        50:361), as ``numpy.quantile`` does, which takes longer for a list than all else.
    """
    ordered = sorted(values)
    place = (len(ordered) - 1) / 4
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    part = place - below
    return ordered[below] * (1 - part) + ordered[above] * part
