"""Which batch size reaches the target first: steps to it times the time of a step.

``T(B) = S(B) t(B)``. On the line of the cost model, with ``S = s0 + e1 / B``, that is
``(s0 + e1 / B) (a + b B)``, whose minimum is at ``B* = sqrt(e1 a / (s0 b))``: with replacement
``sqrt(B_noise n_half)``. On a plateau T falls with B, so the minimum is never on it but at its
end. Intervals come from pairing the draws of both fits, which are independent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from bench.advise.proportionality import CostFit
from bench.advise.rule import RULE
from bench.advise.statistical_cost import StatisticalFit, StepCount, StepTime
from bench.stats.estimate import Estimate, from_draws
from bench.stats.medians import Floats


@dataclass(frozen=True)
class Advice:
    """Which batch size to take.

    Attributes
    ----------
    b_star : Estimate
        The batch size of the smallest predicted time, a real number in [1, n_samples].
    t_star_seconds : Estimate
        The time to the target there.
    within : tuple of Estimate
        Smallest and largest batch size, round ``b_star``, whose time is within 5% of
        ``t_star_seconds``.
    at_end : {'smallest', 'largest'} or None
        Where the minimum is at 1 or at ``n_samples``: the time only rises, or only falls.
    extrapolated : bool
        Whether ``b_star`` lies outside the batch sizes that either fit was made from.
    recommended : int
        The batch size to name to a person: of those given that lie ``within`` and did not
        miss the target, the one with the smallest predicted time; ``b_star`` rounded where
        there is none.
    predicted : DataFrame
        ``batch_size``, ``steps``, ``seconds``, ``low``, ``high``: a row for each batch
        size given, ascending, with the 95% interval of the seconds. An epoch's short last
        step counts as a step here, with the time that it takes.
    """

    b_star: Estimate
    t_star_seconds: Estimate
    within: tuple[Estimate, Estimate]
    at_end: str | None
    extrapolated: bool
    recommended: int
    predicted: pd.DataFrame


@dataclass(frozen=True)
class _Optimum:
    """Where the time to the target is smallest, for one set of parameters or for draws."""

    size: Floats
    seconds: Floats
    low: Floats
    high: Floats


def advise(
    cost: CostFit, statistical: StatisticalFit, batch_sizes: Sequence[int], n_samples: int
) -> Advice:
    """Find the batch size that reaches the target first.

    Parameters
    ----------
    batch_sizes : sequence of int
        That are on offer, in any order.
    n_samples : int
        Of the workload; no batch is larger.

    Raises
    ------
    ValueError
        Where one of the fits is of another number of samples.
    """
    if {cost.n_samples, statistical.count.n_samples} != {n_samples}:
        raise ValueError(
            f"the fits are of {cost.n_samples} and {statistical.count.n_samples} samples, "
            f"not of {n_samples}"
        )
    step, count = _paired(cost.draws, statistical.draws)
    best = _optimum(cost.step, statistical.count)
    drawn = _optimum(step, count)
    offered = np.sort(np.asarray(batch_sizes, dtype=int))
    predicted = _predicted((cost.step, statistical.count), (step, count), offered)
    return Advice(
        b_star=from_draws(float(best.size), drawn.size),
        t_star_seconds=from_draws(float(best.seconds), drawn.seconds),
        within=(
            from_draws(float(best.low), drawn.low),
            from_draws(float(best.high), drawn.high),
        ),
        at_end=_end(float(best.size), n_samples),
        extrapolated=not all(
            sizes[0] <= float(best.size) <= sizes[-1]
            for sizes in (cost.batch_sizes, statistical.batch_sizes)
        ),
        recommended=_recommended(best, predicted, statistical.misses),
        predicted=predicted,
    )


def _paired(step: StepTime, count: StepCount) -> tuple[StepTime, StepCount]:
    """Return as many draws of one fit as of the other, picked evenly from the larger."""
    n_draws = min(len(step.a), len(count.s_min))
    ours = np.linspace(0, len(step.a) - 1, n_draws).round().astype(int)
    theirs = np.linspace(0, len(count.s_min) - 1, n_draws).round().astype(int)
    return (
        replace(step, a=step.a[ours], b=step.b[ours], c=step.c[ours]),
        replace(count, s_min=count.s_min[theirs], e_min=count.e_min[theirs]),
    )


def _optimum(step: StepTime, count: StepCount) -> _Optimum:
    """Find the smallest time, and how far from it the time is nearly as small."""

    def seconds(batch_size: ArrayLike) -> Floats:
        return count.steps(batch_size) * step.seconds(batch_size)

    n = float(count.n_samples)
    constant, per_inverse = count.terms
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = per_inverse * np.maximum(step.a, 0.0) / (constant * step.b)
    falls = (constant <= 0) | (step.b <= 0)  # with the batch size, up to the largest
    turn = np.sqrt(np.where(falls, n**2, ratio))
    candidates = np.clip(np.stack(np.broadcast_arrays(turn, step.c)), 1.0, n)
    times = np.stack([seconds(size) for size in candidates])
    size = np.take_along_axis(candidates, times.argmin(axis=0)[None], axis=0)[0]
    least = times.min(axis=0)
    limit = (1.0 + RULE.near_best_share) * least
    return _Optimum(
        size=size,
        seconds=least,
        low=_crossing(seconds, size, np.ones_like(size), limit),
        high=_crossing(seconds, size, np.full_like(size, n), limit),
    )


def _crossing(
    seconds: Callable[[Floats], Floats], inside: Floats, end: Floats, limit: Floats
) -> Floats:
    """Return the batch size between two at which the time passes the limit, by halving."""
    within = np.where(seconds(end) <= limit, end, inside)
    beyond = end
    for _ in range(RULE.halvings):
        middle = np.sqrt(within * beyond)
        good = seconds(middle) <= limit
        within, beyond = np.where(good, middle, within), np.where(good, beyond, middle)
    return within


def _end(size: float, n_samples: int) -> str | None:
    """Say at which end of the batch sizes the minimum is."""
    if size >= n_samples:
        return "largest"
    return "smallest" if size <= 1 else None


def _predicted(
    best: tuple[StepTime, StepCount],
    drawn: tuple[StepTime, StepCount],
    batch_sizes: NDArray[np.int_],
) -> pd.DataFrame:
    """Predict steps and seconds at each batch size."""
    rows = []
    for size in batch_sizes:
        seconds = float(_epochwise(*best, int(size)))
        known = from_draws(seconds, _epochwise(*drawn, int(size)))
        steps = float(best[1].epoch_steps(size))
        rows.append((int(size), steps, seconds, known.low, known.high))
    table: pd.DataFrame = pd.DataFrame(
        rows, columns=["batch_size", "steps", "seconds", "low", "high"]
    )
    return table


def _epochwise(step: StepTime, count: StepCount, batch_size: int) -> Floats:
    """Return the steps to the target times the mean time of an epoch's steps."""
    n_steps = -(-count.n_samples // batch_size)
    epoch = step.epoch_seconds(batch_size, count.n_samples)
    return count.epoch_steps(batch_size) * epoch / n_steps


def _recommended(best: _Optimum, predicted: pd.DataFrame, misses: Sequence[float]) -> int:
    """Return the batch size to name to a person."""
    sizes = predicted["batch_size"]
    good = sizes.between(float(best.low), float(best.high)) & ~sizes.isin(misses)
    inside = predicted[good]
    if inside.empty:
        return max(1, round(float(best.size)))
    return int(inside.sort_values("seconds")["batch_size"].iloc[0])
