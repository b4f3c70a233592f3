"""Trains many times side by side, in float64, and notes how the loss goes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bench.convergence.quadratic import Problem
from bench.convergence.rule import RULE
from bench.stats.medians import Floats
from data.workload import Workload
from kernels import reference, schedules
from kernels.sampling import draw_order, draw_start

if TYPE_CHECKING:
    from bench.convergence.tuning import Setting


# When a training has reached the target: when its loss is there, and stays on average.
#
# The loss of a training with small batches goes up and down. The first time that it touches
# the target is luck, and comes the sooner the more often one looks. So the target counts as
# reached at the first step s after which the loss is at or below it, and on average over as
# many steps again, ``s + 1 … 2 s``, still is. How often one looks then changes nothing.
#
# It is asked of the loss averaged over the seeds, the expected loss, which is what theory
# speaks of (McCandlish et al. 2018, arXiv:1812.06162, section 2), and of each seed's own.


def reached_at(steps: NDArray[np.int64], losses: Floats, sums: Floats, target: float) -> Floats:
    """Return after how many steps trainings reach a target.

    Parameters
    ----------
    steps : ndarray, shape (K,), int64
        Ascending, from 0.
    losses : ndarray, shape (K, ...)
        Excess over the optimum's loss after each of them.
    sums : ndarray, shape (K, ...)
        Of the losses after steps 1, 2, … up to each of them.
    target : float
        Excess that is near enough.

    Returns
    -------
    ndarray, shape (...)
        Steps, between two of them where the loss, falling exponentially from one to the
        other, crosses the target; NaN where it is not reached, or not known to stay.
    """
    flat = losses.reshape(len(steps), -1)
    total = sums.reshape(len(steps), -1)
    known = RULE.look_ahead * steps <= steps[-1]
    later = _at(steps, total, RULE.look_ahead * steps[known])
    count = np.maximum(steps[known], 1)[:, np.newaxis]
    with np.errstate(invalid="ignore"):  # infinite minus infinite: it diverged
        after = (later - total[known]) / count
    there = (flat[known] <= target) & (after <= target)
    found = np.full(flat.shape[1], np.nan)
    for column in np.flatnonzero(there.any(axis=0)):
        first = int(there[:, column].argmax())
        found[column] = _crossing(steps, flat[:, column], first, target)
    return found.reshape(losses.shape[1:])


def _at(steps: NDArray[np.int64], total: Floats, wanted: NDArray[np.int64]) -> Floats:
    """Interpolate the sums at steps between those noted."""
    right = np.searchsorted(steps, wanted)
    left = np.maximum(right - 1, 0)
    width = np.maximum(steps[right] - steps[left], 1)
    share = ((wanted - steps[left]) / width)[:, np.newaxis]
    with np.errstate(invalid="ignore"):
        between: Floats = total[left] + share * (total[right] - total[left])
    return np.where(share == 1.0, total[right], between)


def _crossing(steps: NDArray[np.int64], losses: Floats, first: int, target: float) -> float:
    """Return where the loss crosses the target on the way to a step."""
    if first == 0:
        return 0.0
    before, there = losses[first - 1], losses[first]
    if not before > target or there <= 0.0 or not math.isfinite(before):
        return float(steps[first])
    share = math.log(before / target) / math.log(before / there)
    return float(steps[first - 1] + share * (steps[first] - steps[first - 1]))


# Trainings at one batch size and rate, and what their losses say about the steps.


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
    losses: Floats
    sums: Floats
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
        weights = rng.multinomial(n, np.full(n, 1.0 / n), size=RULE.resamples).T / n
        finite = np.isfinite(self.losses).all(axis=0)
        found = reached_at(
            self.steps,
            self.losses[:, finite] @ weights[finite],
            self.sums[:, finite] @ weights[finite],
            self.target,
        )
        found[(weights[~finite].sum(axis=0) > 0) | np.isnan(found)] = np.inf
        outside = (1.0 - RULE.confidence) / 2.0
        low, high = np.quantile(found, [outside, 1.0 - outside], method="nearest")
        return known(low), known(high)

    def by_seed(self) -> tuple[float | None, ...]:
        """Return when each seed's own loss is at the target; None for a miss."""
        found = reached_at(self.steps, self.losses, self.sums, self.target)
        return tuple(known(one) for one in found)


