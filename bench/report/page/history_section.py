"""Cases over time, what the newest run comes to, and the runs that they come from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import pandas as pd

from bench.compare.over_time import over_time, points
from bench.history.machine_history import WholeHistory
from bench.history.rule import RULE
from bench.report.charts.chart import NothingToDrawError
from bench.report.charts.history import FEWEST_RUNS, history_chart, what_changed
from bench.report.comparison_text import called, minute, text_of, what
from bench.report.numbers import change, measured, number, plus_minus
from bench.report.page.blocks import (
    Block,
    Facts,
    Number,
    Page,
    Pick,
    Prose,
    Row,
    Section,
    Table,
    known,
    whole,
)
from bench.report.verdicts import wording
from bench.report.verdicts.wording import ordered
from bench.stats.verdict import CaseVerdict, Judgement
from bench.store.table import Loaded

# The newest run of each machine against its history, as ``track`` says it.


#: Of more machines those that were measured last are judged here.
MOST_MACHINES = 6

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
        yield Prose(
            f"{number(left, 'machine')} that were measured before these are not judged here: "
            f"python -m bench track RUN judges any run.",
            "note",
        )
    if histories:
        yield Prose(BEHIND, "note")


def _answer(one: WholeHistory, place: int, *, several: bool) -> Iterator[Block]:
    judgement = one.judgement
    # Those who jump from table to table have to tell them apart.
    behind = f": {one.machine.name}" if several else ""
    if several:
        yield Facts((), one.machine.name)
    yield Prose(wording.outcome(judgement))
    taken = f"{one.newest['taken']:%Y-%m-%d %H:%M} UTC"
    told = [f"The newest run, {judgement.now} of {taken}, against {judgement.before}."]
    told += _left_out(one)
    if judgement.added:
        told.append(f"{number(len(judgement.added), 'case')} new, so not compared.")
    yield Prose(" ".join(told))
    changed = ordered(case for case in judgement.cases if case.verdict in wording.CHANGED)
    if changed:
        caption = f"Slower or faster than the earlier runs{behind}"
        yield _table(f"changed-{place}", caption, judgement, changed)
    if judgement.machine:
        caption = f"The machine, by its controls{behind}"
        yield _table(f"machine-{place}", caption, judgement, ordered(judgement.machine))
    yield from (Prose(text, "warning") for text in judgement.warnings)
    if judgement.cases:
        yield Prose(wording.rates_of(judgement.rates), "note")


def _left_out(one: WholeHistory) -> Iterator[str]:
    """Say what the newest run was not judged by."""
    if one.n_interrupted:
        yield f"{number(one.n_interrupted, 'run was', 'runs were')} interrupted, and left out."
    if one.n_other_work:
        measured = number(one.n_other_work, "measurement was", "measurements were")
        yield f"{measured} of other work under the same name, and left out."


def _table(
    name: str, caption: str, judgement: Judgement, cases: Sequence[CaseVerdict]
) -> Table:
    rows: list[Row] = [
        {
            "what": one.name,
            "verdict": Pick(wording.verdict_of(one)),
            "ratio (95%)": Number(wording.ratio_of(one), one.ratio),
            "margin": Number(wording.percent(one.margin), one.margin),
            f"{wording.unit(judgement)} before / now": wording.n_of(one),
            "cause": Pick(one.cause or "–"),
            "why": one.reason,
        }
        for one in cases
    ]
    return Table(name, caption, rows)


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
) -> Page:
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
    told = [Prose(_runs(runs, histories, span))]
    told += [Prose(ANY_NODE, "note")] if any_node else []
    told += [Prose(text, "warning") for text in warnings]
    return Page(
        title=f"{len(runs)} runs over time",
        subtitle=f"{number(drawn['key'].nunique(), 'case')}{span}",
        sections=(
            Section("answer", "The answer", tuple(answers(histories)) or (NO_TIME,)),
            Section("run", "The runs", tuple(told)),
            history_section(loaded, histories, drawn),
            *_changes(histories),
            Section("runs", "Every run", (runs_table(runs),)),
        ),
        made_from=f"{len(runs)} run files",
    )


NO_TIME = Prose("No run tells when it was taken.")


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
    loaded: Loaded, histories: Sequence[WholeHistory], drawn: pd.DataFrame
) -> Section:
    """Show each case over time.

    Parameters
    ----------
    histories : sequence of WholeHistory
        A machine each, the one that was measured last first.
    drawn : DataFrame
        From ``bench.compare.over_time.points``.
    """
    title = "Each case over time"
    # The machine with the newest run may have this one alone.
    several = [one for one in histories if len(one.machine.runs) >= FEWEST_RUNS]
    try:
        chart = history_chart(several, drawn, _notable(several))
    except NothingToDrawError as reason:
        return Section("history", title, (Prose(str(reason)),))
    n_single = len(histories) - len(several)
    single = f"{number(n_single, 'machine')} with a single run: not shown over time."
    return Section(
        "history",
        title,
        (
            *([Prose(single, "note")] if n_single else []),
            chart,
            Prose(LEGEND, "note"),
            cases_table(loaded, drawn, several),
        ),
    )


def _notable(histories: Sequence[WholeHistory]) -> str | None:
    """Return the case that is worth the first look: changed now, or the last to have."""
    for one in histories[:1]:
        cases = ordered(case for case in one.judgement.cases if case.verdict in wording.CHANGED)
        names = [*(case.name for case in cases), *(step.name for step in one.changes)]
        return names[0] if names else None
    return None


def _changes(histories: Sequence[WholeHistory]) -> Iterator[Section]:
    for name, title, note, table in (
        ("changes", "Change points", OF_CHANGES, changes_table(histories)),
        ("drift", "Slow drift", OF_DRIFT, drifts_table(histories)),
    ):
        listed = table if table.rows else Prose("None was found.")
        yield Section(name, title, (Prose(note, "note"), listed))


def runs_table(runs: pd.DataFrame) -> Table:
    """List the runs, the newest of many.

    Parameters
    ----------
    runs : DataFrame
        From ``bench.store``.
    """
    shown = runs.tail(MOST_RUNS)
    caption = "All of them" if len(shown) == len(runs) else f"The newest {len(shown)} runs"
    return Table("runs-table", caption, [_run(row) for _, row in shown.iterrows()])


def _run(row: pd.Series) -> Row:
    return {
        "run": str(row["run"]),
        "taken (UTC)": minute(row["taken"]),
        "machine": text_of(row, "cpu_model") or "–",
        "GPU": (row["gpus"] or "none") if isinstance(row["gpus"], str) else "–",
        "fingerprint": Pick(text_of(row, "fingerprint_id") or "–"),
        "preset": Pick(text_of(row, "preset") or "–"),
        "status": Pick(text_of(row, "status") or "–"),
        "cases": known(row["n_cases"], "{:g}".format),
        "failed": known(row["n_failed"], "{:g}".format),
    }


# Tables over time: each case, change points, slow drift.


#: Longer tables hold the newest.
MOST_CHANGES = 1000
CASE, CONTROL = "case", "machine"
#: What a step or a drift is of: the machine's parts and kernels are judged as one.
KINDS = {"machine: ": "part of the machine", "kernel ": "kernel", "": CASE}


def cases_table(
    loaded: Loaded, drawn: pd.DataFrame, histories: Sequence[WholeHistory]
) -> Table:
    """List every case of every machine.

    Parameters
    ----------
    drawn : DataFrame
        From ``bench.compare.over_time.points``.
    """
    rows = []
    for one in histories:
        own = drawn[drawn["run"].isin(set(one.machine.runs["run"]))]
        verdicts = {case.name: case for case in one.judgement.cases}
        told = _named(one, histories)
        found = over_time(loaded.cases, loaded.runs, own)
        rows += [_case(row, told, verdicts.get(str(row["key"]))) for _, row in found.iterrows()]
    return Table("history-table", "Each case over all runs", rows)


def _named(one: WholeHistory, histories: Sequence[WholeHistory]) -> Row:
    """Name the machine, where there are several."""
    return {"machine": Pick(one.machine.name)} if len(histories) > 1 else {}


def _case(row: pd.Series, machine: Row, verdict: CaseVerdict | None) -> Row:
    width = row["spread"] * row["median"]
    case = text_of(row, "case")
    against, said = Number(), "a control" if case == CONTROL else "–"
    if verdict is not None:
        against = Number(wording.ratio_of(verdict), verdict.ratio)
        said = wording.verdict_of(verdict)
    return {
        "what": what(row),
        "case": Pick(case),
        **machine,
        "runs": whole(row["n_runs"]),
        **{
            name: Number(measured(row[name], width), float(row[name]))
            for name in ("first", "median", "last")
        },
        "spread between runs": known(row["spread"], plus_minus),
        "newest run against earlier (95%)": against,
        "verdict": Pick(said),
        "name": called(row),
    }


def _listed(
    histories: Sequence[WholeHistory], kind: Literal["changes", "drifts"]
) -> list[tuple[WholeHistory, Any]]:
    """List steps or drifts of parts and kernels, then of cases; those in no pool only once."""
    return [
        (one, found)
        for one in histories
        for found in (
            *(pool for pool in getattr(one.judgement, kind) if _kind(pool.name) != CASE),
            *getattr(one, kind),
        )
    ]


def _kind(name: str) -> str:
    return next(kind for start, kind in KINDS.items() if name.startswith(start))


def _rank(name: str) -> int:
    """Return a place: what moves much stands before what moves with it."""
    return list(KINDS.values()).index(_kind(name))


def _what(one: WholeHistory, name: str, histories: Sequence[WholeHistory]) -> Row:
    return {"what": name, "is a": Pick(_kind(name)), **_named(one, histories)}


def changes_table(histories: Sequence[WholeHistory]) -> Table:
    """List the change points, the newest first."""
    found = sorted(_listed(histories, "changes"), key=lambda pair: _rank(pair[1].name))
    found.sort(key=lambda pair: pair[1].first_after, reverse=True)
    shown = found[:MOST_CHANGES]
    caption = "All of them, the newest first"
    if len(shown) < len(found):
        caption = f"The newest {len(shown)} of {len(found)} change points"
    rows: list[Row] = [
        {
            **_what(one, step.name, histories),
            "since (UTC)": minute(step.first_after),
            "last before": minute(step.last_before),
            "size (95%)": Number(change(step.ratio, step.low, step.high), step.ratio),
            "first run after it": step.run,
            "what changed between the runs": what_changed(step),
        }
        for one, step in shown
    ]
    return Table("changes-table", caption, rows)


def drifts_table(histories: Sequence[WholeHistory]) -> Table:
    """List what changes slowly, the steepest first."""
    found = _listed(histories, "drifts")
    found.sort(key=lambda pair: (_rank(pair[1].name), -abs(pair[1].ratio - 1)))
    rows: list[Row] = [
        {
            **_what(one, drift.name, histories),
            "a month (95%)": Number(
                change(drift.ratio_a_month, drift.low, drift.high), drift.ratio_a_month
            ),
            "in all": Number(change(drift.ratio), drift.ratio),
            "runs": whole(drift.n_runs),
            "since": f"{drift.since:%Y-%m-%d}",
        }
        for one, drift in found
    ]
    return Table("drifts-table", "By how much, the steepest first", rows)
