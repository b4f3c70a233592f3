"""Cases over time, what the newest run comes to, and the runs that they come from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from bench.compare.over_time import points
from bench.history.machine_history import WholeHistory
from bench.history.rule import RULE
from bench.report.charts.chart import NothingToDrawError
from bench.report.charts.history import FEWEST_RUNS, history_chart
from bench.report.numbers import number
from bench.report.page import blocks
from bench.report.page.blocks import Block
from bench.report.page.history_tables import cases_table, changes_table, drifts_table
from bench.report.verdicts import wording
from bench.report.verdicts.wording import ordered
from bench.stats.verdict import CaseVerdict, Judgement, Verdict
from bench.store.table import Loaded

# The newest run of each machine against its history, as ``track`` says it.


#: Of more machines those that were measured last are judged here.
MOST_MACHINES = 6
CHANGED = (Verdict.SLOWER, Verdict.FASTER)
BEHIND = (
    "By the rule of python -m bench track: the newest run against earlier ones of the same "
    "machine with the same facts, by how far these lie apart. Nothing is measured again for a "
    "page: what is slower or faster is confirmed where enough of the last runs say so, each on "
    "its own; track measures again what it flags."
)


def answers(histories: Sequence[WholeHistory]) -> Iterator[Block]:
    """Say what the newest run of each machine comes to.

    Parameters
    ----------
    histories : sequence of WholeHistory
        A machine each, the one that was measured last first.
    """
    for place, one in enumerate(histories[:MOST_MACHINES]):
        yield from _answer(one, place, several=len(histories) > 1)
    left = len(histories) - MOST_MACHINES
    if left > 0:
        yield blocks.Prose(
            f"{number(left, 'machine')} that were measured before these are not judged here: "
            f"python -m bench track RUN judges any run.",
            "note",
        )
    if histories:
        yield blocks.Prose(BEHIND, "note")


def _answer(one: WholeHistory, place: int, *, several: bool) -> Iterator[Block]:
    judgement = one.judgement
    # Those who jump from table to table have to tell them apart.
    behind = f": {one.machine.name}" if several else ""
    if several:
        yield blocks.Facts((), one.machine.name)
    yield blocks.Prose(wording.outcome(judgement))
    taken = f"{one.newest['taken']:%Y-%m-%d %H:%M} UTC"
    told = [f"The newest run, {judgement.now} of {taken}, against {judgement.before}."]
    told += _left_out(one)
    if judgement.added:
        told.append(f"{number(len(judgement.added), 'case')} new, so not compared.")
    yield blocks.Prose(" ".join(told))
    changed = ordered(case for case in judgement.cases if case.verdict in CHANGED)
    if changed:
        caption = f"Slower or faster than the earlier runs{behind}"
        yield _table(f"changed-{place}", caption, judgement, changed)
    if judgement.machine:
        caption = f"The machine, by its controls{behind}"
        yield _table(f"machine-{place}", caption, judgement, ordered(judgement.machine))
    yield from (blocks.Prose(text, "warning") for text in judgement.warnings)
    if judgement.cases:
        yield blocks.Prose(wording.rates_of(judgement.rates), "note")


def _left_out(one: WholeHistory) -> Iterator[str]:
    """Say what the newest run was not judged by."""
    if one.n_interrupted:
        yield f"{number(one.n_interrupted, 'run was', 'runs were')} interrupted, and left out."
    if one.n_other_work:
        measured = number(one.n_other_work, "measurement was", "measurements were")
        yield f"{measured} of other work under the same name, and left out."


def _table(
    name: str, caption: str, judgement: Judgement, cases: Sequence[CaseVerdict]
) -> blocks.Table:
    counted = f"{wording.unit(judgement)} before / now"
    head = (
        *(
            blocks.Column("what"),
            *blocks.filtered("verdict"),
            *blocks.numeric("ratio (95%)", "margin"),
        ),
        *(blocks.Column(counted), *blocks.filtered("cause"), blocks.Column("why")),
    )
    rows = tuple(
        (
            blocks.Cell(one.name),
            blocks.Cell(wording.verdict_of(one)),
            blocks.Cell(wording.ratio_of(one), one.ratio),
            blocks.Cell(wording.percent(one.margin), one.margin),
            blocks.Cell(wording.n_of(one)),
            blocks.Cell(one.cause or "–"),
            blocks.Cell(one.reason),
        )
        for one in cases
    )
    return blocks.Table(name, caption, head, rows, sortable=True)


# Cases over time, and the runs that they come from.


#: Longer tables of runs show their newest.
MOST_RUNS = 200
LEGEND = (
    "The spread is the relative standard deviation of the runs, by the median absolute "
    "deviation. The newest run is set against the earlier ones with the same facts, and judged "
    "as by python -m bench track; controls are judged together, by the part of the machine "
    "that they measure."
)
OF_CHANGES = (
    f"Change points are looked for in each case, and in the cases of a kernel and the controls "
    f"of a part of the machine together (these over the newest run and the {RULE.most_runs} "
    f"before it), through all fingerprints of the machine. Where runs are independent of each "
    f"other, chance shows one in less than one series in 100. What changed between the two "
    f"runs need not be why."
)
OF_DRIFT = (
    "The slope is the median of those between all pairs of runs; a month is 30 days. A series "
    "that a line describes better than steps do is listed here, and no step is shown of it."
)
ANY_NODE = (
    "Nearly every run names another host: hosts that are alike in all else are taken for one "
    "machine, as by python -m bench track --any-node."
)


def many_runs(
    loaded: Loaded,
    warnings: tuple[str, ...],
    histories: Sequence[WholeHistory],
    *,
    any_node: bool = False,
) -> blocks.Page:
    """Make the page about more runs than fit side by side.

    Parameters
    ----------
    warnings : tuple of str
        What speaks against comparing them.
    histories : sequence of WholeHistory
        A machine each, the one that was measured last first.
    any_node : bool
        As in ``bench.history.machine_history.Machines``.
    """
    runs = loaded.runs
    taken = runs["taken"].dropna()
    span = f", {taken.min():%Y-%m-%d} to {taken.max():%Y-%m-%d}" if len(taken) else ""
    drawn = points(loaded.cases, runs)
    told = [blocks.Prose(_runs(runs, histories, span))]
    told += [blocks.Prose(ANY_NODE, "note")] if any_node else []
    told += [blocks.Prose(text, "warning") for text in warnings]
    return blocks.Page(
        title=f"{len(runs)} runs over time",
        subtitle=f"{number(drawn['key'].nunique(), 'case')}{span}",
        sections=(
            blocks.Section("run", "The runs", tuple(told)),
            blocks.Section("answer", "The answer", tuple(answers(histories)) or (NO_TIME,)),
            history_section(loaded, histories, drawn),
            *_changes(histories),
            blocks.Section("runs", "Every run", (runs_table(runs),)),
        ),
        made_by=f"Made by python -m bench report from {len(runs)} run files; every number on "
        f"this page is in these files.",
    )


NO_TIME = blocks.Prose("No run tells when it was taken.")


def _runs(runs: pd.DataFrame, histories: Sequence[WholeHistory], span: str) -> str:
    """Say how many runs there are, of what, and how many can't be put in order."""
    prints = runs["fingerprint_id"].nunique()
    told = f"{len(runs)} runs of {number(len(histories), 'machine')}"
    told += f" and {number(prints, 'fingerprint')}{span}." if prints else f"{span}."
    n_timeless = int(runs["taken"].isna().sum())
    if n_timeless:
        told += (
            f" {number(n_timeless, 'run does', 'runs do')} not tell when it was taken, and is "
            f"only in the table of runs."
        )
    return told


