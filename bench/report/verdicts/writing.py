"""Writes verdicts in any form, to where they belong."""

from __future__ import annotations

import io
import os
import platform
from datetime import datetime, timezone
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from bench.report.verdicts.as_json import as_json
from bench.report.verdicts.github import github
from bench.report.verdicts.junit import junit
from bench.report.verdicts.markdown import markdown
from bench.report.verdicts.terminal import render
from bench.store.files import StoreError, whole

if TYPE_CHECKING:
    from bench.compare.verdict import Judgement

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
    judgement : Judgement
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
    console = console or _console()
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
    try:
        with whole(output) as part:
            part.write_text(text, encoding="utf-8", errors="replace")
    except OSError as error:
        raise StoreError(f"{output} can't be written: {error.strerror or error}.") from error


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=WIDTH)


def text_of(judgement: Judgement, form: Form, *, every: bool = False) -> str:
    """Return verdicts as text.

    Parameters
    ----------
    judgement : Judgement
    form : Form
    every : bool
        As in `write`.

    Returns
    -------
    str
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
