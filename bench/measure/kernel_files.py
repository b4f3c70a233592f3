"""Reads the small files in which the kernel says how a machine is set."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

BINARY_PREFIXES = {"K": 2**10, "M": 2**20, "G": 2**30}


def text(path: Path) -> str:
    """Return what a file holds.

    Parameters
    ----------
    path : Path

    Returns
    -------
    str
        Without blanks around it; empty where it can't be read.
    """
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def size_bytes(written: str) -> int | None:
    """Read a size as the kernel writes it.

    Parameters
    ----------
    written : str
        ``48K``.

    Returns
    -------
    int or None
        None for what is no size.
    """
    digits = written.rstrip("KMG")
    factor = BINARY_PREFIXES.get(written[len(digits) :], 1)
    return int(digits) * factor if digits.isdecimal() else None


def n_listed(written: str) -> int:
    """Count the members of a list as the kernel writes it.

    Parameters
    ----------
    written : str
        ``0-3,8``.

    Returns
    -------
    int
    """
    ranges = (part.partition("-") for part in written.split(",") if part)
    return sum(int(last or first) - int(first) + 1 for first, _, last in ranges)


def listed(members: Iterable[int]) -> str:
    """Write a list as the kernel does.

    Parameters
    ----------
    members : iterable of int
        In ascending order.

    Returns
    -------
    str
        ``0-3,8``; empty for none.
    """
    ranges: list[list[int]] = []
    for member in members:
        if ranges and member == ranges[-1][1] + 1:
            ranges[-1][1] = member
        else:
            ranges.append([member, member])
    return ",".join(f"{a}" if a == b else f"{a}-{b}" for a, b in ranges)
