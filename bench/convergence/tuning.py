r"""Finds the learning rate that reaches the target in the fewest steps, at one batch size.

Every batch size gets its own (Shallue et al. 2019, JMLR 20:112, section 4: without it, what
looks like an effect of the batch size is one of the rate). A grid in factors of two is laid
around a start from theory, and goes on in a direction as long as the best rate lies on that
edge: the edge is never the answer. Around the best, rates a fourth of that apart are tried
with many seeds.

The start: gradient descent is fastest near ``1 / lambda_max``; at a batch size B the noise
of the last steps keeps the loss above the optimum by about ``eta tr(H) L* / (2 B)`` (Bottou,
Curtis & Nocedal 2018, SIAM Review 60:223, theorem 4.6), which must be below the target's
distance ``tau``; without noise steps on single samples are stable up to about ``1 / tr(H)``
(Ma, Bassily & Belkin 2018, arXiv:1712.06559). All of them together, as in a harmonic sum::

    1 / eta = lambda_max + tr(H) / B \max(1, L* / (2 tau))
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bench.convergence.reaching import LOOK_AHEAD, reached_at
from bench.convergence.trajectories import Ensemble

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from bench.convergence.problem import Problem
    from bench.convergence.setting import Setting

    Float64 = NDArray[np.float64]

#: Factors of two below and above the start that are tried first; how many more at an edge.
BELOW, ABOVE, MORE = 3, 3, 4
#: Rates between two of the grid that are tried around the best, on each side.
FINER = 4
#: So many times an edge is moved before it is given up.
MOST_MOVES = 6
#: So many times no rate of a grid may get there before the batch size is a miss.
MOST_MISSES = 3
#: Seeds for the grid, and for the rates around the best: as many as are cheap, for a small
#: batch is noisy and a large one is an average already.
GRID_SEEDS, MOST_SEEDS, FEWEST_SEEDS = 32, 256, 10
#: Values of a step's batches together that still are cheap.
CHEAP_VALUES = 2_000_000
#: The trainings are looked at after so many steps, then twice as many, and so on.
FIRST_LOOK = 64


@dataclass(frozen=True, eq=False)
class Tried:
    """Learning rates at one batch size, and what came of them.

    Attributes
    ----------
    rates : ndarray, shape (R,)
        Ascending.
    steps : ndarray, shape (R,)
        To the target, for the loss averaged over the seeds; NaN for a miss.
    cap : int
        Steps after which a training that is not there is a miss.
    ensemble : Ensemble
        The trainings.
    """

    rates: Float64
    steps: Float64
    cap: int
    ensemble: Ensemble

    @property
    def best(self) -> int | None:
        """The number of the rate with the fewest steps; None where all missed."""
        return None if np.isnan(self.steps).all() else int(np.nanargmin(self.steps))


@dataclass(frozen=True, eq=False)
class Tuned:
    """The best learning rate at one batch size.

    Attributes
    ----------
    grid, fine : Tried
        In factors of two with few seeds, and around the best with many.
    edge : bool
        The best of the grid lies on its edge all the same.
    seeds : tuple of int
        Of ``fine``.
    """

    grid: Tried
    fine: Tried
    edge: bool
    seeds: tuple[int, ...]


def start_rate(problem: Problem, batch_size: int, tolerance: float) -> float:
    """Return the rate that theory suggests.

    Parameters
    ----------
    problem : Problem
    batch_size : int
    tolerance : float
        The target is ``(1 + tolerance)`` times the optimum's loss.

    Returns
    -------
    float
    """
    largest = float(np.linalg.eigvalsh(problem.hessian)[-1])
    noise = max(1.0, 1.0 / (2.0 * tolerance))
    return 1.0 / (largest + float(np.trace(problem.hessian)) / batch_size * noise)


def n_seeds(problem: Problem, batch_size: int) -> int:
    """Return with how many seeds the best rates are tried."""
    n_parameters = len(problem.optimum)
    affordable = CHEAP_VALUES // (max(batch_size, n_parameters) * n_parameters)
    return int(np.clip(affordable, FEWEST_SEEDS, MOST_SEEDS))


def tune(problem: Problem, batch_size: int, setting: Setting) -> Tuned:
    """Find the best learning rate.

    Parameters
    ----------
    problem : Problem
    batch_size : int
    setting : Setting

    Returns
    -------
    Tuned
    """
    many = n_seeds(problem, batch_size)
    seeds = tuple(setting.seed + number for number in range(many))
    grid, edge = _grid(problem, batch_size, setting, seeds[:GRID_SEEDS])
    if grid.best is None:
        return Tuned(grid, grid, edge, seeds[:GRID_SEEDS])
    fine, at_edge = _fine(problem, batch_size, setting, float(grid.rates[grid.best]), seeds)
    return Tuned(grid, fine, edge or at_edge, seeds)


def _fine(
    problem: Problem, batch_size: int, setting: Setting, centre: float, seeds: Sequence[int]
) -> tuple[Tried, bool]:
    """Try rates around the best of the grid until the best is not on the edge."""
    around = 2.0 ** (np.arange(1 - FINER, FINER) / FINER)
    for _ in range(MOST_MOVES):
        tried = _try(problem, batch_size, setting, centre * around, seeds)
        best = tried.best
        if best is None:  # what few seeds reached, many did not: their rate was luck
            centre /= 2.0
        elif best in {0, len(around) - 1}:
            centre = float(tried.rates[best])
        else:
            return tried, False
    return tried, True


def _grid(
    problem: Problem, batch_size: int, setting: Setting, seeds: Sequence[int]
) -> tuple[Tried, bool]:
    """Try factors of two until the best is not on the edge; say whether it still is."""
    start = setting.rule.rate(start_rate(problem, batch_size, setting.tolerance))
    low, high = -BELOW, ABOVE
    missed = 0
    for _ in range(MOST_MOVES):
        rates: Float64 = start * 2.0 ** np.arange(low, high + 1, dtype=np.float64)
        tried = _try(problem, batch_size, setting, rates, seeds)
        best = tried.best
        if best is None:
            missed += 1
            if missed == MOST_MISSES:
                return tried, False
            low, high = low - MORE, high + MORE
        elif best == 0:
            low -= MORE
        elif best == len(rates) - 1:
            high += MORE
        else:
            return tried, False
    return tried, True


def _try(
    problem: Problem,
    batch_size: int,
    setting: Setting,
    rates: Float64,
    seeds: Sequence[int],
) -> Tried:
    """Train at some rates until no other rate can be better than the best so far."""
    ensemble = Ensemble(problem, batch_size, rates.tolist(), seeds, setting)
    cap = max(1, setting.most_epochs * problem.n_samples // batch_size)
    target = setting.tolerance * problem.loss
    look = FIRST_LOOK
    while True:
        ensemble.advance(min(look, LOOK_AHEAD * cap))
        steps = mean_steps(ensemble, target)
        best = float(np.nanmin(steps, initial=np.inf))
        known = LOOK_AHEAD * min(best, cap) <= ensemble.steps[-1]
        if known or (np.isinf(best) and ensemble.stands_still):
            steps[steps > cap] = np.nan
            return Tried(np.asarray(rates), steps, cap, ensemble)
        look *= 2


def mean_steps(ensemble: Ensemble, target: float) -> Float64:
    """Return the steps to a target of the loss averaged over the seeds, shape (R,)."""
    losses = np.stack([one.mean(axis=0) for one in ensemble.losses])
    sums = np.stack([one.mean(axis=0) for one in ensemble.sums])
    return reached_at(np.asarray(ensemble.steps), losses, sums, target)
