"""Runs side by side as a comment on a pull request."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from bench.compare.comparison import MOST_SIDES, Comparison, Difference, Side
from bench.compare.over_time import over_time
from bench.compare.side_by_side import changes, summary
from bench.report.comparison_text import (
    AXES,
    RATIO,
    beside_baseline,
    called,
    comparison_outcome,
    furthest,
    minute,
    text_of,
)
from bench.report.markdown.elements import (
    LONG,
    Part,
    code,
    fitted,
    folded,
    paragraph,
    table,
    text,
    warned,
)
from bench.report.numbers import measured, number, percent, ratio, seconds, timed
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
    rows = [
        _cells(benchmark, row)
        for benchmark, (_, row) in zip(document["benchmarks"], cases.iterrows(), strict=True)
        if not text_of(row, "case")
    ]
    if rows:
        yield table(rows, list(rows[0])[2:], "Benchmarks")


def _cells(benchmark: Mapping[str, Any], row: pd.Series) -> dict[str, str]:
    stats = benchmark.get("stats") or {}
    low, high = row["low"], row["high"]
    ends = f"{measured(low, (high - low) / 2)} to {measured(high, (high - low) / 2)}"
    if not math.isfinite(low):
        q1, q3 = stats.get("q1"), stats.get("q3")
        ends = "–"
        if isinstance(q1, (int, float)) and isinstance(q3, (int, float)):
            ends = f"{seconds(q1)} to {seconds(q3)} (quartiles)"
    return {
        "group": text(benchmark.get("group") or ""),
        "name": code(called(benchmark)),
        "median": timed(row),
        "95% interval, or quartiles": ends,
        "rounds": text(row["rounds"]),
    }


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
        {
            **_side(found, row),
            "case": text(text_of(row, "case") or "other benchmarks"),
            "device": text(text_of(row, "device")),
            "library": text(text_of(row, "backend")),
            "cases": f"{row['n']}",
            "mean ratio": ratio(row["ratio"]),
            "from … to": f"{ratio(row['lowest'])} to {ratio(row['highest'])}",
            "slower": f"{row['n_slower']}",
            "faster": f"{row['n_faster']}",
        }
        for _, row in together.iterrows()
    ]
    if rows:
        yield table(rows, list(rows[0])[-5:], "Ratios by library")
        yield paragraph(NOT_INDEPENDENT)


def largest(found: Comparison) -> Iterator[Part]:
    """Write the largest changes both ways."""
    for rows, title in zip(changes(found.rows), CHANGES, strict=True):
        if len(rows):
            yield _ratios(found, rows, title)


def _ratios(found: Comparison, rows: pd.DataFrame, title: str) -> Part:
    listed = [
        {
            "case": code(called(row)),
            **_side(found, row),
            "baseline": timed(base),
            "this side": timed(row),
            "ratio (95% interval)": written,
            "interval from": row["ratio_basis"],
        }
        for row, base, written in beside_baseline(found, rows)
    ]
    return table(listed, ("baseline", "this side", "ratio (95% interval)"), title)


def _side(found: Comparison, row: pd.Series) -> dict[str, str]:
    """Return the cell that names the side, where there is more than one to name."""
    return {"side": text(found.sides[row["side"]].label)} if len(found.sides) > 2 else {}


# What is side by side, and in which facts the runs differ.


COMMIT_DIGITS = 7
#: Values of a fact are shown up to so many characters.
LONG_VALUE = 80


def sides(compared: Sequence[Side]) -> Part:
    """Write the sides."""
    rows = [
        {
            "side": text(side.label),
            "run": code(side.run),
            "taken (UTC)": minute(side.taken),
            "commit": code((side.commit or "")[:COMMIT_DIGITS])
            + (" with changes" if side.dirty else ""),
            "processes": f"{side.processes}",
            "cases": f"{side.n_cases}",
        }
        for side in compared
    ]
    return table(rows, ("processes", "cases"), "The first is the baseline")


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
    rows = [
        {
            "fact": code(one.fact),
            **dict(zip(labels, _told(one, few=few), strict=True)),
            "role": _role(one, n_ratios),
        }
        for one in listed
    ]
    return table(rows, title=title)


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
    largest, _ = furthest(over_time(loaded.cases, loaded.runs), MOST_STEPS)
    rows = [
        {
            "case": code(called(row)),
            "runs": f"{row['n_runs']}",
            "median": seconds(row["median"]),
            "spread between runs": percent(row["spread"]),
            "last": seconds(row["last"]),
            "last over the median of the earlier (95% for one more run)": ratio(
                row["ratio"], row["ratio_low"], row["ratio_high"]
            ),
        }
        for _, row in largest.iterrows()
    ]
    numbers = list(rows[0])[1:] if rows else ()
    return table(rows, numbers, "The largest steps of the last run")


# Runs side by side as a comment on a pull request.


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
    parts = [
        paragraph(f"### {AXES[found.axis].capitalize()} side by side"),
        *warned(found.warnings),
    ]
    few = len(found.sides) <= MOST_SIDES
    if few:
        against = found.rows[found.rows["side"] > 0]
        outcomes = (comparison_outcome(found, side) for side in range(1, len(found.sides)))
        parts += [paragraph(text(outcome, LONG)) for outcome in outcomes]
        parts += [sides(found.sides), *differences(found)]
        parts += [*groups(found), *largest(found), *_partial(found)]
        parts += folded("All ratios", paragraph(RATIO), _ratios(found, against, ""))
    else:
        parts += [steps(loaded), *differences(found)]
        parts += folded("All runs", sides(found.sides))
    runs = dict.fromkeys(side.run for side in found.sides)
    names = " ".join(runs) if few else "RUN …"
    where = f"{code(f'python -m bench report {names} --format csv', LONG)} has them all"
    return fitted(parts, where)


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
