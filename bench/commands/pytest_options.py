"""The suite's options of pytest, and how they become a suite."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bench.commands.session import Suite
from bench.plan import request, values
from bench.plan.request import ProtocolGiven, protocol_of, required
from bench.store import files
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
        "--precision": ("1", "percent: no more rounds once a median is known to this …"),
        "--seconds-per-case": (None, "… or so much is timed"),
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
        help=f"where the run goes (default: {files.RUNS})",
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
    given = request.Given(
        preset=config.getoption("preset"),
        workloads=config.getoption("workloads"),
        kernels=config.getoption("kernels"),
        devices=config.getoption("devices"),
        loaders=config.getoption("loaders"),
        batch_sizes=config.getoption("batch_sizes"),
        update_sizes=config.getoption("update_sizes"),
        kernel_folders=tuple(config.getoption("kernel_folder")),
    )
    protocol = protocol_of(
        ProtocolGiven(
            learning_rate=config.getoption("learning_rate"),
            schedule=config.getoption("schedule"),
            sampling=config.getoption("sampling"),
            seed=config.getoption("seed"),
            epochs=config.getoption("epochs"),
            seconds_per_case=config.getoption("seconds_per_case"),
            precision=config.getoption("precision"),
            notebook_repeats=config.getoption("notebook_repeats"),
        ),
        request.preset_of(given),
    )
    values.one_of("--tables", config.getoption("tables"), TABLES, "table")
    selection = request.select(given)
    known = {*selection.registry.train, *selection.registry.update}
    return Suite(
        preset=request.preset_of(given).name,
        selection=selection,
        protocol=protocol,
        required=required(config.getoption("require"), known),
        kernel_folders=given.kernel_folders,
    )
