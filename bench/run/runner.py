"""``python -m bench run``: measures in several fresh processes and leaves one run file."""

from __future__ import annotations

import os
from dataclasses import asdict, replace
from datetime import datetime, timezone
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from bench.machine.fingerprint import fingerprint_id, fresh_fingerprint
from bench.plan.duration import Pace
from bench.plan.tasks import Cause, Pass, RunAsked, estimate_key, protocol_in, schedule
from bench.report import terminal
from bench.report.figures.style import FigureError
from bench.report.progress import ProcessProgress
from bench.run import merging
from bench.run.executor import Executor, Interrupts
from bench.run.journal import FOLDER, Journal, read_journal, unfinished
from bench.run.launcher import SubprocessLauncher
from bench.run.preparing import sentence
from bench.store import files
from bench.store.files import StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

    from bench.plan.tasks import Outcome, Process, Task
    from bench.run.launcher import Launcher

#: A case may take this long in any case, and this many times its estimate.
LIMIT_SECONDS, LIMIT_ESTIMATES = 120.0, 30.0


class Ending(IntEnum):
    """How a run ended; the value is the exit code of the command."""

    COMPLETE = 0
    FAILED = 1
    """Some case could not be measured, or none was."""
    INTERRUPTED = 130


def start(asked: RunAsked, folder: Path, console: Console, *, draw: bool = True) -> Ending:
    """Measure what was asked for, and write the run.

    Parameters
    ----------
    asked : RunAsked
    folder : Path
        Of runs.
    console : Console
    draw : bool
        Whether figures are drawn.

    Returns
    -------
    Ending

    Raises
    ------
    StoreError
        When nothing can be written.
    """
    return begin(asked, folder, console).finish(folder, draw=draw)


def begin(asked: RunAsked, folder: Path, console: Console) -> Run:
    """Announce a run and open its journal.

    Parameters
    ----------
    asked : RunAsked
    folder : Path
        Of runs.
    console : Console

    Returns
    -------
    Run

    Raises
    ------
    StoreError
        When nothing can be written.
    """
    console.print(sentence(asked), markup=False, highlight=False, soft_wrap=True)
    name = files.run_name(datetime.now(timezone.utc), asked.commit)
    journal = Journal(folder / FOLDER / f"{name}.jsonl")
    journal.write({"asked": asked.to_json()})
    return Run(asked, journal, console)


def resume(path: Path | None, folder: Path, console: Console, *, draw: bool = True) -> Ending:
    """Go on with an unfinished run.

    Parameters
    ----------
    path : Path or None
        Its journal; None for the newest.
    folder : Path
        Of runs.
    console : Console
    draw : bool

    Returns
    -------
    Ending

    Raises
    ------
    StoreError
        When there is no such run, or the machine or the code is another one by now.
    """
    if path is None:
        left = unfinished(folder)
        if not left:
            raise StoreError(f"there is no unfinished run in {folder / FOLDER}.")
        path = left[-1]
    read, _ = read_journal(path)
    journal = Journal(path)
    read, before = read_journal(path)
    try:
        asked = RunAsked.from_json(read)
    except (TypeError, ValueError, KeyError) as error:
        journal.close()
        raise StoreError(
            f"{path} was written by another version of this program; it can't go on."
        ) from error
    _check_same(asked, path)
    return Run(asked, journal, console, before).finish(folder, draw=draw)


def _check_same(asked: RunAsked, path: Path) -> None:
    """Refuse to put together what was measured on two machines, or of two codes."""
    now = fresh_fingerprint(asked.setting.environment, asked.setting.cpus)
    if fingerprint_id(now) != fingerprint_id(asked.fingerprint):
        differ = sorted(key for key in now if now[key] != asked.fingerprint.get(key))
        raise StoreError(
            f"{path.name} was measured under another fingerprint (different: "
            f"{', '.join(differ)}); its parts can't be put together. Start a new run."
        )
    if merging.commit() != asked.commit:
        raise StoreError(
            f"{path.name} was measured at commit {asked.commit}, this is "
            f"{merging.commit()}; check that one out, or start a new run."
        )


