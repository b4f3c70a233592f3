"""Measures what ``python -m bench advise`` needs, where no stored run is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import data
from bench.convergence.step_counts import Statistics
from bench.measure.target import setting_of
from bench.plan.request import Request, protocol_of, select
from bench.run import runner
from bench.run.runner import plan

if TYPE_CHECKING:
    from rich.console import Console


def measure(
    request: Request, folder: Path, console: Console, tell: Callable[[str], object]
) -> tuple[Path, dict[str, Any], bool]:
    """Count the steps, then time epochs and trainings to the target.

    Parameters
    ----------
    folder : Path
        Of runs.
    tell : callable
        Is told what is being done.

    Returns
    -------
    tuple of (Path, dict, bool)
        The run file, what is in it, and whether all was tried.

    Raises
    ------
    SelectionError, RegistryError, DataError
        When an option's value is not allowed.
    StoreError
        When nothing can be written.
    """
    asked = plan(request)
    _count(request, tell)
    return runner.begin(asked, folder, console).save(folder)


def _count(request: Request, tell: Callable[[str], object]) -> None:
    """Count the steps before anything is timed: the processes then read them."""
    selection, training = select(request), protocol_of(request)
    settings = {
        (workload, setting_of(training.of(kernel), kernel.rule))
        for workload in selection.values["workload"]
        for name in selection.values["kernel"]
        if (kernel := selection.registry.train.get(name)) is not None
    }
    for workload, setting in settings:
        Statistics(data.load(workload), setting).count(selection.values["batch_size"], tell)
