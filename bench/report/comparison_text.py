"""How a comparison is put into words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from bench.compare.comparison import Comparison
from bench.compare.side_by_side import changes
from bench.report.grid import UNTRUSTED
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

RATIO = (
    "A ratio is the time of a side over that of the baseline: above 1 is slower. Where both "
    "were measured by several processes, its 95% interval is from the processes' medians; "
    "where one process measured, it is from the rounds, and too narrow to tell runs apart "
    "by a few percent."
)


def what(row: pd.Series) -> str:
    """Name what a case timed, a kernel with its loader where that is not memory."""
    extra = (text_of(row, "loader"), text_of(row, "engine"))
    return " + ".join([subject(row), *(part for part in extra if part not in {"", "inmemory"})])


def subject(row: pd.Series) -> str:
    """Name what a case timed: a kernel, a library's control, or a foreign benchmark."""
    control = f"{text_of(row, 'backend')} {text_of(row, 'control')}".strip()
    return text_of(row, "kernel") or control or called(row)


def called(row: Mapping[str, Any] | pd.Series) -> str:
    """Name a case as no other is named: a benchmark of another suite by its full name."""
    return ("" if text_of(row, "case") else text_of(row, "fullname")) or str(row["name"])


def text_of(row: Mapping[str, Any] | pd.Series, name: str) -> str:
    """Return a text of a case or a run; empty where it has none of that name."""
    value = row.get(name)
    return value if isinstance(value, str) else ""


def furthest(cases: pd.DataFrame, most: int) -> tuple[pd.DataFrame, int]:
    """Return the cases whose last run is furthest from the earlier ones.

    Parameters
    ----------
    cases : DataFrame
        From ``bench.compare.over_time.over_time``.

    Returns
    -------
    tuple of (DataFrame, int)
        At most so many, the largest step first; and of how many a step is known.
    """
    apart = np.abs(np.log(cases["ratio"].to_numpy(dtype=float)))
    n_known = int(np.isfinite(apart).sum())
    return cases.iloc[np.argsort(-apart, kind="stable")[: min(n_known, most)]], n_known


def minute(taken: datetime) -> str:
    """Write a time to the minute; a dash for one that is not known."""
    return "–" if pd.isna(taken) else f"{taken:%Y-%m-%d %H:%M}"


def beside_baseline(
    found: Comparison, rows: pd.DataFrame
) -> Iterator[tuple[pd.Series, pd.Series, str]]:
    """Yield cases with those of the baseline, and their ratio as it is written.

    Parameters
    ----------
    rows : DataFrame
        Of ``found.rows``.
    """
    baseline = found.rows[found.rows["side"] == 0].set_index("key")
    for _, row in rows.iterrows():
        base = baseline.loc[row["key"]]
        disturbed = f" {UNTRUSTED}" if row["untrusted"] or base["untrusted"] else ""
        written = ratio(row["ratio"], row["ratio_low"], row["ratio_high"])
        yield row, base, written + disturbed


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
