"""Numbers as a person reads them: few digits, a unit that fits, what the interval allows."""

from __future__ import annotations

import math
import re
from dataclasses import asdict, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from bench.stats.estimate import Estimate

# Numbers as a person reads them: few digits and a unit that fits.


_PREFIXES = {12: "T", 9: "G", 6: "M", 3: "k", 0: "", -3: "m", -6: "µ", -9: "n"}


def engineering(value: float, unit: str, digits: int = 3) -> str:
    """Write a number with a prefix.

    Parameters
    ----------
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
    exponent, prefix = binary_prefix(value)
    return f"{value / 2**exponent:g} {prefix}B"


def binary_prefix(value: float) -> tuple[int, str]:
    """Return the power of two that suits a number of bytes, and its prefix."""
    powers = ((30, "Gi"), (20, "Mi"), (10, "Ki"))
    return next((one for one in powers if abs(value) >= 2 ** one[0]), (0, ""))


def in_json(value: Any) -> Any:
    """Return plain Python values that JSON can hold: None for a number that it can't."""
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, dict):
        return {str(name): in_json(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [in_json(one) for one in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    plain = value.item() if hasattr(value, "item") else value
    return None if isinstance(plain, float) and not math.isfinite(plain) else plain


# How many digits of a number are shown: those that its interval leaves standing.
#
# The last digit shown is the first of the half-width, or its second where the first is a 1,
# so that rounding hides no more than a fifth of the interval and shows no digit that another
# measurement would turn (*Guide to the expression of uncertainty in measurement*, JCGM
# 100:2008, section 7.2.6).


#: Without an interval, and never more than these however narrow it is.
WITHOUT_INTERVAL, MOST = 3, 4


def significant(value: float, half_width: float | None) -> int:
    """Return how many significant digits of a value are shown.

    Parameters
    ----------
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
    half_width : float or None
        In the unit of the value; see `significant`.

    Returns
    -------
    str
        ``497.3 µs`` where it is known to 0.2 µs, ``500 µs`` where it is to 60 µs.
    """
    return engineering(value, unit, significant(value, half_width))


def estimated(time: Estimate) -> str:
    """Write a time with the digits that its interval allows."""
    return measured(time.value, (time.high - time.low) / 2)


def timed(case: Any) -> str:
    """Write the ``seconds`` of a case with the digits that ``low`` and ``high`` allow."""
    return measured(case["seconds"], (case["high"] - case["low"]) / 2)


def plain(value: float, half_width: float | None) -> str:
    """Write a number without a prefix, such as a ratio.

    Parameters
    ----------
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


# How a ratio is written: with the digits that its interval allows, and no prefix.


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


# How a change is written: in percent, and which way.


def change(ratio: float, low: float | None = None, high: float | None = None) -> str:
    """Write how much longer or shorter something takes.

    Parameters
    ----------
    ratio : float
        Seconds after over seconds before.
    low, high : float, optional
        Its interval.

    Returns
    -------
    str
        ``5.1% slower (4.2% to 6.0%)``, ``5.1% slower`` without an interval; of an interval
        the ends count in the direction of the change, so that one may be negative.
    """
    sign = 1 if ratio >= 1 else -1
    word = "slower" if sign > 0 else "faster"
    share = 100 * sign * (ratio - 1)
    if low is None or high is None:
        return f"{plain(share, abs(share) / 20)}% {word}"
    half = 50 * (high - low)
    ends = [plain(end, half) for end in sorted(100 * sign * (one - 1) for one in (low, high))]
    return f"{plain(share, half)}% {word} ({ends[0]}% to {ends[1]}%)"


#: Longer texts are cut: a comment is read by people, and has to fit.
MOST_CELL_CHARACTERS = 300


#: Characters that end lines, steer terminals or turn the direction of writing, and halves of
#: characters, which no file can hold.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]+")


#: What Python puts for a byte of a file's name that is no UTF-8.
_BYTE = re.compile(r"[\udc80-\udcff]")
#: What GitHub takes for a command, where a wrapped line begins with it or anywhere.
_COMMAND = re.compile(r"(?<!\S)::|##\[")
#: Of a sentence, a path or a name on a terminal.
LONG = 100_000


def one_line(value: object, most: int = MOST_CELL_CHARACTERS) -> str:
    r"""Return a value on one line, without what is no character, cut where it is long.

    A byte of a file's name that is no UTF-8 is written as ``\xff``.

    Parameters
    ----------
    most : int
        Characters.
    """
    text = _BYTE.sub(lambda byte: f"\\x{ord(byte[0]) - 0xDC00:02x}", str(value))
    line = " ".join(_CONTROL.sub(" ", text).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def printed(value: object, most: int = LONG) -> str:
    """Return `one_line` of a value for a terminal, whose lines may be GitHub's to read."""
    return _COMMAND.sub(lambda found: f"{found[0][:-1]} {found[0][-1]}", one_line(value, most))


def in_lines(value: Any) -> Any:
    """Return what a run file holds with each text as it may be `printed`."""
    if isinstance(value, str):
        return printed(value)
    if isinstance(value, dict):
        return {in_lines(key): in_lines(one) for key, one in value.items()}
    if isinstance(value, list):
        numbers = bool(value) and isinstance(value[0], float)
        return value if numbers else [in_lines(one) for one in value]
    return value


def percent(share: float) -> str:
    """Write a share: ``93%``, ``4.2%``, ``0.42%``; a dash where it is not finite."""
    if not math.isfinite(share):
        return "–"
    digits = 0 if share >= 0.0995 else 1 if share >= 0.00995 else 2
    return f"{100 * share:.{digits}f}%"


def plus_minus(share: float) -> str:
    """Write half an interval as a share: ``±0.42%``."""
    return f"±{percent(share)}"