def history_of(trial: Ensemble, steps: float, target: float) -> History:
    """Train so long that most seeds get to the target by themselves.

    Parameters
    ----------
    trial : Ensemble
        At one rate; it is advanced.
    steps : float
        That the average takes.
    """
    trial.advance(math.ceil(RULE.look_ahead * RULE.longest_seed * steps))
    losses = np.stack([one[:, 0] for one in trial.losses])
    sums = np.stack([one[:, 0] for one in trial.sums])
    return History(np.asarray(trial.steps), losses, sums, target)


# Trains many times side by side, in float64, and notes how the loss goes.
#
# One step of the kernels' reference (``kernels.reference``), for all seeds and learning rates
# at once. A seed gives the start and the sample orders that it gives a kernel, and all rates
# share them.


def noted_steps() -> Iterator[int]:
    """Yield the steps after which the losses are noted: 1, 2, 3, …, then each 1% more."""
    step = 0
    while True:
        step = max(step + 1, int(step * RULE.noted_ratio))
        yield step


class Ensemble:
    """Trainings at one batch size: a seed and a learning rate each.

    Parameters
    ----------
    rates : sequence of float
        Initial learning rates, R of them.
    seeds : sequence of int
        S of them.

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
        self._stride = max(1, len(problem.optimum) // (RULE.max_look_cost * batch_size))
        self._orders = np.empty((0, 0), dtype=np.int64)
        self._multipliers: Floats = np.empty(0)
        self._sum = np.zeros(self._delta.shape[:2])
        initial = problem.excess(self._delta)
        self._limit = RULE.diverged_ratio * initial.max()
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
        return bool((change <= RULE.min_change * before[moving]).all())

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
        at_a_time = max(1, RULE.gathered_values // size)
        for first in range(0, n_seeds, at_a_time):
            yield slice(first, first + at_a_time)

    def _update(self, rows: slice, index: NDArray[np.int64], etas: Floats) -> None:
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


# Proves that the trainings side by side do what the kernels' reference does.


class MismatchError(Exception):
    """The trainings do not follow the reference; the message says where and by how much."""


def verify(problem: Problem, workload: Workload, setting: Setting) -> None:
    """Train a little both ways and compare the excess loss.

    Raises
    ------
    MismatchError
    """
    for size in RULE.check_batch_sizes:
        if size > problem.n_samples:
            continue
        ensemble = Ensemble(problem, size, [RULE.check_learning_rate], [setting.seed], setting)
        ensemble.advance(RULE.check_steps)
        steps = ensemble.steps[-1]
        delta = _reference(workload, size, setting, steps) - problem.optimum
        there, here = float(problem.excess(delta)), float(ensemble.losses[-1][0, 0])
        if not abs(there - here) <= RULE.max_check_difference * there:
            raise MismatchError(
                f"training {steps} steps of {size} samples of {workload.name} ends {here:.12g} "
                f"above the optimum, by the kernels' reference {there:.12g}."
            )


def _reference(
    workload: Workload, batch_size: int, setting: Setting, n_steps: int
) -> reference.Vector:
    """Return the parameters after some steps of the reference, the bias last."""
    rng = np.random.default_rng(setting.seed)
    now = reference.Reference.start(draw_start(rng, workload.n_features))
    schedule = schedules.parse(setting.schedule, RULE.check_learning_rate)
    per_epoch = -(-workload.n_samples // batch_size)
    done = 0
    while done < n_steps:
        order = draw_order(rng, workload.n_samples, setting.sampling)
        rates = schedule.rates(done // per_epoch, per_epoch)[: n_steps - done]
        part = order[: len(rates) * batch_size]
        now = reference.epoch(now, workload, part, batch_size, list(rates), setting.rule)
        now = replace(now, tolerance=0.0)
        done += len(rates)
    return now.theta
