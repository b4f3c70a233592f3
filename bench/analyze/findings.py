"""What ``python -m bench advise`` has found: answers, and what they rest on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from bench.analyze.kernel_answer import KernelAnswer
    from bench.analyze.refusal import RefusalError
    from bench.analyze.statistical_model import StatisticalFit


@dataclass(frozen=True)
class NoiseScale:
    """The gradient noise scale along gradient descent on all samples.

    Attributes
    ----------
    learning_rate : float
        Of the path.
    steps : tuple of int
        Where it is given, from 0; the last is the last above the target.
    simple, curved : tuple of float
        ``tr(Sigma) / |G|^2`` and ``tr(H Sigma) / (G^T H G)`` there, in samples.
    normal : tuple of float
        What the first would be if features and noise were normal.
    mean_simple, mean_curved : float
        Averages over all steps of the path: what equation 2.11 of the source makes of a
        noise scale that changes on the way.
    """

    learning_rate: float
    steps: tuple[int, ...]
    simple: tuple[float, ...]
    curved: tuple[float, ...]
    normal: tuple[float, ...]
    mean_simple: float
    mean_curved: float


@dataclass(frozen=True)
class Conditions:
    """What the steps to a target depend on, beside the workload and the batch size.

    Attributes
    ----------
    tolerance : float
        The target loss is ``(1 + tolerance)`` times the optimum's.
    schedule, sampling : str
    momentum : float
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
    workload : str
    conditions : Conditions
    target_loss, loss_optimum : float
    table : DataFrame
        A row for each batch size: ``batch_size``, ``steps`` (NaN for a miss), ``steps_low``,
        ``steps_high``, ``steps_cap``, ``edge``, ``learning_rate``, ``seeds``,
        ``missed_seeds``, ``expected_steps`` (of theory; NaN where it says nothing).
    fit : StatisticalFit or RefusalError
    expected : StatisticalFit or RefusalError or None
        The same fit to the steps that theory gives; None where it says nothing.
    noise_scale : NoiseScale
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
