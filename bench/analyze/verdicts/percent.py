"""Writes a share the way sentences about changes do."""

from __future__ import annotations

#: A change beyond so many percent is no longer told in digits.
MOST = 1000


def percent(share: float) -> str:
    """Write a share to two digits.

    Parameters
    ----------
    share : float

    Returns
    -------
    str
        ``4.2%``, ``-0.3%``, ``150%``, ``more than 1000%``.
    """
    if 100 * share >= MOST:
        return f"more than {MOST}%"
    return f"{float(f'{100 * share:.2g}'):g}%"
