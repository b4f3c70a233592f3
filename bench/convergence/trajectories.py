"""Trains many times side by side, in float64, and notes how the loss goes.

One step of the kernels' reference (``kernels.reference``), for all seeds and learning rates
at once. A seed gives the start and the sample orders that it gives a kernel, and all rates
share them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from kernels import schedules
from kernels.sampling import draw_order, draw_start

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from bench.convergence.problem import Problem
    from bench.convergence.setting import Setting

    Float64 = NDArray[np.float64]

#: Steps that are noted grow by this ratio once they are further apart than one: the number
#: of steps is resolved to 1%.
RATIO = 1.01
#: Values gathered at a time: more seeds than fit are trained in parts.
GATHERED_VALUES = 2_000_000
#: The loss after a step takes about ``n_parameters / batch_size`` times as long as the step.
#: Where that is more than so many times, it is not looked at after every step.
LONGEST_LOOK = 4
#: A loss that changes by less, relatively, stands still.
STILL = 1e-9
#: A loss that is so many times the first one is on its way to infinity.
DIVERGED = 1e6


def noted_steps() -> Iterator[int]:
    """Yield the steps after which the losses are noted: 1, 2, 3, …, then each 1% more."""
    step = 0
    while True:
        step = max(step + 1, int(step * RATIO))
        yield step


class Ensemble:
    """Trainings at one batch size: a seed and a learning rate each.

    Parameters
    ----------
    problem : Problem
    batch_size : int
    rates : sequence of float
        Initial learning rates, R of them.
    seeds : sequence of int
        S of them.
    setting : Setting

    Attributes
    ----------
    steps : list of int
        Those noted so far, from 0.
    losses : list of ndarray, shape (S, R)
        Excess over the optimum's loss at each of them; infinite once a training diverged.
    sums : list of ndarray, shape (S, R)
        Of the losses of all steps up to and including each of them, the first left out.
    """

    def __init__(
        self,
        problem: Problem,
        batch_size: int,
        rates: Sequence[float],
        seeds: Sequence[int],
        setting: Setting,
    ) -> None:
        self._problem, self._size, self._setting = problem, batch_size, setting
        self._rates = np.asarray(rates, dtype=np.float64)
        self._schedule = schedules.parse(setting.schedule, 1.0)
        self._rngs = [np.random.default_rng(seed) for seed in seeds]
        n_features = len(problem.optimum) - 1
        starts = [draw_start(rng, n_features) for rng in self._rngs]
        first = np.array([[*start.weight, start.bias] for start in starts]) - problem.optimum
        self._delta = np.repeat(first[:, np.newaxis], len(self._rates), axis=1)
        self._velocity = np.zeros_like(self._delta)
        self._n_steps = math.ceil(problem.n_samples / batch_size)
        self._noted = noted_steps()
        self._next = next(self._noted)
        self._step = self._looked = 0
        self._stride = max(1, len(problem.optimum) // (LONGEST_LOOK * batch_size))
        self._orders = np.empty((0, 0), dtype=np.int64)
        self._multipliers: Float64 = np.empty(0)
        self._sum = np.zeros(self._delta.shape[:2])
        initial = problem.excess(self._delta)
        self._limit = DIVERGED * initial.max()
        self.steps, self.losses, self.sums = [0], [initial], [self._sum.copy()]

    def advance(self, last: int) -> None:
        """Train until the first noted step that is not before ``last``."""
        with np.errstate(over="ignore", invalid="ignore"):
            while self.steps[-1] < last:
                self._one_step()

    @property
    def stands_still(self) -> bool:
        """Whether no loss has changed between the last two noted steps: the rates are spent."""
        if len(self.losses) < 2:
            return False
        before, now = self.losses[-2:]
        moving = np.isfinite(now)
        change = np.abs(now[moving] - before[moving])
        return bool((change <= STILL * before[moving]).all())

    def _one_step(self) -> None:
        epoch, number = divmod(self._step, self._n_steps)
        if number == 0:
            self._new_epoch(epoch)
        columns = slice(number * self._size, (number + 1) * self._size)
        etas = self._rates * self._multipliers[number]
        for rows in self._parts():
            self._update(rows, self._orders[rows, columns], etas)
        self._step += 1
        if self._step == self._next or self._step % self._stride == 0:
            self._look()

    def _look(self) -> None:
        """Compute the losses; note them where it is time to."""
        loss = self._problem.excess(self._delta)
        lost = ~(loss < self._limit)
        loss[lost] = np.inf
        self._delta[lost] = np.nan
        self._sum += (self._step - self._looked) * loss
        self._looked = self._step
        if self._step == self._next:
            self.steps.append(self._step)
            self.losses.append(loss)
            self.sums.append(self._sum.copy())
            self._next = next(self._noted)

    def _new_epoch(self, epoch: int) -> None:
        n, sampling = self._problem.n_samples, self._setting.sampling
        self._orders = np.stack([draw_order(rng, n, sampling) for rng in self._rngs])
        self._multipliers = self._schedule.rates(epoch, self._n_steps)

    def _parts(self) -> Iterator[slice]:
        """Cut the seeds into parts whose batches fit into memory together."""
        n_seeds, size = len(self._rngs), self._size * len(self._problem.optimum)
        at_a_time = max(1, GATHERED_VALUES // size)
        for first in range(0, n_seeds, at_a_time):
            yield slice(first, first + at_a_time)

    def _update(self, rows: slice, index: NDArray[np.int64], etas: Float64) -> None:
        """Do one step for some of the seeds, at all rates."""
        x = self._problem.x[index].astype(np.float64)  # seeds, samples, parameters
        delta, rule = self._delta[rows], self._setting.rule
        errors = delta @ x.transpose(0, 2, 1) - self._problem.residuals[index][:, np.newaxis]
        gradient = errors @ x / index.shape[1]
        steps = etas[:, np.newaxis]
        if not rule.momentum:
            delta -= steps * gradient
            return
        velocity = self._velocity[rows]
        velocity *= rule.momentum
        if rule.rate_in_velocity:
            velocity -= steps * gradient
            delta += velocity
        else:
            velocity += gradient
            delta -= steps * velocity
