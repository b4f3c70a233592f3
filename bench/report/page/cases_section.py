"""The answer, and every case in a table that the reader can sort and filter."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from bench.advise.contenders import Contender, Ranking
from bench.report import numbers
from bench.report.advice_text import QUANTITIES, TEXTBOOK, Headline, time
from bench.report.numbers import measured, quotient
from bench.report.page.blocks import (
    Answer,
    Bar,
    Cell,
    Column,
    Prose,
    Section,
    Table,
    filtered,
    numeric,
)
from bench.report.page.measured_sections import seconds_cell
from bench.report.run_tables import percent

if TYPE_CHECKING:
    from bench.report.page.one_run import Material

# The answer, before everything else.


#: So many of the fastest are drawn, with the textbook's loop.
DRAWN = 5
#: The scale begins so far below the fastest, as a share of all decades.
MARGIN = 0.08


def answer_section(material: Material) -> Section:
    """Say which way of training is fastest, and which batch size is best."""
    if not material.headlines:
        nothing = Prose("This run holds no epochs of a training, so it does not tell.")
        return Section("answer", "The answer", (nothing,))
    blocks: list[Answer | Prose] = [_answer(one) for one in material.headlines]
    if material.not_found:
        blocks.append(Prose(material.not_found, "note"))
    return Section("answer", "The answer", blocks)


def _answer(one: Headline) -> Answer:
    contest = one.contest
    return Answer(
        where=f"{contest.workload} on {contest.device}",
        sentences=(one.fastest, one.batch_size),
        sureness=one.sureness,
        level=one.level,
        scale=f"The fastest, by {QUANTITIES[contest.quantity]}; lines show 95% intervals, "
        f"and the scale is logarithmic.",
        bars=tuple(_bars(contest)),
    )


def _bars(contest: Ranking) -> Iterator[Bar]:
    """Yield the fastest and the textbook's loop, on one logarithmic scale."""
    drawn = list(contest.contenders[:DRAWN])
    drawn += [one for one in contest.contenders[DRAWN:] if one.kernel == TEXTBOOK]
    if len(drawn) < 2:
        return
    lowest, highest = (math.log(drawn[place].seconds) for place in (0, -1))
    room = (highest - lowest) or 1.0
    start, width = lowest - MARGIN * room, (1 + 2 * MARGIN) * room

    def place(seconds: float, otherwise: float) -> float:
        known = seconds if math.isfinite(seconds) and seconds > 0 else otherwise
        return min(max(100 * (math.log(known) - start) / width, 0.0), 100.0)

    tied = {one.kernel for one in contest.rivals} | {contest.winner.kernel}
    for one in drawn:
        yield Bar(
            name=one.kernel,
            text=time(one),
            note=_note(one, contest.winner),
            at=place(one.seconds, one.seconds),
            low=place(one.low, one.seconds),
            high=place(one.high, one.seconds),
            best=one.kernel in tied,
        )


def _note(one: Contender, first: Contender) -> str:
    """Write the interval, the batch size, and how much longer it takes than the fastest."""
    width = (one.high - one.low) / 2
    share = f"±{100 * width / one.seconds:.2g}%, " if math.isfinite(width) else ""
    longer = "" if one is first else f", {quotient(one.known, first.known)}"
    return f"{share}B={one.batch_size}{longer}"


# Every case, in a table that the reader can sort and filter; and what was not measured.


HEAD = (
    *filtered("kernel", "question", "workload", "device", "batches from"),
    *numeric("size", "seconds", "±95%", "between processes", "samples/s", "loss", "rounds"),
    *(Column("disturbed by"), Column("case")),
)
#: What sizes are called, beside the batch size.
SIZES = {"batch_size": "B", "n_parameters": "P", "n_bytes": "bytes"}
LEGEND = (
    "Seconds are the median over the rounds: of an epoch, a step, an update, a pass of a "
    "loader or a control. ±95% is half its interval from the rounds, between processes half of "
    "that of the processes' medians. ~ behind a time: not known as well as was aimed at; ?: "
    "most of its rounds were disturbed, do not rely on it."
)


def cases_section(material: Material) -> Section:
    """List every case."""
    rows = tuple(_row(row) for _, row in material.table.iterrows())
    table = Table("cases-table", "Every case that was measured", HEAD, rows, sortable=True)
    return Section("cases", "Every case", (Prose(LEGEND, "note"), table))


