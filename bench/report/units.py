"""Numbers as a person reads them: three digits and a unit that fits."""

from __future__ import annotations

import math

_PREFIXES = (
    (1e9, "G"),
    (1e6, "M"),
    (1e3, "k"),
    (1.0, ""),
    (1e-3, "m"),
    (1e-6, "µ"),
    (1e-9, "n"),
)


def engineering(value: float, unit: str) -> str:
    """Write a number with three significant digits and a prefix.

    Parameters
    ----------
    value : float
    unit : str
        May be empty.

    Returns
    -------
    str
        ``438 ms``, ``1.87 s``, ``2.61 M``; ``–`` where the value is not finite.
    """
    if not math.isfinite(value):
        return "–"
    if value == 0:
        return f"0 {unit}".strip()
    # 999.6 is written 1.00 k, not 1000.
    fitting = (pair for pair in _PREFIXES if abs(value) >= 0.9995 * pair[0])
    scale, prefix = next(fitting, _PREFIXES[-1])
    scaled = value / scale
    digits = max(0, 2 - math.floor(math.log10(abs(scaled) * 1.0005)))
    return f"{scaled:.{digits}f} {prefix}{unit}".strip()


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


def count(value: float) -> str:
    """Write a count without its zeros: ``10M``."""
    for scale, prefix in _PREFIXES[:3]:
        if value >= scale:
            return f"{value / scale:g}{prefix}"
    return f"{value:g}"
