"""The suite's options of pytest, and how they become a suite."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from bench import store
from bench.measure.protocol import Protocol
from bench.selection import options, parsing
from bench.suite import Suite
from kernels import schedules
from kernels.sampling import SAMPLINGS

if TYPE_CHECKING:
    import pytest

TABLES = ("summary", "pytest-benchmark", "both")


def add(parser: pytest.Parser) -> None:
    """Declare the options.

    Parameters
    ----------
    parser : pytest.Parser
    """
    group = parser.getgroup(
        "minibatch", "mini-batch SGD benchmarks (lists: commas, nd.* works)"
    )
    text = {
        "--preset": ("default", "how much to measure: quick, default, full or memory"),
        "--workloads": (None, "airfoil, airfoil-5, synthetic-10000x32, …"),
        "--kernels": (None, "names of kernels, as `python -m bench list` shows them"),
        "--devices": (None, "cpu(0), gpu(0), … (cpu and gpu1 are understood)"),
        "--loaders": (None, "inmemory, dataloader"),
        "--batch-sizes": (None, "whole numbers, at most the number of samples"),
        "--update-sizes": (None, "parameter counts of bench_update"),
        "--require": (None, "kernels or devices that must not be skipped"),
        "--learning-rate": (None, "initial rate; by default the workload's, by batch size"),
        "--schedule": ("constant", schedules.ALLOWED),
        "--sampling": (SAMPLINGS[0], " or ".join(SAMPLINGS)),
        "--seed": ("0", "of the start and the sample orders"),
        "--epochs": (None, "epochs of one training"),
        "--seconds-per-case": (None, "repeat trainings until this much is timed"),
        "--notebook-repeats": (None, "trainings of each bench_notebook case, a seed each"),
        "--tables": (TABLES[0], "what to print at the end: " + ", ".join(TABLES)),
    }
    for option, (default, explanation) in text.items():
        group.addoption(option, default=default, help=explanation, metavar="TEXT")
    group.addoption(
        "--kernel-folder",
        action="append",
        type=Path,
        default=[],
        metavar="FOLDER",
        help="a folder with kernel files of your own; may be given more than once",
    )
    group.addoption(
        "--results",
        type=Path,
        default=None,
        metavar="FOLDER",
        help=f"where the run goes (default: {store.RUNS})",
    )
    group.addoption("--no-figures", action="store_true", help="draw no figures")


def suite_of(config: pytest.Config) -> Suite:
    """Check the options and return the suite that they ask for.

    Parameters
    ----------
    config : pytest.Config

    Returns
    -------
    Suite

    Raises
    ------
    SelectionError, RegistryError
        When an option's value is not allowed.
    """
    given = options.Given(
        preset=config.getoption("preset"),
        workloads=config.getoption("workloads"),
        kernels=config.getoption("kernels"),
        devices=config.getoption("devices"),
        loaders=config.getoption("loaders"),
        batch_sizes=config.getoption("batch_sizes"),
        update_sizes=config.getoption("update_sizes"),
        kernel_folders=tuple(config.getoption("kernel_folder")),
    )
    protocol = _protocol(config, given)
    parsing.one_of("--tables", config.getoption("tables"), TABLES, "table")
    selection = options.select(given)
    known = {*selection.registry.train, *selection.registry.update}
    required = _required(config, known)
    return Suite(
        preset=options.preset_of(given).name,
        selection=selection,
        protocol=protocol,
        required=required,
        kernel_folders=given.kernel_folders,
    )


def _required(config: pytest.Config, known: set[str]) -> tuple[str, ...]:
    """Read ``--require``: a list of kernels and devices."""
    text = config.getoption("require")
    if text is None:
        return ()
    required = []
    for value in parsing.split("--require", text):
        try:
            required.append(value if value in known else parsing.devices("", value)[0])
        except parsing.SelectionError as error:
            raise parsing.SelectionError(
                f"--require: {value!r} is neither a device, like gpu(0), nor a kernel; there "
                f"are: {', '.join(sorted(known))}."
            ) from error
    return tuple(required)


def _protocol(config: pytest.Config, given: options.Given) -> Protocol:
    """Read the options that say how a training is run."""
    preset = options.preset_of(given)
    rate, epochs = config.getoption("learning_rate"), config.getoption("epochs")
    seconds, seed = config.getoption("seconds_per_case"), config.getoption("seed")
    repeats = config.getoption("notebook_repeats")
    if not re.fullmatch(r"[0-9]{1,9}", seed):
        raise parsing.SelectionError(
            f"--seed: {seed!r} is not allowed; give a whole number from 0 to 999999999."
        )
    sampling = parsing.one_of("--sampling", config.getoption("sampling"), SAMPLINGS, "sampling")
    schedule = config.getoption("schedule")
    try:
        schedules.parse(schedule, 1.0)
    except schedules.ScheduleError as error:
        raise parsing.SelectionError(f"--schedule: {error}") from error
    return Protocol(
        epochs=preset.epochs if epochs is None else parsing.whole_number("--epochs", epochs),
        seconds_per_case=preset.seconds_per_case
        if seconds is None
        else parsing.positive("--seconds-per-case", seconds),
        notebook_repeats=preset.notebook_repeats
        if repeats is None
        else parsing.whole_number("--notebook-repeats", repeats),
        seed=int(seed),
        sampling=sampling,  # type: ignore[arg-type] # it is one of SAMPLINGS
        schedule=schedule,
        learning_rate=None if rate is None else parsing.positive("--learning-rate", rate),
    )
