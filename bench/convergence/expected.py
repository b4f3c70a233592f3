r"""The expected loss of SGD on least squares, exactly: no training, no random number.

With batches drawn with replacement, the mean ``m`` and the second moment ``A = E[delta
delta^T]`` of the distance from the optimum follow from one step to the next by sums over the
samples (Defossez & Bach 2015, *Averaged least-mean-squares: bias-variance trade-offs and
optimal sampling distributions*, AISTATS, PMLR 38:205, section 2, write the same operator)::

    A' = A - eta (H A + A H) + eta^2 ((1 - 1/B) H A H + (1/B) E_i[e_i^2 x_i x_i^T])
    E_i[e_i^2 x_i x_i^T] = sum_i (x_i^T A x_i - 2 r_i x_i^T m + r_i^2) x_i x_i^T / n
    m' = m - eta H m

and the expected excess over the optimum's loss is ``tr(H A) / 2``. That is linear in
(A, m, 1), so t steps are the t-th power of one matrix, and the step at which the target is
reached is found by halving.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bench.convergence.tuning import FINER
from kernels.sampling import START_SIGMA

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bench.convergence.problem import Problem

    Float64 = NDArray[np.float64]

#: The matrix has about half the fourth power of the parameters as entries.
MOST_PARAMETERS = 33
#: Twice as many steps, so often, are tried before a rate is given up.
MOST_DOUBLINGS = 24
#: From a rate so far off, in three fourths of a factor of two, the best is still found.
FURTHEST = 30
#: A step further the loss must still be there: it has not just swung through.
ROUNDING = 1e-9


@dataclass(frozen=True)
class ExpectedSteps:
    """What theory says of one batch size.

    Attributes
    ----------
    learning_rate : float or None
        The best; None where theory says nothing.
    steps : float or None
        Until the expected loss is at the target; None where it never is.
    """

    learning_rate: float | None
    steps: float | None


class Moments:
    """The operator of a workload, for any batch size and learning rate.

    Parameters
    ----------
    problem : Problem
        Of at most `MOST_PARAMETERS` parameters.
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

    def _half(self, matrices: Float64) -> Float64:
        """Return the lower triangle of symmetric matrices, shape (..., q)."""
        lower: Float64 = matrices[..., self._rows, self._columns]
        return lower

    def start(self) -> Float64:
        """Return (A, m, 1) before the first step: weights from N(0, sigma^2), the bias 0."""
        optimum = self._problem.optimum
        second = np.outer(optimum, optimum)
        weights = np.arange(len(optimum) - 1)
        second[weights, weights] += START_SIGMA**2
        return np.concatenate([self._half(second), -optimum, [1.0]])

    def steps(self, batch_size: int, eta: float, target: float) -> float | None:
        """Return after how many steps the expected excess is at a target.

        Parameters
        ----------
        batch_size : int
        eta : float
        target : float

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
            if not reached < 2.0 * initial or len(powers) > MOST_DOUBLINGS:
                return None
            powers.append(powers[-1] @ powers[-1])
        for number in reversed(range(len(powers) - 1)):
            further = powers[number] @ state
            if self._loss @ further > target:
                state, done = further, done + 2**number
        before, after = float(self._loss @ state), float(self._loss @ (once @ state))
        if not 0.0 < after < before * (1.0 - ROUNDING):
            return None
        return done + math.log(before / target) / math.log(before / after)

    def best(self, batch_size: int, near: float, target: float) -> ExpectedSteps:
        """Find the rate with the fewest steps.

        Parameters
        ----------
        batch_size : int
        near : float
            A rate to begin at.
        target : float

        Returns
        -------
        ExpectedSteps
        """
        around = 2.0 ** (np.arange(1 - FINER, FINER) / FINER)
        found: dict[float, float] = {}
        for _ in range(FURTHEST):
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
        return ExpectedSteps(best, None if math.isinf(steps) else steps)