def _row(row: pd.Series) -> tuple[Cell, ...]:
    size, value = _size(row)
    return (
        Cell(_what(row)),
        *(Cell(_text(row.get(name))) for name in ("case", "workload", "device", "loader")),
        Cell(size, value),
        seconds_cell(row),
        _share(row.get("half_width")),
        _share(row.get("between_half_width")),
        _rate(row),
        _number(row.get("loss"), numbers.loss),
        Cell(f"{row['rounds']:g}", float(row["rounds"])),
        Cell(_marks(row.get("marks"))),
        Cell(str(row["name"])),
    )


def _what(row: pd.Series) -> str:
    """Name what was timed: a kernel, a library's control, or a foreign benchmark."""
    control = _text(row.get("control"))
    if control:
        return f"{_text(row.get('backend'))} {control}".strip()
    return _text(row.get("kernel")) or _text(row.get("backend")) or str(row["name"])


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _size(row: pd.Series) -> tuple[str, float | None]:
    for name, sign in SIZES.items():
        value = row.get(name)
        if value is not None and pd.notna(value):
            text = numbers.binary_bytes(value) if name == "n_bytes" else f"{sign}={value:g}"
            return text, float(value)
    return "", None


def _share(value: Any) -> Cell:
    known = value is not None and pd.notna(value)
    return Cell(f"±{percent(float(value))}", float(value)) if known else Cell("–")


def _number(value: Any, write: Any) -> Cell:
    known = isinstance(value, (int, float)) and pd.notna(value)
    return Cell(write(float(value)), float(value)) if known else Cell("")


def _rate(row: pd.Series) -> Cell:
    """Write samples per second, known as well as the seconds are."""
    rate = row.get("samples_per_second")
    if not isinstance(rate, (int, float)) or not pd.notna(rate):
        return Cell("")
    share = (row["high"] - row["low"]) / 2 / row["seconds"]
    return Cell(measured(float(rate), float(rate) * share, ""), float(rate))


def _marks(marks: Any) -> str:
    if not isinstance(marks, dict):
        return ""
    return ", ".join(f"{reason} {len(rounds)}" for reason, rounds in marks.items())


def skipped_section(material: Material) -> Section:
    """Say what was skipped, what failed and what was lost, each with its reason."""
    blocks = tuple(_unmeasured(material.document.get("bench") or {}))
    nothing = (Prose("Nothing was skipped, and nothing failed."),)
    return Section("skipped", "What was skipped, and why", blocks or nothing)


def _unmeasured(added: Mapping[str, Any]) -> Iterator[Prose | Table]:
    failed = added.get("failed") or ()
    if failed:
        n_failed = numbers.number(len(failed), "case")
        yield Prose(f"{n_failed} failed; no number of theirs is shown.", "warning")
        yield _listed("failed-table", "Failed cases", failed)
    incidents = added.get("incidents") or ()
    if incidents:
        yield _listed("incidents-table", "Processes lost, and cases that erred", incidents)
    skipped = added.get("skipped") or ()
    if skipped:
        reasons = Counter(
            (_text((one.get("params") or {}).get("device")), str(one.get("reason")))
            for one in skipped
        )
        rows = tuple(
            (Cell(device or "any device"), Cell(str(number), float(number)), Cell(reason))
            for (device, reason), number in reasons.most_common()
        )
        head = (Column("device"), Column("cases", number=True), Column("reason"))
        yield Table("skipped-table", "Skipped cases by reason", head, rows, sortable=True)
        yield _listed("skipped-cases", "Every skipped case", skipped, folded=True)


def _listed(name: str, caption: str, cases: Any, *, folded: bool = False) -> Table:
    """List cases with their reasons."""
    rows = tuple((Cell(str(one.get("id") or "–")), Cell(_reason(one))) for one in cases)
    head = (Column("case"), Column("reason"))
    return Table(name, caption, head, rows, sortable=True, folded=folded)


def _reason(one: Mapping[str, Any]) -> str:
    """Write why a case has no number; of an incident, its cause and what was said."""
    if one.get("reason"):
        return str(one["reason"])
    told = [str(one[name]) for name in ("cause", "message") if one.get(name)]
    where = "" if one.get("process") is None else f"process {one['process']}: "
    return where + ": ".join(told) if told else "–"
