"""What one pytest session is asked for, what came of it, and its run file."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bench.measure.measurement import Measurement
from bench.measure.protocol import Protocol
from bench.measure.rounds import Instruments, instruments_for
from bench.plan.matrix import Selection
from bench.report.progress import Tables, not_shown
from bench.run.single_case import Elsewhere
from bench.store.files import FORMAT
from kernels.contract import Availability
from kernels.registry import Registry

# What one pytest session of the suite holds: what is asked for, and what came of it.


@dataclass(frozen=True)
class Unmeasured:
    """A case without a measurement.

    Attributes
    ----------
    id : str
        Of its test.
    """

    id: str
    params: Mapping[str, Any]
    reason: str


@dataclass
class Suite:
    """The state of a session.

    Attributes
    ----------
    required : tuple of str
        Kernels and devices whose absence is a failure.
    kernel_folders : tuple of Path
        Where further kernels are; processes of their own need to know.
    """

    preset: str
    selection: Selection
    protocol: Protocol
    required: tuple[str, ...] = ()
    skipped: list[Unmeasured] = field(default_factory=list)
    failed: list[Unmeasured] = field(default_factory=list)
    kernel_folders: tuple[Path, ...] = ()
    _elsewhere: Elsewhere | None = None

    def measure_elsewhere(
        self, module: str, params: Mapping[str, Any], environment: Mapping[str, str]
    ) -> Measurement:
        """Measure a case in a process that has these variables set."""
        if self._elsewhere is None:
            self._elsewhere = Elsewhere(self.kernel_folders)
        return self._elsewhere.measure(module, params, self.protocol, environment)

    def close(self) -> None:
        """End the processes."""
        if self._elsewhere is not None:
            self._elsewhere.close()

    @property
    def registry(self) -> Registry:
        """The kernels that are there."""
        return self.selection.registry

    def instruments(self, device: str) -> Instruments:
        """Return what times the rounds of a case on a device."""
        return instruments_for(device)

    def availability(self, params: Mapping[str, Any]) -> Availability:
        """Say whether a case can run here, and why not."""
        return self.selection.availability(params)

    def is_required(self, params: Mapping[str, Any]) -> bool:
        """Say whether skipping a case is a failure."""
        return bool({params.get("kernel"), params["device"]} & {*self.required})

    def document(self, command: list[str], *, interrupted: bool) -> dict[str, Any]:
        """Return what the run file says beside the benchmarks.

        Parameters
        ----------
        command : list of str
            The arguments that pytest was given.
        """
        return {
            "format": FORMAT,
            "preset": self.preset,
            "protocol": asdict(self.protocol),
            "command": command,
            "status": "interrupted" if interrupted else "complete",
            "skipped": [asdict(one) for one in self.skipped],
            "failed": [asdict(one) for one in self.failed],
        }


# A finished session as the document of a run file.


def document_of(
    config: pytest.Config, measuring: Any, asked: Suite, *, interrupted: bool
) -> dict[str, Any]:
    """Return what ``--benchmark-json`` would write, with what this suite adds.

    Parameters
    ----------
    measuring : BenchmarkSession
        pytest-benchmark's.

    Returns
    -------
    dict
        JSON-ready.
    """
    commit_info = config.hook.pytest_benchmark_generate_commit_info(config=config)
    config.hook.pytest_benchmark_update_commit_info(config=config, commit_info=commit_info)
    document: dict[str, Any] = config.hook.pytest_benchmark_generate_json(
        config=config,
        benchmarks=measuring.benchmarks,
        include_data=True,
        machine_info=measuring.get_machine_info(),
        commit_info=commit_info,
    )
    config.hook.pytest_benchmark_update_json(
        config=config, benchmarks=measuring.benchmarks, output_json=document
    )
    command = [os.fspath(argument) for argument in config.invocation_params.args]
    document["bench"] = asked.document(command, interrupted=interrupted)
    return document


# The end of a session.


#: Where its run file is, what is in it, and what went wrong.
RUN_FILE = pytest.StashKey[Path]()
DOCUMENT = pytest.StashKey[dict[str, Any]]()
PROBLEM = pytest.StashKey[str]()


def summarise(report: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the tables, what was skipped and why, and where the run is."""
    document = config.stash.get(DOCUMENT, None)
    if document is None:
        return
    width = report._tw.fullwidth
    tables = config.getoption("tables")
    if tables != "pytest-benchmark":
        chosen = Tables.NONE if config.get_verbosity() < 0 else Tables(tables)
        if RUN_FILE not in config.stash:  # this is all that is left of it
            chosen = Tables.ALL
        report.write(_tables(document, width, chosen, colour=report.hasmarkup))
    if RUN_FILE in config.stash:
        path = config.stash[RUN_FILE]
        report.ensure_newline()
        tell = partial(report.rewrite, erase=True) if report.isatty else report.write_line
        for line in ("", *_ending(document, path, width, tell)):
            report.write_line(line)
        if path.with_suffix("").is_dir():
            report.write_line(f"Figures: {_shown(path.with_suffix(''))}{os.sep}")
    if PROBLEM in config.stash:
        report.write_line(f"ERROR: {config.stash[PROBLEM]}", red=True)


def _tables(document: dict[str, Any], width: int, chosen: Tables, *, colour: bool) -> str:
    try:
        from bench.report import terminal  # noqa: PLC0415 - it imports pandas

        return terminal.render(document, width=width, colour=colour, tables=chosen)
    except ModuleNotFoundError as error:
        return f"\n{not_shown(error)}\n"


def _ending(
    document: dict[str, Any], path: Path, width: int, tell: Callable[[str], object]
) -> list[str]:
    """Return what a run ends with; of one that measured nothing, where it is."""
    if not document["benchmarks"]:
        return [f"Run file: {_shown(path)}"]
    try:
        # What counts steps takes long to import.
        from bench.report.closing import closing, program  # noqa: PLC0415
        from bench.report.source import just_measured  # noqa: PLC0415

        found = just_measured(document, path.name, tell)
        return closing(found, _shown(path), width, program())
    except ModuleNotFoundError as error:
        not_shown(error)  # the tables have said it; anything else is raised
        return [f"Run file: {_shown(path)}"]


def _shown(path: Path) -> str:
    """Return a path as short as the working directory allows."""
    return os.path.relpath(path) if Path.cwd() in path.parents else str(path)
