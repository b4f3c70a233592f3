"""``python -m bench run``: measures in several fresh processes and leaves one run file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.machine.fingerprint import fingerprint_id, fresh_fingerprint
from bench.plan.duration import Pace
from bench.plan.tasks import (
    Cause,
    Outcome,
    Pass,
    Process,
    RunAsked,
    Task,
    estimate_key,
    protocol_in,
    schedule,
)
from bench.report.progress import ProcessProgress
from bench.run import preparing
from bench.run.executor import Executor, Interrupts
from bench.run.journal import FOLDER, Journal, read_journal, unfinished
from bench.run.launcher import Launcher, SubprocessLauncher, request
from bench.run.preparing import sentence
from bench.run.rule import RULE
from bench.store import files
from bench.store.files import StoreError

if TYPE_CHECKING:
    from rich.console import Console


def begin(asked: RunAsked, folder: Path, console: Console) -> Run:
    """Announce a run and open its journal.

    Parameters
    ----------
    folder : Path
        Of runs.

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


def resume(path: Path | None, folder: Path, console: Console) -> Run:
    """Go on with an unfinished run.

    Parameters
    ----------
    path : Path or None
        Its journal; None for the newest.
    folder : Path
        Of runs.

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
    return Run(asked, journal, console, before)


def _check_same(asked: RunAsked, path: Path) -> None:
    """Refuse to put together what was measured on two machines, or of two codes."""
    now = fresh_fingerprint(asked.setting.environment, asked.setting.cpus)
    if fingerprint_id(now) != fingerprint_id(asked.fingerprint):
        differ = sorted(key for key in now if now[key] != asked.fingerprint.get(key))
        raise StoreError(
            f"{path.name} was measured under another fingerprint (different: "
            f"{', '.join(differ)}); its parts can't be put together. Start a new run."
        )
    if preparing.commit() != asked.commit:
        raise StoreError(
            f"{path.name} was measured at commit {asked.commit}, this is "
            f"{preparing.commit()}; check that one out, or start a new run."
        )


class Run:
    """A run under way.

    Parameters
    ----------
    journal : Journal
        Open.
    before : list of Outcome
        What an earlier part of the run has measured.
    """

    def __init__(
        self,
        asked: RunAsked,
        journal: Journal,
        console: Console,
        before: Sequence[Outcome] = (),
        launcher: Launcher | None = None,
    ) -> None:
        self._asked, self._journal = asked, journal
        self._outcomes = list(before)
        self._launcher = launcher or SubprocessLauncher(asked.kernel_folders)
        self._pace = Pace(asked, before)
        n_timed = sum(task.kind is Pass.TIME for task in asked.tasks)
        n_tasks = len(asked.tasks) + (asked.replicates - 1) * n_timed
        self._progress = ProcessProgress(console, asked.replicates, n_tasks)

    @property
    def journal(self) -> Path:
        """Where what is measured is kept until the run is whole."""
        return self._journal.path

    def save(self, folder: Path) -> tuple[Path, dict[str, Any], bool]:
        """Measure what is left and write the run file.

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
        from bench.run import merging  # noqa: PLC0415 - not beside what is measured

        document = merging.document(self._asked, self._outcomes, complete=complete)
        try:
            path = files.write_run(folder, document, self._asked.commit)
            if complete:
                self._journal.remove()
        finally:
            self._journal.close()
        return path, document, complete

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
        return request(task.module, task.params, protocol, task.kind.value)

    def _limit(self, task: Task) -> float:
        if self._asked.limit_seconds is not None:
            return self._asked.limit_seconds
        estimate = self._asked.estimates[estimate_key(task)]
        return RULE.limit_seconds + RULE.limit_estimates * estimate

    def _starts(self, process: Process, task: Task) -> None:
        number, left = len(self._outcomes) + 1, self._pace.seconds_left()
        self._progress.show(process.replicate, process.group, task.id, number, left)

    def _add(self, outcome: Outcome) -> None:
        self._outcomes.append(outcome)
        self._journal.add(outcome)
        self._pace.add(outcome)
        if outcome.cause not in (None, Cause.WRONG):
            self._progress.note(f"{outcome.id}: {outcome.message}")
