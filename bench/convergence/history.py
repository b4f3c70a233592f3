"""Trainings at one batch size and rate, and what their losses say about the steps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bench.convergence.reaching import LOOK_AHEAD, reached_at

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bench.convergence.trajectories import Ensemble

    Float64 = NDArray[np.float64]

#: Seeds are drawn anew, with replacement, so often for an interval (Efron & Tibshirani 1993,
#: *An Introduction to the Bootstrap*, section 13.3).
RESAMPLES = 400
CONFIDENCE = 0.95
#: So many times the steps of the average a seed may take before it is a miss.
LONGER = 4
#: Points of the loss curve that are kept.
CURVE_POINTS = 60


def known(value: float) -> float | None:
    """Return a number; None for what is not finite."""
    return float(value) if math.isfinite(value) else None


@dataclass(frozen=True, eq=False)
class History:
    """Losses of many seeds.

    Attributes
    ----------
    steps : ndarray, shape (K,), int64
    losses : ndarray, shape (K, S)
        Excess over the optimum's loss.
    sums : ndarray, shape (K, S)
        Of the losses of all steps up to each.
    target : float
        Excess that is near enough.
    """

    steps: NDArray[np.int64]
    losses: Float64
    sums: Float64
    target: float

    @property
    def reached(self) -> float:
        """When the mean loss is at the target; NaN for a miss."""
        mean, sums = (one.mean(axis=1) for one in (self.losses, self.sums))
        return float(reached_at(self.steps, mean, sums, self.target))

    def interval(self, seed: int) -> tuple[float | None, float | None]:
        """Draw the seeds anew and look when their mean loss is at the target.

        Parameters
        ----------
        seed : int
            Of the drawing.

        Returns
        -------
        tuple of (float or None)
            The 95% interval of the steps; None for a bound that is a miss.
        """
        n = self.losses.shape[1]
        rng = np.random.default_rng(seed)
        weights = rng.multinomial(n, np.full(n, 1.0 / n), size=RESAMPLES).T / n
        finite = np.isfinite(self.losses).all(axis=0)
        found = reached_at(
            self.steps,
            self.losses[:, finite] @ weights[finite],
            self.sums[:, finite] @ weights[finite],
            self.target,
        )
        diverged = weights[~finite].sum(axis=0) > 0
        found[diverged | np.isnan(found)] = np.inf
        outside = (1.0 - CONFIDENCE) / 2.0
        low, high = np.quantile(found, [outside, 1.0 - outside], method="nearest")
        return known(low), known(high)

    def by_seed(self) -> tuple[float | None, ...]:
        """Return when each seed's own loss is at the target; None for a miss."""
        found = reached_at(self.steps, self.losses, self.sums, self.target)
        return tuple(known(one) for one in found)

    def curve(self, loss_optimum: float) -> tuple[tuple[int, ...], tuple[float, ...]]:
        """Return the loss averaged over the seeds, thinned out: steps and losses."""
        last = len(self.steps) - 1
        chosen = np.unique(np.linspace(0, last, CURVE_POINTS).round().astype(int))
        mean = loss_optimum + self.losses[chosen].mean(axis=1)
        finite = np.isfinite(mean)
        return (
            tuple(int(one) for one in self.steps[chosen][finite]),
            tuple(float(one) for one in mean[finite]),
        )


def history_of(trial: Ensemble, steps: float, target: float) -> History:
    """Train so long that most seeds get to the target by themselves.

    Parameters
    ----------
    trial : Ensemble
        At one rate; it is advanced.
    steps : float
        That the average takes.
    target : float

    Returns
    -------
    History
    """
    trial.advance(math.ceil(LOOK_AHEAD * LONGER * steps))
    losses = np.stack([one[:, 0] for one in trial.losses])
    sums = np.stack([one[:, 0] for one in trial.sums])
    return History(np.asarray(trial.steps), losses, sums, target)
