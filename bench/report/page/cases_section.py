"""The answer, and every case in a table that the reader can sort and filter."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from bench.advise.contenders import Contender, Ranking
from bench.report import numbers
from bench.report.advice_text import QUANTITIES, TEXTBOOK, Headline
from bench.report.comparison_text import subject, text_of
from bench.report.numbers import estimated, measured, plus_minus, quotient
from bench.report.page.blocks import (
    Answer,
    Bar,
    Number,
    Pick,
    Prose,
    Row,
    Section,
    Table,
    known,
    whole,
)
from bench.report.page.measured_sections import seconds_cell
from bench.report.run_tables import by_reason

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
    notes = [Prose(material.not_found, "note")] if material.not_found else []
    return Section("answer", "The answer", [*map(_answer, material.headlines), *notes])


def _answer(one: Headline) -> Answer:
    contest = one.contest
    scale = (
        f"The fastest, by {QUANTITIES[contest.quantity]}; lines show 95% intervals, "
        f"and the scale is logarithmic."
    )
    return Answer(one, scale, tuple(_bars(contest)))


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
        there = seconds if math.isfinite(seconds) and seconds > 0 else otherwise
        return min(max(100 * (math.log(there) - start) / width, 0.0), 100.0)

    tied = {one.kernel for one in contest.rivals} | {contest.winner.kernel}
    for one in drawn:
        yield Bar(
            name=one.kernel,
            text=estimated(one.known),
            note=_note(one, contest.winner),
            at=place(one.seconds, one.seconds),
            low=place(one.low, one.seconds),
            high=place(one.high, one.seconds),
            best=one.kernel in tied,
        )


def _note(one: Contender, first: Contender) -> str:
    """Write the interval, the batch size, and how much longer it takes than the fastest."""
    width = (one.high - one.low) / 2
    share = f"{plus_minus(width / one.seconds)}, " if math.isfinite(width) else ""
    longer = "" if one is first else f", {quotient(one.known, first.known)}"
    return f"{share}B={one.batch_size}{longer}"


# Every case, in a table that the reader can sort and filter; and what was not measured.


#: How sizes are written; a case has one of them.
SIZES: dict[str, Callable[[float], str]] = {
    "batch_size": "B={:g}".format,
    "n_parameters": "P={:g}".format,
    "n_bytes": numbers.binary_bytes,
}
LEGEND = (
    "Seconds are the median over the rounds: of an epoch, a step, an update, a pass of a "
    "loader or a control. ±95% is half its interval from the rounds, between processes half of "
    "that of the processes' medians. ~ behind a time: not known as well as was aimed at; ?: "
    "most of its rounds were disturbed, do not rely on it."
)


OF_GPUS = (
    " By events: what the GPU itself took, without the host's part; a span where not all could "
    "be enqueued before it began. Cold: its data were in no cache."
)


def cases_section(material: Material) -> Section:
    """List every case."""
    told, legend = material.table, LEGEND
    rows = [_row(row) for _, row in told.iterrows()]
    if "device_seconds" in told and told["device_seconds"].notna().any():
        rows = [
            {**shown, **_by_events(row)}
            for shown, (_, row) in zip(rows, told.iterrows(), strict=True)
        ]
        legend += OF_GPUS
    table = Table("cases-table", "Every case that was measured", rows)
    return Section("cases", "Every case", (Prose(legend, "note"), table))


def _by_events(row: pd.Series) -> Row:
    """Return what the device's own clock said; a span where it may have waited."""
    span = " (a span)" if row.get("device_held") is False else ""
    return {
        "by events": known(row.get("device_seconds"), lambda one: numbers.seconds(one) + span),
        "by events, cold": known(row.get("cold_seconds"), numbers.seconds),
    }


def _row(row: pd.Series) -> Row:
    share = (row["high"] - row["low"]) / 2 / row["seconds"]
    return {
        "kernel": Pick(subject(row)),
        "question": Pick(text_of(row, "case")),
        "workload": Pick(text_of(row, "workload")),
        "device": Pick(text_of(row, "device")),
        "batches from": Pick(text_of(row, "loader")),
        "size": _size(row),
        "seconds": seconds_cell(row),
        "±95%": known(row.get("half_width"), plus_minus),
        "between processes": known(row.get("between_half_width"), plus_minus),
        "samples/s": known(
            row.get("samples_per_second"), lambda rate: measured(rate, rate * share, ""), ""
        ),
        "loss": known(row.get("loss"), numbers.loss, ""),
        "rounds": known(row["rounds"], "{:g}".format),
        "disturbed by": _marks(row.get("marks")),
        "case": str(row["name"]),
    }


def _size(row: pd.Series) -> Number:
    for name, write in SIZES.items():
        size = known(row.get(name), write)
        if size.sort is not None:
            return size
    return Number("")


def _marks(marks: Any) -> str:
    if not isinstance(marks, dict):
        return ""
    return ", ".join(f"{reason} {len(rounds)}" for reason, rounds in marks.items())


def skipped_section(material: Material) -> Section:
    """Say what was skipped, what failed and what was lost, each with its reason."""
    blocks = tuple(_unmeasured(material.document))
    nothing = (Prose("Nothing was skipped, and nothing failed."),)
    return Section("skipped", "What was skipped, and why", blocks or nothing)


def _unmeasured(document: Mapping[str, Any]) -> Iterator[Prose | Table]:
    added = document.get("bench") or {}
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
        rows: list[Row] = [
            {"device": device, "cases": whole(number), "reason": reason}
            for device, reason, number in by_reason(document)
        ]
        yield Table("skipped-table", "Skipped cases by reason", rows)
        yield _listed("skipped-cases", "Every skipped case", skipped, folded=True)


def _listed(name: str, caption: str, cases: Any, *, folded: bool = False) -> Table:
    """List cases with their reasons."""
    rows = [{"case": str(one.get("id") or "–"), "reason": _reason(one)} for one in cases]
    return Table(name, caption, rows, folded=folded)


def _reason(one: Mapping[str, Any]) -> str:
    """Write why a case has no number; of an incident, its cause and what was said."""
    if one.get("reason"):
        return str(one["reason"])
    told = [str(one[name]) for name in ("cause", "message") if one.get(name)]
    where = "" if one.get("process") is None else f"process {one['process']}: "
    return where + ": ".join(told) if told else "–"
