"""Finds the learning rate of the fewest steps to the target, and the expected loss."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.convergence.quadratic import Problem
from bench.convergence.rule import RULE
from bench.convergence.trajectories import Ensemble, reached_at
from bench.stats.medians import Floats
from kernels.rule import PLAIN, UpdateRule
from kernels.sampling import SAMPLINGS, START_SIGMA, Sampling

# What the number of steps to a target depends on, beside the workload and the batch size.


@dataclass(frozen=True)
class Setting:
    """How the trainings are run.

    Attributes
    ----------
    tolerance : float
        The target loss is ``(1 + tolerance)`` times the optimum's.
    schedule : str
        Of the learning rate, as ``kernels.schedules.parse`` reads it.
    sampling : {'without-replacement', 'with-replacement', 'sequential'}
    seed : int
        The first; the others follow it.
    most_epochs : int
        A training that has not reached the target after so many is a miss.
    """

    tolerance: float = 0.01
    schedule: str = "constant"
    sampling: Sampling = SAMPLINGS[0]
    rule: UpdateRule = PLAIN
    seed: int = 0
    most_epochs: int = 200


# Finds the learning rate that reaches the target in the fewest steps, at one batch size.
#
# Every batch size gets its own (Shallue et al. 2019, JMLR 20:112, section 4: without it, what
# looks like an effect of the batch size is one of the rate). A grid in factors of two is laid
# around a start from theory, and goes on in a direction as long as the best rate lies on that
# edge: the edge is never the answer. Around the best, rates a fourth of that apart are tried
# with many seeds.
#
# The start: gradient descent is fastest near ``1 / lambda_max``; at a batch size B the noise
# of the last steps keeps the loss above the optimum by about ``eta tr(H) L* / (2 B)`` (Bottou,
# Curtis & Nocedal 2018, SIAM Review 60:223, theorem 4.6), which must be below the target's
# distance ``tau``; without noise steps on single samples are stable up to about ``1 / tr(H)``
# (Ma, Bassily & Belkin 2018, arXiv:1712.06559). All of them together, as in a harmonic sum::
#
#     1 / eta = lambda_max + tr(H) / B \max(1, L* / (2 tau))


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
    """

    rates: Floats
    steps: Floats
    cap: int

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
    tolerance : float
        The target is ``(1 + tolerance)`` times the optimum's loss.
    """
    largest = float(np.linalg.eigvalsh(problem.hessian)[-1])
    noise = max(1.0, 1.0 / (2.0 * tolerance))
    return 1.0 / (largest + float(np.trace(problem.hessian)) / batch_size * noise)


def n_seeds(problem: Problem, batch_size: int) -> int:
    """Return with how many seeds the best rates are tried."""
    n_parameters = len(problem.optimum)
    affordable = RULE.cheap_values // (max(batch_size, n_parameters) * n_parameters)
    return int(np.clip(affordable, RULE.fewest_seeds, RULE.most_seeds))


def tune(problem: Problem, batch_size: int, setting: Setting) -> Tuned:
    """Find the best learning rate."""
    seeds = tuple(setting.seed + number for number in range(n_seeds(problem, batch_size)))
    grid, edge = _grid(problem, batch_size, setting, seeds[: RULE.grid_seeds])
    if grid.best is None:
        return Tuned(grid, grid, edge, seeds[: RULE.grid_seeds])
    fine, at_edge = _fine(problem, batch_size, setting, float(grid.rates[grid.best]), seeds)
    return Tuned(grid, fine, edge or at_edge, seeds)


def _fine(
    problem: Problem, batch_size: int, setting: Setting, centre: float, seeds: Sequence[int]
) -> tuple[Tried, bool]:
    """Try rates around the best of the grid until the best is not on the edge."""
    around = 2.0 ** (np.arange(1 - RULE.finer_rates, RULE.finer_rates) / RULE.finer_rates)
    for _ in range(RULE.most_moves):
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
    low, high = -RULE.rates_below, RULE.rates_above
    missed = 0
    for _ in range(RULE.most_moves):
        rates: Floats = start * 2.0 ** np.arange(low, high + 1, dtype=np.float64)
        tried = _try(problem, batch_size, setting, rates, seeds)
        best = tried.best
        if best is None:
            missed += 1
            if missed == RULE.most_misses:
                return tried, False
            low, high = low - RULE.rates_more, high + RULE.rates_more
        elif best == 0:
            low -= RULE.rates_more
        elif best == len(rates) - 1:
            high += RULE.rates_more
        else:
            return tried, False
    return tried, True


def _try(
    problem: Problem, batch_size: int, setting: Setting, rates: Floats, seeds: Sequence[int]
) -> Tried:
    """Train at some rates until no other rate can be better than the best so far."""
    ensemble = Ensemble(problem, batch_size, rates.tolist(), seeds, setting)
    cap = max(1, setting.most_epochs * problem.n_samples // batch_size)
    target = setting.tolerance * problem.loss
    look = RULE.first_look
    while True:
        ensemble.advance(min(look, RULE.look_ahead * cap))
        steps = mean_steps(ensemble, target)
        best = float(np.nanmin(steps, initial=np.inf))
        known = RULE.look_ahead * min(best, cap) <= ensemble.steps[-1]
        if known or (np.isinf(best) and ensemble.stands_still):
            steps[steps > cap] = np.nan
            return Tried(np.asarray(rates), steps, cap)
        look *= 2


def mean_steps(ensemble: Ensemble, target: float) -> Floats:
    """Return the steps to a target of the loss averaged over the seeds, shape (R,)."""
    losses = np.stack([one.mean(axis=0) for one in ensemble.losses])
    sums = np.stack([one.mean(axis=0) for one in ensemble.sums])
    return reached_at(np.asarray(ensemble.steps), losses, sums, target)


# The expected loss of SGD on least squares, exactly: no training, no random number.
#
# With batches drawn with replacement, the mean ``m`` and the second moment ``A = E[delta
# delta^T]`` of the distance from the optimum follow from one step to the next by sums over the
# samples (Defossez & Bach 2015, *Averaged least-mean-squares: bias-variance trade-offs and
# optimal sampling distributions*, AISTATS, PMLR 38:205, section 2, write the same operator)::
#
#     A' = A - eta (H A + A H) + eta^2 ((1 - 1/B) H A H + (1/B) E_i[e_i^2 x_i x_i^T])
#     E_i[e_i^2 x_i x_i^T] = sum_i (x_i^T A x_i - 2 r_i x_i^T m + r_i^2) x_i x_i^T / n
#     m' = m - eta H m
#
# and the expected excess over the optimum's loss is ``tr(H A) / 2``. That is linear in
# (A, m, 1), so t steps are the t-th power of one matrix, and the step at which the target is
# reached is found by halving.


class Moments:
    """The operator of a workload, for any batch size and learning rate.

    Parameters
    ----------
    problem : Problem
        Of at most `Rule.most_parameters` parameters.
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        d = len(problem.optimum)
        self._rows, self._columns = np.tril_indices(d)
        self._twice = np.where(self._rows == self._columns, 1.0, 2.0)
        q = len(self._rows)
        size = q + d + 1
        self._linear, self._full, self._noise = (np.zeros((size, size)) for _ in range(3))
        H = problem.hessian
        basis = np.zeros((q, d, d))
        basis[np.arange(q), self._rows, self._columns] = 1.0
        basis[np.arange(q), self._columns, self._rows] = 1.0
        self._linear[:q, :q] = self._half(H @ basis + basis @ H).T
        self._full[:q, :q] = self._half(H @ basis @ H).T
        self._linear[q:-1, q:-1] = H
        x = problem.x.astype(np.float64)
        squares = x[:, self._rows] * x[:, self._columns]
        n, r = problem.n_samples, problem.residuals
        self._noise[:q, :q] = squares.T @ (squares * self._twice) / n
        self._noise[:q, q:-1] = -2.0 * squares.T @ (x * r[:, np.newaxis]) / n
        self._noise[:q, -1] = squares.T @ r**2 / n
        self._loss = np.zeros(size)
        self._loss[:q] = self._half(H) * self._twice / 2.0

    def _half(self, matrices: Floats) -> Floats:
        """Return the lower triangle of symmetric matrices, shape (..., q)."""
        return matrices[..., self._rows, self._columns]

    def start(self) -> Floats:
        """Return (A, m, 1) before the first step: weights from N(0, sigma^2), the bias 0."""
        optimum = self._problem.optimum
        second = np.outer(optimum, optimum)
        weights = np.arange(len(optimum) - 1)
        second[weights, weights] += START_SIGMA**2
        return np.concatenate([self._half(second), -optimum, [1.0]])

    def steps(self, batch_size: int, eta: float, target: float) -> float | None:
        """Return after how many steps the expected excess is at a target.

        Returns
        -------
        float or None
            Between two steps as a fraction; None where it does not get there.
        """
        size = len(self._loss)
        once = (
            np.eye(size)
            - eta * self._linear
            + eta**2 * ((1.0 - 1.0 / batch_size) * self._full + self._noise / batch_size)
        )
        powers, state, done = [once], self.start(), 0
        initial = float(self._loss @ state)
        if initial <= target:
            return 0.0
        while not self._loss @ (powers[-1] @ state) <= target:
            reached = float(self._loss @ (powers[-1] @ state))
            if not reached < 2.0 * initial or len(powers) > RULE.most_doublings:
                return None
            powers.append(powers[-1] @ powers[-1])
        for number in reversed(range(len(powers) - 1)):
            further = powers[number] @ state
            if self._loss @ further > target:
                state, done = further, done + 2**number
        before, after = float(self._loss @ state), float(self._loss @ (once @ state))
        if not 0.0 < after < before * (1.0 - RULE.rounding):
            return None
        return done + math.log(before / target) / math.log(before / after)

    def best(self, batch_size: int, near: float, target: float) -> tuple[float, float | None]:
        """Find the rate with the fewest steps.

        Parameters
        ----------
        near : float
            A rate to begin at.

        Returns
        -------
        tuple of (float, float or None)
            The rate, and the steps until the expected loss is at the target; None where it
            never is.
        """
        around = 2.0 ** (np.arange(1 - RULE.finer_rates, RULE.finer_rates) / RULE.finer_rates)
        found: dict[float, float] = {}
        for _ in range(RULE.furthest_rates):
            rates = [float(rate) for rate in near * around]
            for rate in rates:
                steps = self.steps(batch_size, rate, target)
                found[rate] = math.inf if steps is None else steps
            best = min(rates, key=found.__getitem__)
            if math.isinf(found[best]):
                near /= 2.0
            elif best in {rates[0], rates[-1]}:
                near = best
            else:
                break
        steps = found[best]
        return best, None if math.isinf(steps) else steps
