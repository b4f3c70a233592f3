"""Is one CPU slower than the others? Runs under controlled conditions use several in turn."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.stats import ttest_ind

from bench.history.rule import RULE
from bench.history.run_times import log_matrix
from bench.stats.verdict import percent

#: Columns of cases that are read.
COLUMNS = ("process_fifth_percentiles", "process_cpus")

# By how much a process is slower than the others is the median over its cases. Libraries are
# measured in processes of their own; those of the same number had the same CPU.


def slower_cpus(cases: pd.DataFrame) -> Iterator[str]:
    """Name the CPUs of a run that are slower than the others.

    Parameters
    ----------
    cases : DataFrame
        Of one run, with `COLUMNS`.

    Yields
    ------
    str
        A sentence for each.
    """
    effects = _of_processes(cases)
    cpus = effects["cpu"].unique()
    for cpu in sorted(cpus):
        here = effects.loc[effects["cpu"] == cpu, "effect"].to_numpy()
        others = effects.loc[effects["cpu"] != cpu, "effect"].to_numpy()
        if min(len(here), len(others)) < RULE.fewest_processes_of_cpu:
            continue
        found = ttest_ind(here, others, equal_var=False, alternative="greater")
        low = float(found.confidence_interval(RULE.confidence).low)
        if found.pvalue * len(cpus) <= RULE.max_p_alone and low > np.log1p(RULE.cpu_margin):
            slower = percent(float(np.expm1(here.mean() - others.mean())))
            yield (
                f"CPU {cpu:.0f} is {slower} slower than the other CPUs of this machine (at "
                f"least {percent(float(np.expm1(low)))}, by {len(here)} processes on it and "
                f"{len(others)} on others)."
            )


def _of_processes(cases: pd.DataFrame) -> pd.DataFrame:
    """Return by how much each process is slower than the others: ``cpu`` and ``effect``."""
    effects: dict[tuple[int, float], list[float]] = {}
    for times, cpus in zip(*(cases[name] for name in COLUMNS), strict=True):
        if isinstance(cpus, list) and cpus and len(times) == len(cpus):
            logs = log_matrix([times])[0]
            for number, (cpu, effect) in enumerate(zip(cpus, logs - logs.mean(), strict=True)):
                effects.setdefault((number, cpu), []).append(effect)
    rows = [(cpu, float(np.median(some))) for (_, cpu), some in effects.items()]
    table: pd.DataFrame = pd.DataFrame(rows, columns=["cpu", "effect"]).dropna()
    return table
