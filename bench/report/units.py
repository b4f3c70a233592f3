"""Numbers as a person reads them: few digits and a unit that fits."""

from __future__ import annotations

import math

_PREFIXES = {9: "G", 6: "M", 3: "k", 0: "", -3: "m", -6: "µ", -9: "n"}


def engineering(value: float, unit: str, digits: int = 3) -> str:
    """Write a number with a prefix.

    Parameters
    ----------
    value : float
    unit : str
        May be empty.
    digits : int
        Significant ones.

    Returns
    -------
    str
        ``438 ms``, ``1.87 s``, ``2.61 M``; ``–`` where the value is not finite.
    """
    if not math.isfinite(value):
        return "–"
    if value == 0:
        return f"0 {unit}".strip()
    # Rounded before the prefix is chosen: 999.6 is written 1.00 k, not 1000.
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    scale = min(max(3 * (int(exponent) // 3), min(_PREFIXES)), max(_PREFIXES))
    shift = int(exponent) - scale
    scaled = float(mantissa) * 10.0**shift
    return f"{scaled:.{max(0, digits - 1 - shift)}f} {_PREFIXES[scale]}{unit}".strip()


def seconds(value: float) -> str:
    """Write a time: ``438 ms``."""
    return engineering(value, "s")


def rate(value: float) -> str:
    """Write a rate without its unit: ``2.61 M``."""
    return engineering(value, "")


def loss(value: float) -> str:
    """Write a loss: five decimals, as far as the published figures are compared."""
    return f"{value:.5f}" if math.isfinite(value) else "–"


def times(value: float) -> str:
    """Write a ratio: ``1.53x``."""
    if not math.isfinite(value):
        return "–"
    return f"{value:.2f}x" if value < 99.95 else f"{value:.0f}x"


def number(n: int, noun: str, plural: str | None = None) -> str:
    """Write how many there are of something: ``1 case``, ``2 cases``."""
    return f"{n} {noun}" if n == 1 else f"{n} {plural or noun + 's'}"


def count(value: float) -> str:
    """Write a count without its zeros: ``10M``."""
    for exponent in (9, 6, 3):
        if value >= 10**exponent:
            return f"{value / 10**exponent:g}{_PREFIXES[exponent]}"
    return f"{value:g}"


def binary_bytes(value: float) -> str:
    """Write a number of bytes that is a power of two: ``64 KiB``."""
    for exponent, prefix in ((30, "Gi"), (20, "Mi"), (10, "Ki")):
        if value >= 2**exponent:
            return f"{value / 2**exponent:g} {prefix}B"
    return f"{value:g} B"