class Run:
    """A run under way.

    Parameters
    ----------
    asked : RunAsked
    journal : Journal
        Open.
    console : Console
    before : list of Outcome
        What an earlier part of the run has measured.
    launcher : Launcher, optional
    """

    def __init__(
        self,
        asked: RunAsked,
        journal: Journal,
        console: Console,
        before: Sequence[Outcome] = (),
        launcher: Launcher | None = None,
    ) -> None:
        self._asked, self._journal, self._console = asked, journal, console
        self._outcomes = list(before)
        self._launcher = launcher or SubprocessLauncher(asked.kernel_folders)
        self._pace = Pace(asked, before)
        n_timed = sum(task.kind is Pass.TIME for task in asked.tasks)
        n_tasks = len(asked.tasks) + (asked.replicates - 1) * n_timed
        self._progress = ProcessProgress(console, asked.replicates, n_tasks)

    def finish(self, folder: Path, *, draw: bool = True) -> Ending:
        """Measure what is left, write the run file, print the tables.

        Parameters
        ----------
        folder : Path
        draw : bool

        Returns
        -------
        Ending

        Raises
        ------
        StoreError
            When the disk is full: what was measured before stays in the journal.
        """
        path, document, complete = self.save(folder)
        self._tables(document)
        self._say(f"run file: {path}")
        if not complete:
            self._say(f"To finish it: python -m bench run --resume {self._journal.path}")
            return Ending.INTERRUPTED
        if not (document["benchmarks"] or document["bench"]["failed"]):
            self._say(
                "Nothing was measured: every case was skipped, for the reasons above. "
                "`python -m bench doctor` says what this machine lacks."
            )
            return Ending.FAILED
        if draw and document["benchmarks"]:
            self._draw(document, path.with_suffix(""))
        return Ending.FAILED if document["bench"]["failed"] else Ending.COMPLETE

    def save(self, folder: Path) -> tuple[Path, dict[str, Any], bool]:
        """Measure what is left and write the run file.

        Parameters
        ----------
        folder : Path

        Returns
        -------
        tuple of (Path, dict, bool)
            The file, what is in it, and whether all was tried.

        Raises
        ------
        StoreError
            When the disk is full: what was measured before stays in the journal.
        """
        complete = self._measure()
        document = merging.document(self._asked, self._outcomes, complete=complete)
        try:
            path = files.write_run(folder, document, self._asked.commit)
            if complete:
                self._journal.remove()
        finally:
            self._journal.close()
        return path, document, complete

    def _draw(self, document: dict[str, Any], folder: Path) -> None:
        from bench.report.figures.run import draw_run  # noqa: PLC0415 - it imports matplotlib

        try:
            draw_run(document, folder)
        except FigureError as error:
            raise StoreError(str(error)) from error
        self._say(f"figures:  {folder}{os.sep}")

    def _say(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def _measure(self) -> bool:
        """Run the processes; say whether all was done."""
        asked = self._asked
        processes = schedule(asked.tasks, asked.replicates, asked.order_seed, asked.setting)
        with Interrupts(self._progress.note) as interrupts, self._progress:
            executor = Executor(
                self._launcher,
                request_of=self._request,
                limit_of=self._limit,
                add=self._add,
                starts=self._starts,
                stopping=lambda: interrupts.asked,
            )
            try:
                return executor.run(processes, self._outcomes)
            except KeyboardInterrupt:
                return False

    def _request(self, process: Process, task: Task) -> dict[str, Any]:
        protocol = replace(
            protocol_in(self._asked.protocol, process.replicate),
            seconds_per_case=self._pace.seconds_per_case(process.replicate),
        )
        return {
            "module": task.module,
            "params": dict(task.params),
            "protocol": asdict(protocol),
            "kind": task.kind.value,
        }

    def _limit(self, task: Task) -> float:
        if self._asked.limit_seconds is not None:
            return self._asked.limit_seconds
        return LIMIT_SECONDS + LIMIT_ESTIMATES * self._asked.estimates[estimate_key(task)]

    def _starts(self, process: Process, task: Task) -> None:
        number, left = len(self._outcomes) + 1, self._pace.seconds_left()
        self._progress.show(process.replicate, process.group, task.id, number, left)

    def _add(self, outcome: Outcome) -> None:
        self._outcomes.append(outcome)
        self._journal.add(outcome)
        self._pace.add(outcome)
        if outcome.cause not in (None, Cause.WRONG):
            self._progress.note(f"{outcome.id}: {outcome.message}")

    def _tables(self, document: dict[str, Any]) -> None:
        terminal_ = self._console.is_terminal
        text = terminal.render(document, width=self._console.width, colour=terminal_)
        self._console.file.write(text)
