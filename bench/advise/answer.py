"""Which batch size one kernel should be given, and why: predicted, and as it was measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from bench.advise import step_cost, time_to_target
from bench.advise.proportionality import CostFit, Linearity, linearity
from bench.advise.rule import RULE
from bench.advise.statistical_cost import StatisticalFit
from bench.advise.time_to_target import Advice
from bench.convergence.quadratic import NoiseScale
from bench.stats.fits import RefusalError


@dataclass(frozen=True)
class Subject:
    """What the answer is about.

    Attributes
    ----------
    n_samples : int
        Of the workload.
    """

    workload: str
    device: str
    kernel: str
    backend: str
    n_samples: int


@dataclass(frozen=True)
class KernelAnswer:
    """What the times of a kernel and the steps of a workload say together.

    Attributes
    ----------
    table : DataFrame
        A row for each batch size, ascending: ``batch_size``, ``epoch_seconds``, ``steps``,
        ``samples`` and ``learning_rate`` to the target (NaN for a miss), ``product_seconds``
        (steps times the mean time of an epoch's steps, both as they were found), ``seconds``,
        ``low``, ``high`` (what the two models predict; NaN where they are refused), and
        ``measured_seconds``, ``measured_low``, ``measured_high`` (NaN where not measured).
    refusal : str or None
        Why there is no advice.
    measured_best : int or None
        The batch size with the shortest measured time to the target.
    agrees : bool or None
        Whether that lies in the advised range, or its time is within 10% of that measured at
        the advised size; None where it was not measured.
    """

    subject: Subject
    table: pd.DataFrame
    cost: CostFit | None
    linear: Linearity | None
    advice: Advice | None
    refusal: str | None
    measured_best: int | None
    agrees: bool | None


def relative_noise(rows: pd.DataFrame) -> pd.Series:
    """Return the relative standard deviation of each time, from its intervals.

    Parameters
    ----------
    rows : DataFrame
        From ``bench.store.tidy``: ``half_width`` of the 95% interval from the rounds and,
        where several processes measured, ``between_half_width``.

    Returns
    -------
    Series
        NaN where neither is known.
    """
    columns = [name for name in ("half_width", "between_half_width") if name in rows]
    noise: pd.Series = pd.Series(np.nan, index=rows.index)
    if columns:
        widest = rows[columns].apply(pd.to_numeric).max(axis=1)
        noise = widest / stats.norm.ppf((1 + RULE.confidence) / 2)
    return noise


def answer(
    subject: Subject,
    epochs: pd.DataFrame,
    steps: pd.DataFrame,
    statistical: StatisticalFit | RefusalError,
    measured: pd.DataFrame,
) -> KernelAnswer:
    """Find the batch size, or the reason why there is none.

    Parameters
    ----------
    epochs : DataFrame
        A row for each batch size: ``batch_size``, ``seconds`` of an epoch, and the
        intervals that `relative_noise` reads.
    steps : DataFrame
        As for ``bench.advise.statistical_cost.fit``, with ``learning_rate``.
    statistical : StatisticalFit or RefusalError
        What became of that fit.
    measured : DataFrame
        A row for each batch size whose time to the target was measured: ``batch_size``,
        ``seconds``, and its intervals; may be empty.
    """
    epochs = epochs.sort_values("batch_size")
    sizes = [int(size) for size in epochs["batch_size"]]
    cost = linear = advice = refusal = None
    try:
        cost = step_cost.fit(
            epochs["batch_size"].to_numpy(float),
            epochs["seconds"].to_numpy(float),
            subject.n_samples,
            relative_noise(epochs).to_numpy(float),
        )
        linear = linearity(cost)
        advice = _advised(cost, statistical, sizes, subject.n_samples)
    except RefusalError as error:
        refusal = str(error)
    table = _table(subject, epochs, steps, advice, measured)
    best, agrees = _compared(table, advice)
    return KernelAnswer(subject, table, cost, linear, advice, refusal, best, agrees)


def _advised(
    cost: CostFit,
    statistical: StatisticalFit | RefusalError,
    batch_sizes: list[int],
    n_samples: int,
) -> Advice:
    """Put both models together, where there are both."""
    if isinstance(statistical, RefusalError):
        raise statistical
    if cost.r_inf is None:
        raise RefusalError(
            "the time of a step shows no sign of the batch size, so all samples at once are "
            "the best as far as was measured, and nothing says by how much"
        )
    return time_to_target.advise(cost, statistical, batch_sizes, n_samples)


def _table(
    subject: Subject,
    epochs: pd.DataFrame,
    steps: pd.DataFrame,
    advice: Advice | None,
    measured: pd.DataFrame,
) -> pd.DataFrame:
    """Put side by side what is known of each batch size."""
    table = epochs[["batch_size", "seconds"]].rename(columns={"seconds": "epoch_seconds"})
    found = steps[["batch_size", "steps", "learning_rate"]]
    table = table.merge(found, how="left", on="batch_size")
    table["samples"] = table["steps"] * np.minimum(table["batch_size"], subject.n_samples)
    per_epoch = np.ceil(subject.n_samples / table["batch_size"])
    table["product_seconds"] = table["steps"] * table["epoch_seconds"] / per_epoch
    if advice is None:
        table[["seconds", "low", "high"]] = np.nan
    else:
        predicted = advice.predicted.drop(columns="steps")
        table = table.merge(predicted, how="left", on="batch_size")
    whole: pd.DataFrame = table.merge(_measured(measured), how="left", on="batch_size")
    return whole


def _measured(measured: pd.DataFrame) -> pd.DataFrame:
    """Return measured times with the wider of their intervals."""
    width = relative_noise(measured) * stats.norm.ppf((1 + RULE.confidence) / 2)
    seconds = measured["seconds"].astype(float)
    table: pd.DataFrame = pd.DataFrame(
        {
            "batch_size": measured["batch_size"].astype(int),
            "measured_seconds": seconds,
            "measured_low": seconds * (1 - width),
            "measured_high": seconds * (1 + width),
        }
    )
    return table


def _compared(table: pd.DataFrame, advice: Advice | None) -> tuple[int | None, bool | None]:
    """Compare the best measured batch size with the advised one."""
    tried = table.dropna(subset="measured_seconds").set_index("batch_size")["measured_seconds"]
    if tried.empty:
        return None, None
    best = int(tried.idxmin())
    if advice is None:
        return best, None
    low, high = (end.value for end in advice.within)
    if low <= best <= high:
        return best, True
    if advice.recommended not in tried.index:
        return best, None
    return best, bool(tried[advice.recommended] <= (1 + RULE.as_good_share) * tried[best])


# What ``python -m bench advise`` has found: answers, and what they rest on.


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
