"""Takes a value of a run file for what a column holds; anything else is missing.

A file of another suite may hold anything under a name that this suite uses, so no value is
trusted to be of the type that its name promises.
"""

from __future__ import annotations

import math
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import msgspec

from bench.loading.columns import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

#: Larger whole numbers than this are missing: 64 bits hold it, and one less on either side.
LARGEST = 2**63 - 2

_json = msgspec.json.Encoder(order="sorted")


def text(value: Any) -> str | None:
    """Return a text; None for anything else."""
    return value if type(value) is str else None


def number(value: Any) -> float | None:
    """Return a finite number; None for anything else, ``True`` too."""
    if type(value) is float:
        return value if math.isfinite(value) else None
    if type(value) is int:
        return float(value) if -LARGEST <= value <= LARGEST else None
    return None


def integer(value: Any) -> int | None:
    """Return a whole number of 64 bits; None for anything else."""
    if type(value) is float and value.is_integer():
        value = int(value)
    return value if type(value) is int and -LARGEST <= value <= LARGEST else None


def boolean(value: Any) -> bool | None:
    """Return true or false; None for anything else."""
    return value if type(value) is bool else None


#: By what a column holds.
READERS: dict[Kind, Callable[[Any], Any]] = {
    Kind.TEXT: text,
    Kind.INTEGER: integer,
    Kind.FLOAT: number,
    Kind.BOOLEAN: boolean,
}


def interval(value: Any) -> tuple[float, float] | None:
    """Return the two ends of an interval; None for anything else."""
    if type(value) is not list or len(value) != 2:
        return None
    low, high = number(value[0]), number(value[1])
    return None if low is None or high is None else (low, high)


def as_json(value: Any) -> str | None:
    """Return a value as JSON, names sorted; None for None."""
    return None if value is None else _json.encode(value).decode()


def record(value: Any) -> dict[str, Any]:
    """Return an object's fields; none for anything else."""
    return value if type(value) is dict else {}


def moment(value: Any) -> datetime | None:
    """Return a time; None for anything else.

    Parameters
    ----------
    value : object
        As ISO 8601; without an offset, in UTC, which is what old versions of pytest-benchmark
        write.

    Returns
    -------
    datetime or None
        In UTC, without a time zone.
    """
    if type(value) is not str:
        return None
    try:
        time = datetime.fromisoformat(value.replace("Z", "+00:00"))
        return time.astimezone(timezone.utc).replace(tzinfo=None) if time.tzinfo else time
    except (ValueError, OverflowError):
        return None
