"""How many digits of a number are shown: those that its interval leaves standing.

The last digit shown is the first of the half-width, or its second where the first is a 1,
so that rounding hides no more than a fifth of the interval and shows no digit that another
measurement would turn (*Guide to the expression of uncertainty in measurement*, JCGM
100:2008, section 7.2.6).
"""

from __future__ import annotations

import math

from bench.report.units import engineering

#: Without an interval, and never more than these however narrow it is.
WITHOUT_INTERVAL, MOST = 3, 4


def significant(value: float, half_width: float | None) -> int:
    """Return how many significant digits of a value are shown.

    Parameters
    ----------
    value : float
    half_width : float or None
        Half of its interval, in the unit of the value; None or NaN where it is not known,
        infinite where nothing is.

    Returns
    -------
    int
        1 to `MOST`; `WITHOUT_INTERVAL` where the half-width is not known.
    """
    if half_width is None or math.isnan(half_width) or not math.isfinite(value) or value == 0:
        return WITHOUT_INTERVAL
    if math.isinf(half_width):
        return 1
    if half_width <= 0:
        return MOST
    mantissa, exponent = f"{half_width:.1e}".split("e")
    last = int(exponent) - mantissa.startswith("1")
    first = math.floor(math.log10(abs(value)))
    return min(max(first - last + 1, 1), MOST)


def measured(value: float, half_width: float | None, unit: str = "s") -> str:
    """Write a measured number with a prefix and the digits that its interval allows.

    Parameters
    ----------
    value : float
    half_width : float or None
        In the unit of the value; see `significant`.
    unit : str

    Returns
    -------
    str
        ``497.3 µs`` where it is known to 0.2 µs, ``500 µs`` where it is to 60 µs.
    """
    return engineering(value, unit, significant(value, half_width))


def plain(value: float, half_width: float | None) -> str:
    """Write a number without a prefix, such as a ratio.

    Parameters
    ----------
    value : float
    half_width : float or None
        See `significant`.

    Returns
    -------
    str
        ``0.976``, ``1.24``, ``582``; ``–`` where it is not finite. The half-width says which
        digit is the last: known to 0.03, 0.996 is ``1.00``, as 1.004 is.
    """
    if not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    digits = significant(value, half_width)
    rounded = float(f"{value:.{digits - 1}e}")
    by_interval = digits > 1 and half_width is not None and half_width > 0
    place = digits - 1 - math.floor(math.log10(abs(value if by_interval else rounded)))
    return f"{rounded:.{max(place, 0)}f}"
