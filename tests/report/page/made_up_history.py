"""A folder of runs of two machines, of which one was upgraded, with a step and a drift."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.report.page.history_section import many_runs
from bench.report.source import histories
from bench.stats.verdict import Margins
from tests.history.stored_history import (
    FINGERPRINT,
    document,
    factors,
    is_kernel,
    is_memory,
    store,
)

if TYPE_CHECKING:
    from pathlib import Path

    from bench.report.page.blocks import Page
    from bench.store.table import Loaded

UPGRADED = {**FINGERPRINT, "kernel": "Linux 6.8"}
OTHER = {**FINGERPRINT, "cpu_model": "Another processor"}
KERNEL = "bench_epoch[airfoil-numpy.closed_form-cpu(0)-inmemory-B1]"
MEMORY = "bench_machine[numpy-cpu(0)-triad-bytes134217728]"
#: Nothing happens to it.
QUIET = "bench_machine[numpy-cpu(0)-empty_operator-bytes4]"
N_RUNS, STEP, UPGRADE, DISTURBED = 60, 25, 40, 20


def write(folder: Path) -> Path:
    """Store 60 runs of a machine, whose last three are slower in a kernel, and 15 of another.

    Returns
    -------
    Path
        The folder.
    """
    for day in range(1, N_RUNS + 1):
        drawn = {name: one * _factor(name, day) for name, one in factors(day).items()}
        made = document(day, drawn, UPGRADED if day >= UPGRADE else FINGERPRINT)
        if day == DISTURBED:
            for benchmark in made["benchmarks"]:
                benchmark["extra_info"]["disturbed_rounds"] = 5
        store(folder, day, made)
    for day in range(1, 16):
        store(folder, 100 + day, document(day, factors(100 + day), OTHER, node="two"))
    return folder


def _factor(name: str, day: int) -> float:
    """Return how many times as long a case takes on a day as on the first."""
    factor = 1.0
    if is_kernel(name):
        factor *= 0.93 if day >= STEP else 1.0
        factor *= 1.08 if day > N_RUNS - 3 else 1.0
    if is_memory(name) and day >= UPGRADE:
        factor *= 1.06
    if "nd.fused" in name:
        factor *= 1 + 0.0015 * day
    return factor


def page_of(loaded: Loaded) -> Page:
    found = histories(loaded, Margins())
    return many_runs(loaded, (), found.found, any_node=found.any_node)
