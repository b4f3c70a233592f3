"""Tables over time: each case, change points, slow drift."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from bench.compare.over_time import over_time
from bench.history.machine_history import WholeHistory
from bench.report.comparison_text import what
from bench.report.numbers import change, measured
from bench.report.page.blocks import Cell, Column, Table, filtered, numeric
from bench.report.run_tables import percent
from bench.report.verdicts import wording
from bench.stats.verdict import CaseVerdict, Change, Drift
from bench.store.table import Loaded

#: Longer tables hold the newest.
MOST_CHANGES = 1000
CONTROL = "machine"
#: What a step or a drift is of: the machine's parts and kernels are judged as one.
KINDS = {"machine": "part of the machine", "kernel": "kernel", "": "case"}


def cases_table(
    loaded: Loaded, points: pd.DataFrame, histories: Sequence[WholeHistory]
) -> Table:
    """List every case of every machine.

    Parameters
    ----------
    points : DataFrame
        From ``bench.compare.over_time.points``.
    """
    head = (
        *(Column("what"), *filtered("case"), *_machine_column(histories)),
        *numeric("runs", "first", "median", "last", "spread between runs"),
        *numeric("newest run against earlier (95%)"),
        *(*filtered("verdict"), Column("name")),
    )
    rows = []
    for one in histories:
        own = points[points["run"].isin(set(one.machine.runs["run"]))]
        verdicts = {case.name: case for case in one.judgement.cases}
        told = _named(one, histories)
        found = over_time(loaded.cases, loaded.runs, own)
        rows += [_case(row, told, verdicts.get(str(row["key"]))) for _, row in found.iterrows()]
    return Table("history-table", "Each case over all runs", head, tuple(rows), sortable=True)


def _machine_column(histories: Sequence[WholeHistory]) -> tuple[Column, ...]:
    return filtered("machine") if len(histories) > 1 else ()


def _named(one: WholeHistory, histories: Sequence[WholeHistory]) -> tuple[Cell, ...]:
    return (Cell(one.machine.name),) if len(histories) > 1 else ()


def _case(
    row: pd.Series, machine: tuple[Cell, ...], verdict: CaseVerdict | None
) -> tuple[Cell, ...]:
    width = row["spread"] * row["median"] if pd.notna(row["spread"]) else None
    case = row.get("case")
    return (
        Cell(what(row)),
        Cell(case if isinstance(case, str) else ""),
        *machine,
        Cell(str(row["n_runs"]), float(row["n_runs"])),
        *(
            Cell(measured(row[name], width), float(row[name]))
            for name in ("first", "median", "last")
        ),
        Cell(f"±{percent(row['spread'])}", row["spread"]) if width is not None else Cell("–"),
        *_verdict(verdict, control=case == CONTROL),
        Cell(str(row["name"])),
    )


def _verdict(one: CaseVerdict | None, *, control: bool) -> tuple[Cell, Cell]:
    if one is None:
        return Cell("–"), Cell("a control" if control else "–")
    return Cell(wording.ratio_of(one), one.ratio), Cell(wording.verdict_of(one))


def changes_table(histories: Sequence[WholeHistory]) -> Table | None:
    """List the change points, the newest first.

    Returns
    -------
    Table or None
        None where there is none.
    """
    found = [(one, change) for one in histories for change in _changes(one)]
    if not found:
        return None
    # What moves much stands before what moves with it.
    order = list(KINDS.values())
    found.sort(key=lambda pair: order.index(_kind(pair[1].name)))
    found.sort(key=lambda pair: pair[1].first_after, reverse=True)
    shown = found[:MOST_CHANGES]
    caption = "All of them, the newest first"
    if len(shown) < len(found):
        caption = f"The newest {len(shown)} of {len(found)} change points"
    head = (
        *(Column("what"), *filtered("is a"), *_machine_column(histories)),
        *(Column("since (UTC)"), Column("last before"), *numeric("size (95%)")),
        *(Column("first run after it"), Column("what changed between the runs")),
    )
    rows = tuple(_change(one, change, histories) for one, change in shown)
    return Table("changes-table", caption, head, rows, sortable=True)


def _changes(one: WholeHistory) -> Iterator[Change]:
    """Yield steps of parts and kernels, then of cases; those in no pool only once."""
    yield from (change for change in one.judgement.changes if _is_pool(change.name))
    yield from one.changes


def _is_pool(name: str) -> bool:
    return name.startswith(("machine: ", "kernel "))


def _kind(name: str) -> str:
    return KINDS[name.partition(" ")[0].rstrip(":") if _is_pool(name) else ""]


def _change(
    one: WholeHistory, found: Change, histories: Sequence[WholeHistory]
) -> tuple[Cell, ...]:
    return (
        Cell(found.name),
        Cell(_kind(found.name)),
        *_named(one, histories),
        Cell(f"{found.first_after:%Y-%m-%d %H:%M}"),
        Cell(f"{found.last_before:%Y-%m-%d %H:%M}"),
        Cell(change(found.ratio, found.low, found.high), found.ratio),
        Cell(found.run),
        Cell("; ".join(found.what_changed) or "no fact that the runs tell"),
    )


def drifts_table(histories: Sequence[WholeHistory]) -> Table | None:
    """List what changes slowly, the steepest first.

    Returns
    -------
    Table or None
        None where there is none.
    """
    found = [(one, drift) for one in histories for drift in _drifts(one)]
    if not found:
        return None
    order = list(KINDS.values())
    found.sort(key=lambda pair: (order.index(_kind(pair[1].name)), -abs(pair[1].ratio - 1)))
    head = (
        *(Column("what"), *filtered("is a"), *_machine_column(histories)),
        *(*numeric("a month (95%)", "in all", "runs"), Column("since")),
    )
    rows = tuple(_drift(one, drift, histories) for one, drift in found)
    return Table("drifts-table", "By how much, the steepest first", head, rows, sortable=True)


def _drifts(one: WholeHistory) -> Iterator[Drift]:
    yield from (drift for drift in one.judgement.drifts if _is_pool(drift.name))
    yield from one.drifts


def _drift(
    one: WholeHistory, found: Drift, histories: Sequence[WholeHistory]
) -> tuple[Cell, ...]:
    return (
        Cell(found.name),
        Cell(_kind(found.name)),
        *_named(one, histories),
        Cell(change(found.ratio_a_month, found.low, found.high), found.ratio_a_month),
        Cell(change(found.ratio), found.ratio),
        Cell(str(found.n_runs), float(found.n_runs)),
        Cell(f"{found.since:%Y-%m-%d}"),
    )
