"""Ratios as tables: the mean of every library, the largest changes, and all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.analyze.comparing.summary import changes, summary
from bench.report.digits import measured
from bench.report.markdown.escaping import code, text
from bench.report.markdown.table import paragraph, table
from bench.report.quality_marks import UNTRUSTED
from bench.report.ratio_text import ratio

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from bench.analyze.comparing.comparison import Comparison
    from bench.report.markdown.table import Part

NOT_INDEPENDENT = (
    "The means are geometric. The cases of a group share most of their code and are not "
    "independent, so many of them say less than their number. Slower and faster are those "
    "whose interval excludes 1."
)
CHANGES = ("Largest changes: these take longer", "Largest changes: these take less")


def groups(found: Comparison) -> Iterator[Part]:
    """Write the mean of each library's cases.

    Parameters
    ----------
    found : Comparison

    Yields
    ------
    Part
    """
    together = summary(found.rows, kernels=False)
    rows = [
        [
            *_side(found, row),
            _text(row["case"]) or "other benchmarks",
            _text(row["device"]),
            _text(row["backend"]),
            f"{row['n']}",
            ratio(row["ratio"]),
            f"{ratio(row['lowest'])} to {ratio(row['highest'])}",
            f"{row['n_slower']}",
            f"{row['n_faster']}",
        ]
        for _, row in together.iterrows()
    ]
    if rows:
        columns = [*_side_column(found), "case", "device", "library", "cases", "mean ratio"]
        columns += ["from … to", "slower", "faster"]
        last = len(columns)
        yield table(columns, rows, range(last - 5, last), "Ratios by library")
        yield paragraph(NOT_INDEPENDENT)


def largest(found: Comparison) -> Iterator[Part]:
    """Write the largest changes both ways.

    Parameters
    ----------
    found : Comparison

    Yields
    ------
    Part
    """
    for rows, title in zip(changes(found.rows), CHANGES, strict=True):
        if len(rows):
            yield _ratios(found, rows, title)


def every(found: Comparison) -> Part:
    """Write all ratios.

    Parameters
    ----------
    found : Comparison

    Returns
    -------
    Part
    """
    return _ratios(found, found.rows[found.rows["side"] > 0], "")


def _ratios(found: Comparison, rows: pd.DataFrame, title: str) -> Part:
    baseline = found.rows[found.rows["side"] == 0].set_index("key")
    lines = []
    for _, row in rows.iterrows():
        base = baseline.loc[row["key"]]
        disturbed = f" {UNTRUSTED}" if row["untrusted"] or base["untrusted"] else ""
        written = ratio(row["ratio"], row["ratio_low"], row["ratio_high"])
        cells = [code(row["name"]), *_side(found, row), _time(base), _time(row)]
        lines.append([*cells, written + disturbed, row["ratio_basis"]])
    columns = ["case", *_side_column(found), "baseline", "this side"]
    columns += ["ratio (95% interval)", "interval from"]
    last = len(columns) - 1
    return table(columns, lines, range(last - 3, last), title)


def _side(found: Comparison, row: pd.Series) -> list[str]:
    """Return the cell that names the side, where there is more than one to name."""
    return [text(found.sides[row["side"]].label)] if _side_column(found) else []


def _side_column(found: Comparison) -> list[str]:
    return ["side"] if len(found.sides) > 2 else []


def _time(row: pd.Series) -> str:
    return measured(row["seconds"], (row["high"] - row["low"]) / 2)


def _text(value: object) -> str:
    return text(value) if isinstance(value, str) else ""
