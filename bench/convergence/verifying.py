"""Proves that the trainings side by side do what the kernels' reference does."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from bench.convergence.trajectories import Ensemble
from kernels import reference, schedules
from kernels.sampling import draw_order, draw_start

if TYPE_CHECKING:
    from bench.convergence.problem import Problem
    from bench.convergence.setting import Setting
    from data.workload import Workload

#: Batch sizes and steps that are compared; both work in float64, so they agree closely.
SIZES, STEPS = (1, 7, 64), 24
LARGEST_DIFFERENCE = 1e-9
RATE = 1e-3


class MismatchError(Exception):
    """The trainings do not follow the reference; the message says where and by how much."""


def verify(problem: Problem, workload: Workload, setting: Setting) -> None:
    """Train a little both ways and compare the excess loss.

    Parameters
    ----------
    problem : Problem
    workload : Workload
    setting : Setting

    Raises
    ------
    MismatchError
    """
    for size in SIZES:
        if size > problem.n_samples:
            continue
        ensemble = Ensemble(problem, size, [RATE], [setting.seed], setting)
        ensemble.advance(STEPS)
        steps = ensemble.steps[-1]
        delta = _reference(workload, size, setting, steps) - problem.optimum
        there, here = float(problem.excess(delta)), float(ensemble.losses[-1][0, 0])
        if not abs(there - here) <= LARGEST_DIFFERENCE * there:
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
    schedule = schedules.parse(setting.schedule, RATE)
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
