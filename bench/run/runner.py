"""``python -m bench run``: measures in several fresh processes and leaves one run file."""

from __future__ import annotations

import fcntl
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from bench.machine.conditions import fingerprint_under
from bench.machine.fingerprint import fingerprint_id
from bench.plan.duration import Pace, total_seconds
from bench.plan.request import (
    Request,
    conditions_of,
    order_seed_of,
    protocol_of,
    required,
    select,
    setting_of,
)
from bench.plan.tasks import (
    Cause,
    Outcome,
    Pass,
    Process,
    RunAsked,
    Task,
    estimate_key,
    memory_tasks,
    protocol_in,
    required_and_missing,
    schedule,
    tasks_of,
)
from bench.report import progress
from bench.report.progress import ProcessProgress
from bench.run.checkout import commit_info
from bench.run.launcher import Executor, Interrupts, SubprocessLauncher, request
from bench.run.rule import RULE
from bench.run.trials import estimates_of
from bench.store import files
from bench.store.decoding import DamageError, sound
from bench.store.files import StoreError, commit_of, unwritable

if TYPE_CHECKING:
    from rich.console import Console


# What an unfinished run has measured so far, on disk: one line as soon as a case is done.
#
# Each line is written whole and flushed to the disk before the next case begins, so whatever
# ends the run, at most the case in progress is lost. When the run is finished its file is
# written and the journal is removed; until then ``--resume`` goes on from it.


#: Below the folder of runs.
FOLDER = "unfinished"


class Journal:
    """A journal that this process writes; no other can at the same time.

    Parameters
    ----------
    path : Path
        Opened for appending, made if it is not there.

    Raises
    ------
    StoreError
        When it can't be opened, or another process writes it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        except OSError as error:
            raise unwritable(path.parent, error) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            raise StoreError(f"{path.name} belongs to a run that is still going on.") from error
        # A line that a dying process left half-written would swallow the next one.
        os.ftruncate(self._file, _whole(path.read_bytes()))

    def write(self, line: Mapping[str, Any]) -> None:
        """Append a line, whole or not at all.

        Parameters
        ----------
        line : mapping
            JSON-ready.

        Raises
        ------
        StoreError
            When the disk is full.
        """
        size = os.fstat(self._file).st_size
        text = memoryview(f"{json.dumps(line, default=str)}\n".encode())
        try:
            while text:
                text = text[os.write(self._file, text) :]
            os.fsync(self._file)
        except OSError as error:
            os.ftruncate(self._file, size)
            raise unwritable(self.path.parent, error) from error

    def add(self, outcome: Outcome) -> None:
        """Append what came of a task."""
        self.write({"outcome": asdict(outcome)})

    def remove(self) -> None:
        """Remove the file: its run is finished."""
        self.path.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        """Let go of the file; it stays."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _whole(text: bytes) -> int:
    """Return the length of the lines that are whole."""
    return text.rfind(b"\n") + 1


