"""Runs side by side as a comment on a pull request."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from bench.compare.comparison import MOST_SIDES, Comparison, Difference, Side
from bench.compare.over_time import over_time
from bench.compare.side_by_side import changes, summary
from bench.report.comparison_text import AXES, comparison_outcome
from bench.report.grid import UNTRUSTED
from bench.report.markdown.elements import Part, code, fitted, folded, paragraph, table, text
from bench.report.numbers import measured, number, ratio, seconds, timed
from bench.report.run_tables import percent
from bench.store.table import Loaded

# Benchmarks of other suites: what any pytest-benchmark file tells.


def tables(document: Mapping[str, Any], cases: pd.DataFrame) -> Iterator[Part]:
    """Write the benchmarks that are no cases of this suite.

    Parameters
    ----------
    document : mapping
        The run file.
    cases : DataFrame
        From ``bench.store.tidy.interval_frame``.

    Yields
    ------
    Part
        One table or none.
    """
    own = cases["case"].notna() if "case" in cases else cases["seconds"].isna() & False
    rows = [
        _cells(benchmark, row)
        for benchmark, (_, row), ours in zip(
            document["benchmarks"], cases.iterrows(), own, strict=True
        )
        if not ours
    ]
    if rows:
        columns = ["group", "name", "median", "95% interval, or quartiles", "rounds"]
        yield table(columns, rows, (2, 3, 4), "Benchmarks")


def _cells(benchmark: Mapping[str, Any], row: pd.Series) -> list[str]:
    stats = benchmark.get("stats") or {}
    median, low, high = row["seconds"], row["low"], row["high"]
    ends = f"{measured(low, (high - low) / 2)} to {measured(high, (high - low) / 2)}"
    if not math.isfinite(low):
        q1, q3 = stats.get("q1"), stats.get("q3")
        ends = "–"
        if isinstance(q1, (int, float)) and isinstance(q3, (int, float)):
            ends = f"{seconds(q1)} to {seconds(q3)} (quartiles)"
    return [
        text(benchmark.get("group") or ""),
        code(benchmark.get("name")),
        measured(median, (high - low) / 2),
        ends,
        text(row["rounds"]),
    ]


# Ratios as tables: the mean of every library, the largest changes, and all of them.


NOT_INDEPENDENT = (
    "The means are geometric. The cases of a group share most of their code and are not "
    "independent, so many of them say less than their number. Slower and faster are those "
    "whose interval excludes 1."
)
CHANGES = ("Largest changes: these take longer", "Largest changes: these take less")


def groups(found: Comparison) -> Iterator[Part]:
    """Write the mean of each library's cases."""
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
    """Write the largest changes both ways."""
    for rows, title in zip(changes(found.rows), CHANGES, strict=True):
        if len(rows):
            yield _ratios(found, rows, title)


def every(found: Comparison) -> Part:
    """Write all ratios."""
    return _ratios(found, found.rows[found.rows["side"] > 0], "")


def _ratios(found: Comparison, rows: pd.DataFrame, title: str) -> Part:
    baseline = found.rows[found.rows["side"] == 0].set_index("key")
    lines = []
    for _, row in rows.iterrows():
        base = baseline.loc[row["key"]]
        disturbed = f" {UNTRUSTED}" if row["untrusted"] or base["untrusted"] else ""
        written = ratio(row["ratio"], row["ratio_low"], row["ratio_high"])
        cells = [code(row["name"]), *_side(found, row), timed(base), timed(row)]
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


def _text(value: object) -> str:
    return text(value) if isinstance(value, str) else ""


# What is side by side, and in which facts the runs differ.


COMMIT_DIGITS = 7
#: Values of a fact are shown up to so many characters.
LONG_VALUE = 80


def sides(compared: Sequence[Side]) -> Part:
    """Write the sides."""
    rows = (
        [
            text(side.label),
            code(side.run),
            "–" if pd.isna(side.taken) else f"{side.taken:%Y-%m-%d %H:%M}",
            code((side.commit or "")[:COMMIT_DIGITS]) + (" with changes" if side.dirty else ""),
            f"{side.processes}",
            f"{side.n_cases}",
        ]
        for side in compared
    )
    columns = ["side", "run", "taken (UTC)", "commit", "processes", "cases"]
    return table(columns, rows, (4, 5), "The first is the baseline")


