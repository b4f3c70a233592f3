"""Counts the steps that a workload needs, and fits them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import data
from bench.analyze import statistical_model
from bench.analyze.findings import Conditions, Counted
from bench.analyze.refusal import RefusalError
from bench.convergence.statistics import Statistics
from bench.convergence.tabled import steps_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pandas as pd

    from bench.analyze.statistical_model import StatisticalFit
    from bench.convergence.setting import Setting


def silent(text: str) -> None:
    """Tell nobody."""


def conditions_of(setting: Setting) -> Conditions:
    """Return what is told of a setting."""
    return Conditions(
        setting.tolerance, setting.schedule, setting.sampling, setting.rule.momentum
    )


def counted(
    workload: str,
    setting: Setting,
    batch_sizes: Iterable[int],
    tell: Callable[[str], object] = silent,
) -> Counted:
    """Count the steps to the target at several batch sizes, and fit them.

    Parameters
    ----------
    workload : str
    setting : Setting
    batch_sizes : iterable of int
    tell : callable
        Is told what is being counted, where it is not in the cache.

    Returns
    -------
    Counted

    Raises
    ------
    DataError
        For a workload whose optimum has no loss.
    """
    statistics = Statistics(data.load(workload), setting)
    n_samples = statistics.workload.n_samples
    sizes = sorted({size for size in batch_sizes if size <= n_samples})
    if not statistics.known(sizes):
        momentum = f", momentum {setting.rule.momentum:g}" if setting.rule.momentum else ""
        tell(
            f"counting the steps to the target of {workload} ({setting.schedule} rate, "
            f"{setting.sampling.replace('-', ' ')}{momentum}); they are kept for the next time"
        )
    table = steps_table(statistics, sizes)
    theory = None
    if table["expected_steps"].notna().any():
        unseen = {"steps": table["expected_steps"], "steps_low": None, "steps_high": None}
        theory = _fitted(table.assign(**unseen), n_samples, setting.sampling)
    return Counted(
        workload=workload,
        conditions=conditions_of(setting),
        target_loss=statistics.target_loss,
        loss_optimum=statistics.workload.optimum.loss,
        table=table,
        fit=_fitted(table, n_samples, setting.sampling, in_epochs=True),
        expected=theory,
        noise_scale=statistics.noise_scale(),
    )


def _fitted(
    table: pd.DataFrame, n_samples: int, sampling: str, *, in_epochs: bool = False
) -> StatisticalFit | RefusalError:
    try:
        return statistical_model.fit(table, n_samples, sampling, in_epochs=in_epochs)
    except RefusalError as error:
        return error