def history_section(
    loaded: Loaded, histories: Sequence[WholeHistory], drawn: pd.DataFrame | None = None
) -> blocks.Section:
    """Show each case over time.

    Parameters
    ----------
    histories : sequence of WholeHistory
        A machine each, the one that was measured last first.
    drawn : DataFrame or None
        From ``bench.compare.over_time.points``, where that is there already.
    """
    title = "Each case over time"
    if drawn is None:
        drawn = points(loaded.cases, loaded.runs)
    # The machine with the newest run may have this one alone.
    several = [one for one in histories if len(one.machine.runs) >= FEWEST_RUNS]
    try:
        chart = history_chart(several, drawn, _notable(several))
    except NothingToDrawError as reason:
        return blocks.Section("history", title, (blocks.Prose(str(reason)),))
    n_single = len(histories) - len(several)
    single = f"{number(n_single, 'machine')} with a single run: not shown over time."
    return blocks.Section(
        "history",
        title,
        (
            *([blocks.Prose(single, "note")] if n_single else []),
            chart,
            blocks.Prose(LEGEND, "note"),
            cases_table(loaded, drawn, several),
        ),
    )


def _notable(histories: Sequence[WholeHistory]) -> str | None:
    """Return the case that is worth the first look: changed now, or the last to have."""
    for one in histories[:1]:
        cases = [case for case in one.judgement.cases if case.verdict in CHANGED]
        if cases:
            return ordered(cases)[0].name
        if one.changes:
            return one.changes[0].name
    return None


def _changes(histories: Sequence[WholeHistory]) -> tuple[blocks.Section, blocks.Section]:
    changes, drifts = changes_table(histories), drifts_table(histories)
    none = blocks.Prose("None was found.")
    return (
        blocks.Section(
            "changes", "Change points", (blocks.Prose(OF_CHANGES, "note"), changes or none)
        ),
        blocks.Section("drift", "Slow drift", (blocks.Prose(OF_DRIFT, "note"), drifts or none)),
    )


def runs_table(runs: pd.DataFrame) -> blocks.Table:
    """List the runs, the newest of many.

    Parameters
    ----------
    runs : DataFrame
        From ``bench.store``.
    """
    shown = runs.tail(MOST_RUNS)
    head = (
        *(blocks.Column(name) for name in ("run", "taken (UTC)", "machine", "GPU")),
        *blocks.filtered("fingerprint", "preset", "status"),
        *blocks.numeric("cases", "failed"),
    )
    caption = "All of them" if len(shown) == len(runs) else f"The newest {len(shown)} runs"
    rows = tuple(_run(row) for _, row in shown.iterrows())
    return blocks.Table("runs-table", caption, head, rows, sortable=True)


def _run(row: pd.Series) -> tuple[blocks.Cell, ...]:
    texts = ("cpu_model", "gpus", "fingerprint_id", "preset", "status")
    taken = "–" if pd.isna(row["taken"]) else f"{row['taken']:%Y-%m-%d %H:%M}"
    return (
        blocks.Cell(str(row["run"])),
        blocks.Cell(taken),
        *(blocks.Cell(_text(row[name], name)) for name in texts),
        *(_count(row[name]) for name in ("n_cases", "n_failed")),
    )


def _text(value: object, name: str) -> str:
    """Write a fact of a run; of GPUs, that it has none, where it says so."""
    if not isinstance(value, str):
        return "–"
    return "none" if name == "gpus" and not value else value


def _count(value: object) -> blocks.Cell:
    return blocks.Cell("–") if pd.isna(value) else blocks.Cell(str(value), float(str(value)))  # type: ignore[call-overload]
