"""Writes verdicts in any form, to where they belong."""

from __future__ import annotations

import io
import os
import platform
from collections.abc import Sequence
from datetime import datetime, timezone
from enum import Enum
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.report import numbers
from bench.report.grid import heading, print_whole
from bench.report.numbers import MOST_CELL_CHARACTERS, printed
from bench.report.verdicts import wording
from bench.report.verdicts.formats import as_json, github, junit, markdown
from bench.report.verdicts.wording import ORDER, ordered
from bench.stats.verdict import CaseVerdict, Judgement, Verdict
from bench.store.files import StoreError, write_text

# The forms that verdicts can be written in.


class Form(str, Enum):
    """What ``--format`` takes."""

    TERMINAL = "terminal"
    MARKDOWN = "md"
    GITHUB = "github"
    JUNIT = "junit"
    JSON = "json"


# Writes verdicts in any form, to where they belong.


#: Of a file, or of what is piped: names of cases stay on one line.
WIDTH = 160
#: Names the file that GitHub Actions shows as the summary of a job.
SUMMARY = "GITHUB_STEP_SUMMARY"


def write(
    judgement: Judgement,
    form: Form,
    output: Path | None = None,
    *,
    every: bool = False,
    console: Console | None = None,
) -> None:
    """Write verdicts.

    Parameters
    ----------
    form : Form
        ``github`` also appends Markdown to the summary of the job, where it runs in one.
    output : Path or None
        A file, written whole or not at all; without one they are printed.
    every : bool
        List every case, in the form that does not do so by itself: ``terminal``.
    console : Console or None
        Where to print; by default on standard output, wide where that is no terminal: a
        table that is piped into a file stays whole.

    Raises
    ------
    StoreError
        When a file can't be written.
    """
    if console is None:
        console = Console()
        if not (console.is_terminal or "COLUMNS" in os.environ):
            console = Console(width=WIDTH)
    if form is Form.GITHUB and os.environ.get(SUMMARY):
        _append(Path(os.environ[SUMMARY]), markdown(judgement))
    if form is Form.TERMINAL and output is None:
        render(judgement, console, every=every)
        return
    text = text_of(judgement, form, every=every)
    if output is None:
        console.file.write(text)
        console.file.flush()
        return
    write_text(output, text)


def text_of(judgement: Judgement, form: Form, *, every: bool = False) -> str:
    """Return verdicts as text.

    Parameters
    ----------
    every : bool
        As in `write`.
    """
    if form is Form.JUNIT:
        return junit(judgement, datetime.now(timezone.utc), platform.node())
    if form is Form.TERMINAL:
        file = io.StringIO()
        render(judgement, Console(file=file, width=WIDTH), every=every)
        return "".join(f"{line.rstrip()}\n" for line in file.getvalue().splitlines())
    writers = {Form.MARKDOWN: markdown, Form.GITHUB: github, Form.JSON: as_json}
    return writers[form](judgement)


def _append(path: Path, text: str) -> None:
    """Append to a summary: steps of a job share it."""
    try:
        with path.open("a", encoding="utf-8", errors="replace") as file:
            file.write(text)
    except OSError as error:
        raise StoreError(f"{path} can't be written: {error.strerror or error}.") from error


#: More of a kind are counted, unless all are asked for.
MOST = 20
#: Names of cases that share a reason.
MOST_NAMED = 3
#: Verdicts whose cases are always listed; what else there is is counted.
LISTED = ORDER[: ORDER.index(Verdict.FASTER)]


def render(judgement: Judgement, console: Console, *, every: bool = False) -> None:
    """Print verdicts.

    Parameters
    ----------
    every : bool
        List every case; else what is slower or undecided, and at most `MOST` of each.
    """
    for text in wording.beginning(judgement):
        _line(console, text, "bold red" if text == wording.FORCED else "")
    if judgement.machine:
        heading(console, "The machine, by its controls")
        _table(console, judgement, ordered(judgement.machine))
        for part in ordered(judgement.machine):
            _line(console, f"  {part.name}: {part.reason}")
    for verdict, cases in wording.by_verdict(judgement.cases):
        if every or verdict in LISTED:
            heading(console, wording.heading(verdict, cases))
            _cases(console, judgement, cases, every=every)
    console.print()
    for sentence in wording.long_term(judgement):
        _line(console, f"Over the whole history: {sentence}")
    if judgement.added:
        _line(console, f"New, so not compared: {_named(judgement.added, every=every)}")
    for one in judgement.warnings:
        _line(console, f"Warning: {one}", "yellow")
    console.print()
    answer, *rest = wording.ending(judgement)
    _line(console, answer, wording.OUTCOMES[judgement.outcome].style)
    for text in rest:
        _line(console, text)


def _cases(
    console: Console, judgement: Judgement, cases: Sequence[CaseVerdict], *, every: bool
) -> None:
    """Print cases with a ratio as a table, the others by their reason."""
    measured = [one for one in cases if one.ratio is not None]
    shown = measured if every else measured[:MOST]
    if shown:
        _table(console, judgement, shown)
    if len(shown) < len(measured):
        _line(console, f"… and {len(measured) - len(shown)} more: --all lists them.")
    for (_, reason), group in wording.by_reason(cases).items():
        _line(console, f"  {numbers.number(len(group), 'case')}: {reason}")
        unlisted = [one.name for one in group if one.ratio is None]
        if unlisted:
            _line(console, f"    {_named(unlisted, every=every)}")


def _named(names: Sequence[str], *, every: bool) -> str:
    """Write several names; of many the first."""
    shown = names if every else names[:MOST_NAMED]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f", and {more} more" if more else "")


def _table(console: Console, judgement: Judgement, cases: Sequence[CaseVerdict]) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("case", overflow="fold")
    for name in ("verdict", "ratio (95%)", "margin", wording.unit(judgement), "cause"):
        table.add_column(name, justify="right" if name == "margin" else "left")
    for one in cases:
        table.add_row(
            *(
                Text(printed(cell, MOST_CELL_CHARACTERS))
                for cell in (one.name, *wording.cells_of(one))
            )
        )
    print_whole(console, table)


def _line(console: Console, text: str, style: str = "") -> None:
    """Print a line in which nothing is markup, or steers the terminal."""
    indent = text[: len(text) - len(text.lstrip(" "))]
    console.print(Text(indent + printed(text), style=style), highlight=False)
