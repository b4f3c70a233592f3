"""The page that sets runs side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.compare.comparison import Comparison, Side
from bench.compare.over_time import points
from bench.history.machine_history import WholeHistory
from bench.report import numbers
from bench.report.charts.ratios import ratios_chart
from bench.report.charts.speed import sides_chart
from bench.report.comparison_text import (
    AXES,
    RATIO,
    beside_baseline,
    called,
    comparison_outcome,
    minute,
    text_of,
    what,
)
from bench.report.numbers import timed
from bench.report.page.blocks import (
    Block,
    Number,
    Page,
    Pick,
    Prose,
    Row,
    Section,
    Table,
    whole,
)
from bench.report.page.history_section import history_section, runs_table
from bench.report.page.measured_sections import drawn
from bench.report.verdicts import wording
from bench.stats.verdict import Judgement
from bench.store.table import Loaded

#: Below a verdict, ratios are told whatever their size.
BY_RULE = (
    "This is by the rule of python -m bench compare, which says why of each case. By the "
    "ratios alone:"
)


def several_runs(
    found: Comparison,
    loaded: Loaded,
    histories: Sequence[WholeHistory],
    verdict: Judgement | None = None,
) -> Page:
    """Make the page.

    Parameters
    ----------
    loaded : Loaded
        What was compared.
    histories : sequence of WholeHistory
        What it says over time, a machine each.
    verdict : Judgement or None
        Of two runs.
    """
    said = [] if verdict is None else [" ".join(wording.changes(verdict)), BY_RULE]
    said += [comparison_outcome(found, side) for side in range(1, len(found.sides))]
    return Page(
        title=f"{AXES[found.axis].capitalize()} side by side",
        subtitle=", ".join(side.label for side in found.sides),
        sections=(
            Section("answer", "The answer", (*map(Prose, said), Prose(RATIO, "note"))),
            Section("run", "The runs", tuple(_compared(found, loaded))),
            Section("ratios", "Ratios", tuple(_ratios(found))),
            Section("speed", "Speed against batch size", (drawn(sides_chart, found),)),
            history_section(loaded, histories, points(loaded.cases, loaded.runs)),
            Section("partial", "What is not compared", tuple(_left_out(found))),
            Section("differences", "What differs between the runs", (_differences(found),)),
        ),
        made_from=", ".join(dict.fromkeys(side.run for side in found.sides)),
    )


def _compared(found: Comparison, loaded: Loaded) -> Iterator[Block]:
    yield Prose(
        f"{AXES[found.axis].capitalize()} are compared; the baseline is {found.baseline.label}."
    )
    yield from (Prose(text, "warning") for text in found.warnings)
    rows = [_side(side) for side in found.sides]
    yield Table("sides-table", "What is side by side", rows, sortable=False)
    yield runs_table(loaded.runs)


def _side(side: Side) -> Row:
    commit = "–" if side.commit is None else side.commit[:10]
    return {
        "side": side.label,
        "run": side.run,
        "device": side.device or "all",
        "taken (UTC)": minute(side.taken),
        "commit": f"{commit}{' (changed since)' if side.dirty else ''}",
        "processes": whole(side.processes),
        "cases": whole(side.n_cases),
    }


def _ratios(found: Comparison) -> Iterator[Block]:
    yield drawn(ratios_chart, found)
    labels = [side.label for side in found.sides]
    against = found.rows[found.rows["side"] > 0]
    rows: list[Row] = [
        {
            "what": what(row),
            "case": Pick(text_of(row, "case")),
            "side": Pick(labels[row["side"]]),
            "baseline": Number(timed(base), float(base["seconds"])),
            "this side": Number(timed(row), float(row["seconds"])),
            "ratio (95% interval)": Number(written, row["ratio"]),
            "interval from": Pick(str(row["ratio_basis"])),
            "name": called(row),
        }
        for row, base, written in beside_baseline(found, against)
    ]
    yield Table("ratios-table", "Every ratio", rows)


def _left_out(found: Comparison) -> Iterator[Block]:
    """Say which cases are on some sides only, and which are called alike and are not."""
    if found.partial.empty and found.different_work.empty:
        yield Prose("Every case is on every side.")
    labels = [side.label for side in found.sides]
    partial: list[Row] = [
        {"case": called(row), "only on": Pick(", ".join(labels[one] for one in row["sides"]))}
        for _, row in found.partial.iterrows()
    ]
    caption = f"{numbers.number(len(partial), 'case is', 'cases are')} missing on some side"
    yield Table("partial-table", caption, partial)
    different = [
        {
            "case": str(row["name"]),
            "side": labels[row["side"]],
            "fact": str(row["fact"]),
            "baseline": str(row["baseline_value"]),
            "this side": str(row["side_value"]),
        }
        for _, row in found.different_work.iterrows()
    ]
    caption = "Called the same, and different work: not compared"
    yield Table("different-table", caption, different)


def _differences(found: Comparison) -> Table | Prose:
    if not found.differences:
        return Prose("Nothing that the files tell: same machine, versions and settings.")
    labels = [side.label for side in found.sides]
    rows: list[Row] = [
        {
            "fact": one.fact,
            "kind": Pick(one.kind),
            **dict(zip(labels, one.values, strict=True)),
            "is what is compared": Pick("yes" if one.expected else "no"),
            "ratios that may depend on it": whole(one.n_touched),
        }
        for one in found.differences
    ]
    return Table("differences-table", "Facts in which the runs differ", rows)