def read_journal(path: Path) -> tuple[dict[str, Any], list[Outcome]]:
    """Read what an unfinished run has measured.

    Returns
    -------
    tuple of (dict, list of Outcome)
        What the run was asked for, and what came of it so far.

    Raises
    ------
    StoreError
        When it can't be read, or its first line is missing.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise StoreError(f"{path} can't be read: {error.strerror}.") from error
    lines = text[: _whole(text)].splitlines()
    try:
        header, *rest = (json.loads(line) for line in lines)
        outcomes = [msgspec.convert(line["outcome"], Outcome) for line in rest]
        asked: dict[str, Any] = header["asked"]
    except (msgspec.ValidationError, ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{path} is damaged: it is no journal of a run ({error}).") from error
    return asked, outcomes


def unfinished(folder: Path) -> list[Path]:
    """List the journals of a folder of runs, the newest last."""
    return sorted((folder / FOLDER).glob("*.jsonl"))


# Decides what ``python -m bench run`` does, before its first case.


def plan(request: Request) -> RunAsked:
    """Decide what a run does, before its first case.

    Raises
    ------
    SelectionError, RegistryError, DataError
        When an option's value is not allowed.
    """
    protocol = protocol_of(request)
    selection = select(request)
    wanted = required(request, selection.registry)
    timed, unavailable = tasks_of(selection, request.cases)
    skipped, failed = required_and_missing(unavailable, wanted)
    tasks = (*timed, *(memory_tasks(timed) if request.memory else ()))
    setting, conditions = setting_of(request), conditions_of(request, request.seed)
    if conditions is not None:
        setting = replace(setting, cpus=())  # each process has its own of them
    asked = RunAsked(
        preset=request.preset,
        protocol=protocol,
        tasks=tasks,
        replicates=request.processes,
        order_seed=order_seed_of(request),
        setting=setting,
        fingerprint=fingerprint_under(conditions, setting.environment, setting.cpus),
        skipped=tuple(skipped),
        failed=tuple(failed),
        estimates=estimates_of(
            selection.registry,
            protocol,
            tasks,
            setting,
            SubprocessLauncher(request.kernel_folder),
        ),
        limit_seconds=request.case_timeout,
        command=tuple(sys.argv[1:]),
        commit=commit(),
        kernel_folders=request.kernel_folder,
        conditions=conditions,
    )
    return replace(asked, announced_seconds=total_seconds(asked))


def sentence(asked: RunAsked) -> str:
    """Say what is about to run."""
    timed = [task for task in asked.tasks if task.kind is Pass.TIME]
    line = progress.sentence(
        len(timed) + len(asked.skipped) + len(asked.failed),
        len(timed),
        asked.announced_seconds,
        asked.preset,
        sum(estimate_key(task) not in asked.estimates for task in timed),
    )
    return f"{line} Each case in {asked.replicates} processes."


def commit() -> str | None:
    """Return the commit of this program; None where it is no git checkout."""
    return commit_of({"commit_info": commit_info()})


# A run, from its announcement to its file.


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
        path = newest_journal(folder, console)
    read_journal(path)
    journal = Journal(path)
    try:
        read, before = read_journal(path)
        asked = _asked(read, path)
        _check_same(asked, path)
        _check_sound(asked, before, path)
    except StoreError:
        journal.close()
        raise
    return Run(asked, journal, console, before)


def _asked(read: Mapping[str, Any], path: Path) -> RunAsked:
    try:
        return RunAsked.from_json(read)
    except (msgspec.ValidationError, TypeError, ValueError) as error:
        raise StoreError(
            f"{path} was written by another version of this program; it can't go on."
        ) from error


def newest_journal(folder: Path, console: Console) -> Path:
    """Return the newest journal of a folder of runs that can be read; name those that can't.

    Raises
    ------
    StoreError
        When there is none.
    """
    for path in reversed(unfinished(folder)):
        try:
            read_journal(path)
        except StoreError as error:
            console.print(f"Left out: {error}", markup=False, highlight=False, soft_wrap=True)
        else:
            return path
    raise StoreError(f"there is no unfinished run in {folder / FOLDER} that can be read.")


def _check_same(asked: RunAsked, path: Path) -> None:
    """Refuse to put together what was measured on two machines, or of two codes."""
    setting, conditions = asked.setting, asked.conditions
    if why := conditions.why_not_here() if conditions else "":
        raise StoreError(f"{path.name} can't go on under its conditions: {why}.")
    now = fingerprint_under(asked.conditions, setting.environment, setting.cpus)
    if fingerprint_id(now) != fingerprint_id(asked.fingerprint):
        differ = sorted(key for key in now if now[key] != asked.fingerprint.get(key))
        raise StoreError(
            f"{path.name} was measured under another fingerprint (different: "
            f"{', '.join(differ)}); its parts can't be put together. Start a new run."
        )
    if commit() != asked.commit:
        raise StoreError(
            f"{path.name} was measured at commit {asked.commit}, this is "
            f"{commit()}; check that one out, or start a new run."
        )


def _check_sound(asked: RunAsked, before: Sequence[Outcome], path: Path) -> None:
    """Refuse what would fail only when all is measured."""
    from bench.run import merging  # noqa: PLC0415 - as below

    odd = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
    try:
        Pace(asked, before)
        document = merging.document(asked, before, complete=False)
        sound(json.loads(json.dumps(document, default=str)))
    except (DamageError, *odd) as error:
        raise StoreError(
            f"{path} is damaged: what it holds makes no run ({error}). Start a new run."
        ) from error


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
    ) -> None:
        self._asked, self._journal = asked, journal
        self._outcomes = list(before)
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
        with Interrupts(self._progress.note) as interrupts:
            try:
                complete = self._measure(interrupts)
                interrupts.save()
                from bench.run import merging  # noqa: PLC0415 - not beside what is measured

                document = merging.document(self._asked, self._outcomes, complete=complete)
                path = files.write_run(folder, document, self._asked.commit)
                if complete:
                    self._journal.remove()
            finally:
                self._journal.close()
        return path, document, complete

    def _measure(self, interrupts: Interrupts) -> bool:
        """Run the processes; say whether all was done."""
        asked = self._asked
        processes = schedule(
            asked.tasks, asked.replicates, asked.order_seed, asked.setting, asked.conditions
        )
        with self._progress:
            executor = Executor(
                SubprocessLauncher(asked.kernel_folders),
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
        estimate = self._asked.estimates.get(estimate_key(task))
        if estimate is None:
            return RULE.single_case_seconds
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
