"""How a comparison is put into words."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bench.compare.comparison import Comparison
from bench.compare.side_by_side import changes
from bench.report.numbers import plain, ratio

#: What is compared, for a person.
AXES = {
    "run": "runs",
    "machine": "machines",
    "device": "devices",
    "version": "versions",
    "setting": "settings",
    "date": "dates",
}


def what(row: pd.Series) -> str:
    """Name what a row of a comparison timed, without its sizes.

    Parameters
    ----------
    row : Series
        Of ``Comparison.rows``.

    Returns
    -------
    str
        The kernel, with its loader where that is not memory; a library's control; or the
        name of a foreign benchmark.
    """

    def text(name: str) -> str:
        value = row.get(name)
        return value if isinstance(value, str) else ""

    if text("control"):
        return f"{text('backend')} {text('control')}".strip()
    name = text("kernel") or (text("backend") if text("case") else "")
    if not name:
        return str(row["name"])
    extra = [part for part in (text("loader"), text("engine")) if part not in {"", "inmemory"}]
    return " + ".join([name, *extra])


def comparison_outcome(found: Comparison, side: int) -> str:
    """Say in two sentences what one side comes to against the baseline.

    Parameters
    ----------
    side : int
        Its number, from 1.
    """
    rows = found.rows[(found.rows["side"] == side) & found.rows["ratio"].notna()]
    label, base = found.sides[side].label, found.baseline.label
    if rows.empty:
        return f"{label} shares no case with {base}."
    mean = float(np.exp(np.log(rows["ratio"].astype(float)).mean()))
    slower, faster = int((rows["ratio_low"] > 1).sum()), int((rows["ratio_high"] < 1).sum())
    unknown = int(rows["ratio_low"].isna().sum())
    rest = len(rows) - slower - faster - unknown
    counted = [
        f"{slower} take longer, {faster} less, beyond their 95% intervals",
        f"{rest} are not told apart",
    ]
    if unknown:
        counted.append(f"{unknown} have no interval")
    said = (
        f"{label} takes {plain(mean, None)}x as long as {base}, on the geometric mean of "
        f"{len(rows)} cases: {', '.join(counted)}."
    )
    most = _most(found, side)
    return f"{said} {most}".strip()


def _most(found: Comparison, side: int) -> str:
    """Name the largest changes both ways."""
    own = found.rows[found.rows["side"].isin([0, side])]
    said = []
    for rows, word in zip(changes(own, 1), ("slower", "faster"), strict=True):
        if len(rows):
            row = rows.iloc[0]
            text = ratio(row["ratio"], row["ratio_low"], row["ratio_high"])
            said.append(f"most {word}: {row['name']}, {text}")
    text = "; ".join(said)
    return f"{text[0].upper()}{text[1:]}." if text else ""