def differences(found: Comparison) -> Iterator[Part]:
    """Write the facts in which the runs differ; those that touch no ratio are folded."""
    touching = [one for one in found.differences if one.n_touched]
    others = [one for one in found.differences if not one.n_touched]
    if touching:
        yield _facts(found, touching, "What differs between the runs")
    if others:
        n_facts = number(len(others), "fact")
        differ = "differs" if len(others) == 1 else "differ"
        yield from folded(f"{n_facts} {differ} and touch no ratio", _facts(found, others, ""))


def _facts(found: Comparison, listed: Sequence[Difference], title: str) -> Part:
    few = len(found.sides) <= MOST_SIDES
    labels = [text(side.label) for side in found.sides] if few else ["values"]
    n_ratios = int((found.rows["side"] > 0).sum())
    rows = ([code(one.fact), *_told(one, few=few), _role(one, n_ratios)] for one in listed)
    return table(["fact", *labels, "role"], rows, (), title)


def _told(one: Difference, *, few: bool) -> list[str]:
    """Write the value of every side, or how many there are."""
    if few:
        return [text(value, LONG_VALUE) for value in tuple(one.values)]
    return [f"{len(set(one.values))} different ones"]


def _role(one: Difference, n_ratios: int) -> str:
    if not one.n_touched:
        return "touches no ratio"
    if one.expected:
        return "is compared"
    if one.n_touched == n_ratios:
        return "differs too"
    return f"differs too, for {one.n_touched} of {number(n_ratios, 'ratio')}"


# Many runs as a table: the cases whose last run is furthest from the earlier ones.


MOST_STEPS = 20


def steps(loaded: Loaded) -> Part:
    """Write the largest steps of the last run."""
    found = over_time(loaded.cases, loaded.runs)
    apart = np.abs(np.log(found["ratio"].to_numpy(dtype=float)))
    known = int(np.isfinite(apart).sum())
    first = np.argsort(-apart, kind="stable")[: min(known, MOST_STEPS)]
    rows = (
        [
            code(row["name"]),
            f"{row['n_runs']}",
            seconds(row["median"]),
            percent(row["spread"]),
            seconds(row["last"]),
            ratio(row["ratio"], row["ratio_low"], row["ratio_high"]),
        ]
        for _, row in found.iloc[first].iterrows()
    )
    columns = ["case", "runs", "median", "spread between runs", "last"]
    columns.append("last over the median of the earlier (95% for one more run)")
    return table(columns, rows, range(1, 6), "The largest steps of the last run")


# Runs side by side as a comment on a pull request.


RATIO = (
    "A ratio is the time of a side over that of the baseline, with its 95% interval: above 1 "
    "is slower."
)
#: Sentences are shown up to so many characters.
LONG = 1000


def several(found: Comparison, loaded: Loaded) -> str:
    """Write a comparison as Markdown for GitHub.

    Parameters
    ----------
    loaded : Loaded
        The runs that were compared.

    Returns
    -------
    str
        At most as long as GitHub takes. Beyond ``MOST_SIDES`` sides each case over time
        stands instead of ratios.
    """
    parts = [paragraph(f"### {AXES[found.axis].capitalize()} side by side"), *_warned(found)]
    few = len(found.sides) <= MOST_SIDES
    if few:
        outcomes = (comparison_outcome(found, side) for side in range(1, len(found.sides)))
        parts += [paragraph(text(outcome, LONG)) for outcome in outcomes]
        parts += [sides(found.sides), *differences(found)]
        parts += [*groups(found), *largest(found), *_partial(found)]
        parts += folded("All ratios", paragraph(RATIO), every(found))
    else:
        parts += [steps(loaded), *differences(found)]
        parts += folded("All runs", sides(found.sides))
    runs = dict.fromkeys(side.run for side in found.sides)
    names = " ".join(runs) if few else "RUN …"
    where = f"{code(f'python -m bench report {names} --format csv', LONG)} has them all"
    return fitted(parts, where)


def _warned(found: Comparison) -> Iterator[Part]:
    """Write the warnings in the frame that GitHub draws around them."""
    if found.warnings:
        lines = [f"> - {text(one, LONG)}" for one in found.warnings]
        yield paragraph("> [!WARNING]", *lines)


def _partial(found: Comparison) -> Iterator[Part]:
    """Count the cases that some side lacks, by who has them."""
    if found.partial.empty:
        return
    n_cases = number(len(found.partial), "case")
    by_sides = found.partial["sides"].value_counts()
    told = [
        f"{count} on {' and '.join(found.sides[side].label for side in sides)} alone"
        for sides, count in by_sides.head(MOST_SIDES).items()
    ]
    said = f"{n_cases} can't be compared on all sides: {'; '.join(told)}."
    yield paragraph(text(said, LONG))
