"""What stands behind a time that is not as good as it should be."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

IMPRECISE, UNTRUSTED = "~", "?"


def mark(row: pd.Series) -> str:
    """Return what stands behind a time in a table.

    Parameters
    ----------
    row : Series
        Of a table of cases.

    Returns
    -------
    str
        ``?`` for a case that most rounds of were disturbed, ``~`` for one whose median is
        not known well enough, a blank for a good one; empty where the run does not say.
    """
    target = row.get("target_half_width")
    if target is None or math.isnan(target):
        return ""
    if bool(row.get("untrusted")):
        return UNTRUSTED
    width = row.get("half_width")
    return " " if width is not None and width <= target else IMPRECISE
