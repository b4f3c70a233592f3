"""How many steps one batch size needs until the target, and how sure that is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.convergence.expected import MOST_PARAMETERS, ExpectedSteps, Moments
from bench.convergence.history import history_of, known
from bench.convergence.trajectories import Ensemble
from bench.convergence.tuning import FINER, tune
from kernels.rule import PLAIN

if TYPE_CHECKING:
    from bench.convergence.history import History
    from bench.convergence.problem import Problem
    from bench.convergence.setting import Setting
    from bench.convergence.tuning import Tuned


@dataclass(frozen=True)
class StepsToTarget:
    """What one batch size needs.

    Attributes
    ----------
    batch_size : int
    learning_rate : float
        The best found; the initial one under a schedule.
    steps : float or None
        Until the loss, averaged over the seeds, is at the target and stays; a fraction where
        it crosses between two steps. None for a miss.
    steps_low, steps_high : float or None
        Of them a 95% interval, from drawing the seeds anew; None where a bound is a miss.
    cap : int
        Steps after which a training that is not there is a miss.
    seeds : int
    steps_by_seed : tuple of (float or None)
        Of each seed's own loss, at the same rate; None for a miss: not there after four times
        the steps of the average.
    edge : bool
        No rate beyond the best could be found to be worse.
    rates : tuple of float
        All that were tried with all seeds …
    steps_by_rate : tuple of (float or None)
        … and their steps.
    curve_steps, curve_losses : tuple of float
        The loss at the best rate, averaged over the seeds.
    expected_rate, expected_steps : float or None
        What theory says, with replacement, at a constant rate and without momentum: the
        best rate and its steps.
    expected_reason : str or None
        Why theory says nothing.
    """

    batch_size: int
    learning_rate: float
    steps: float | None
    steps_low: float | None
    steps_high: float | None
    cap: int
    seeds: int
    steps_by_seed: tuple[float | None, ...]
    edge: bool
    rates: tuple[float, ...]
    steps_by_rate: tuple[float | None, ...]
    curve_steps: tuple[int, ...]
    curve_losses: tuple[float, ...]
    expected_rate: float | None
    expected_steps: float | None
    expected_reason: str | None

    @property
    def whole_steps(self) -> int | None:
        """Steps that a training has to do, a whole number."""
        return None if self.steps is None else max(1, math.ceil(self.steps))


def steps_to_target(
    problem: Problem, batch_size: int, setting: Setting, moments: Moments | None
) -> StepsToTarget:
    """Tune the learning rate, and count the steps.

    Parameters
    ----------
    problem : Problem
    batch_size : int
    setting : Setting
    moments : Moments or None
        For what theory says; from `moments_for`.

    Returns
    -------
    StepsToTarget
    """
    tuned = tune(problem, batch_size, setting)
    fine = tuned.fine
    rate, history = _tried_anew(problem, batch_size, setting, tuned)
    steps = known(history.reached)
    if steps is not None and steps > fine.cap:
        steps = None
    low, high = history.interval(setting.seed)
    curve_steps, curve_losses = history.curve(problem.loss)
    expected = ExpectedSteps(None, None)
    if moments is not None:
        expected = moments.best(batch_size, rate, history.target)
    return StepsToTarget(
        batch_size=batch_size,
        learning_rate=rate,
        steps=steps,
        steps_low=low,
        steps_high=high,
        cap=fine.cap,
        seeds=len(tuned.seeds),
        steps_by_seed=history.by_seed(),
        edge=tuned.edge,
        rates=tuple(float(one) for one in fine.rates),
        steps_by_rate=tuple(known(one) for one in fine.steps),
        curve_steps=curve_steps,
        curve_losses=curve_losses,
        expected_rate=expected.learning_rate,
        expected_steps=expected.steps,
        expected_reason=why_no_theory(problem, setting),
    )


def _tried_anew(
    problem: Problem, batch_size: int, setting: Setting, tuned: Tuned
) -> tuple[float, History]:
    """Train at the best rate with seeds that have had no part in choosing it.

    Of several rates that are about as good the best is the one that had luck with its seeds,
    so those would give too few steps. Where the new seeds' mean does not stay at the target
    at all, the rate was too large, and a smaller one is taken.
    """
    fine, target = tuned.fine, setting.tolerance * problem.loss
    seeds = tuple(seed + len(tuned.seeds) for seed in tuned.seeds)
    best = len(fine.rates) // 2 if fine.best is None else fine.best
    steps = fine.cap if fine.best is None else fine.steps[fine.best]
    rate = float(fine.rates[best])
    for _ in range(FINER):
        trial = Ensemble(problem, batch_size, [rate], seeds, setting)
        history = history_of(trial, min(steps, fine.cap), target)
        if fine.best is None or math.isfinite(history.reached):
            break
        rate /= 2.0 ** (1.0 / FINER)
    return rate, history


def moments_for(problem: Problem, setting: Setting) -> Moments | None:
    """Return the theory of a workload, where it holds and is affordable."""
    return None if why_no_theory(problem, setting) else Moments(problem)


def why_no_theory(problem: Problem, setting: Setting) -> str | None:
    """Say why theory says nothing of a setting; None where it does."""
    if setting.rule != PLAIN or setting.schedule != "constant":
        return "it is written for plain SGD at a constant rate"
    if setting.sampling != "with-replacement":
        return "it is exact for sampling with replacement"
    if len(problem.optimum) > MOST_PARAMETERS:
        return f"it takes too long for more than {MOST_PARAMETERS} parameters"
    return None
