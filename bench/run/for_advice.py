"""Measures what ``python -m bench advise`` needs, where no stored run is named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import data
from bench.convergence.statistics import Statistics
from bench.measure.target import setting_of
from bench.plan import request
from bench.plan.request import Given, ProtocolGiven, protocol_of
from bench.run import runner
from bench.run.preparing import RunOptions, plan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rich.console import Console

#: The published loop, the fastest ways that MXNet has of doing the same, and a peer.
KERNELS = "nd.autograd,gluon.hybrid,nd.fused,torch.closed_form"
CASES = ("bench_epoch", "bench_target")


@dataclass(frozen=True)
class Live:
    """What is to be measured, as text; None where an option was not given.

    Attributes
    ----------
    workload, kernels, devices, batch_sizes : str or None
    target, schedule, sampling : str
    processes : int
    """

    workload: str | None
    kernels: str | None
    devices: str | None
    batch_sizes: str | None
    target: str
    schedule: str
    sampling: str
    processes: int


def measure(
    live: Live, folder: Path, console: Console, tell: Callable[[str], object]
) -> tuple[Path, dict[str, Any], bool]:
    """Count the steps, then time epochs and trainings to the target.

    Parameters
    ----------
    live : Live
    folder : Path
        Of runs.
    console : Console
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
    given = Given(
        workloads=live.workload,
        kernels=live.kernels or KERNELS,
        devices=live.devices,
        loaders="inmemory",
        batch_sizes=live.batch_sizes,
    )
    protocol = ProtocolGiven(
        schedule=live.schedule, sampling=live.sampling, tolerance=live.target
    )
    asked = plan(
        RunOptions(
            given=given,
            protocol=protocol,
            cases=CASES,
            replicates=live.processes,
            memory=False,
        )
    )
    _count(given, protocol, tell)
    return runner.begin(asked, folder, console).save(folder)


def _count(given: Given, protocol: ProtocolGiven, tell: Callable[[str], object]) -> None:
    """Count the steps before anything is timed: the processes then read them."""
    selection = request.select(given)
    training = protocol_of(protocol, request.preset_of(given))
    settings = {
        (workload, setting_of(training.of(kernel), kernel.rule))
        for workload in selection.values["workload"]
        for name in selection.values["kernel"]
        if (kernel := selection.registry.train.get(name)) is not None
    }
    for workload, setting in settings:
        statistics = Statistics(data.load(workload), setting)
        sizes = [
            size
            for size in selection.values["batch_size"]
            if size <= statistics.workload.n_samples
        ]
        if not statistics.known(sizes):
            tell(f"counting the steps to the target of {workload}, once")
        for size in sizes:
            statistics.at(size)
