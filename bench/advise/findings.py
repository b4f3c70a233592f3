"""What ``python -m bench advise`` has found: answers, and what they rest on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from bench.advise.answer import KernelAnswer
from bench.advise.statistical_cost import StatisticalFit
from bench.convergence.quadratic import NoiseScale
from bench.stats.fits import RefusalError


@dataclass(frozen=True)
class Conditions:
    """What the steps to a target depend on, beside the workload and the batch size.

    Attributes
    ----------
    tolerance : float
        The target loss is ``(1 + tolerance)`` times the optimum's.
    """

    tolerance: float
    schedule: str
    sampling: str
    momentum: float


@dataclass(frozen=True)
class Counted:
    """How many steps a workload needs, under one set of conditions.

    Attributes
    ----------
    table : DataFrame
        A row for each batch size: ``batch_size``, ``steps`` (NaN for a miss), ``steps_low``,
        ``steps_high``, ``steps_cap``, ``edge``, ``learning_rate``, ``seeds``,
        ``missed_seeds``, ``expected_steps`` (of theory; NaN where it says nothing).
    expected : StatisticalFit or RefusalError or None
        The same fit to the steps that theory gives; None where it says nothing.
    """

    workload: str
    conditions: Conditions
    target_loss: float
    loss_optimum: float
    table: pd.DataFrame
    fit: StatisticalFit | RefusalError
    expected: StatisticalFit | RefusalError | None
    noise_scale: NoiseScale


@dataclass(frozen=True)
class Found:
    """All that is answered.

    Attributes
    ----------
    answers : tuple of KernelAnswer
        By workload, device and kernel.
    conditions : tuple of Conditions
        Of each answer.
    counted : mapping of (str, Conditions) to Counted
        By workload.
    others : tuple of (Counted, KernelAnswer)
        The same kernels under the other schedules and samplings that were asked for.
    """

    answers: tuple[KernelAnswer, ...]
    conditions: tuple[Conditions, ...]
    counted: Mapping[tuple[str, Conditions], Counted]
    others: tuple[tuple[Counted, KernelAnswer], ...] = ()
