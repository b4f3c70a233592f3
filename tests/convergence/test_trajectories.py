from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

import data
from bench.convergence import trajectories as module
from bench.convergence.quadratic import problem_of
from bench.convergence.rule import RULE
from bench.convergence.trajectories import Ensemble, MismatchError, noted_steps, verify
from bench.convergence.tuning import Setting
from kernels.rule import PLAIN, VELOCITY_OF_GRADIENTS, VELOCITY_WITH_RATE
from kernels.sampling import SAMPLINGS

WORKLOAD = "synthetic-150x3"


def test_the_quadratic_form_is_the_loss() -> None:
    workload = data.load("airfoil")
    problem = problem_of(workload)
    rng = np.random.default_rng(0)
    for delta in rng.standard_normal((5, 5)):
        theta = problem.optimum + delta
        loss = workload.loss(theta[:-1], float(theta[-1]))
        assert problem.loss + problem.excess(delta) == pytest.approx(loss, rel=1e-6)


@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("rule", [PLAIN, VELOCITY_WITH_RATE, VELOCITY_OF_GRADIENTS])
@pytest.mark.parametrize("schedule", ["constant", "power:-0.5", "step:2,1"])
def test_trainings_follow_the_kernels_reference(
    sampling: str, rule: object, schedule: str
) -> None:
    workload = data.load(WORKLOAD)
    setting = Setting(sampling=sampling, rule=rule, schedule=schedule, seed=3)  # type: ignore[arg-type]
    verify(problem_of(workload), workload, setting)


def test_a_training_that_does_not_follow_it_is_refused() -> None:
    workload = data.load(WORKLOAD)
    problem = problem_of(workload)
    problem.residuals[7] += 1e-3
    with pytest.raises(MismatchError, match="by the kernels' reference"):
        verify(problem, workload, Setting())


def test_seeds_in_parts_train_as_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = problem_of(data.load(WORKLOAD))
    made = []
    for values in (10**9, 1):
        monkeypatch.setattr(module, "RULE", replace(RULE, gathered_values=values))
        ensemble = Ensemble(problem, 20, [0.01, 0.1], range(5), Setting())
        ensemble.advance(30)
        made.append(ensemble.losses[-1])
    np.testing.assert_array_equal(made[0], made[1])


def test_rates_share_the_orders_of_their_seed() -> None:
    problem = problem_of(data.load(WORKLOAD))
    alone = Ensemble(problem, 1, [0.02], [4], Setting())
    among = Ensemble(problem, 1, [0.01, 0.02], [3, 4], Setting())
    for ensemble in (alone, among):
        ensemble.advance(200)
    assert among.losses[-1][1, 1] == pytest.approx(alone.losses[-1][0, 0], rel=1e-12)


def test_a_training_that_diverges_has_an_infinite_loss_and_harms_no_other() -> None:
    problem = problem_of(data.load(WORKLOAD))
    ensemble = Ensemble(problem, 10, [0.01, 50.0], range(3), Setting())
    ensemble.advance(200)
    assert np.isinf(ensemble.losses[-1][:, 1]).all()
    assert np.isinf(ensemble.sums[-1][:, 1]).all()
    assert np.isfinite(ensemble.losses[-1][:, 0]).all()


def test_noted_steps_are_all_at_first_and_then_one_percent_apart() -> None:
    steps = np.array(list(islice(noted_steps(), 500)))
    assert list(steps[:100]) == list(range(1, 101))
    late = steps[steps > 200]
    assert (late[1:] / late[:-1]).max() <= 1.01


def test_rates_that_are_spent_let_it_stand_still() -> None:
    problem = problem_of(data.load(WORKLOAD))
    spent = Ensemble(problem, 10, [0.01, 50.0], range(3), Setting(schedule="exponential:0.1"))
    spent.advance(100)
    assert spent.stands_still
    going = Ensemble(problem, 10, [0.01], range(3), Setting())
    assert not going.stands_still
    going.advance(100)
    assert not going.stands_still


def test_a_loss_that_is_dear_is_not_looked_at_after_every_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    problem = problem_of(data.load("synthetic-300x39"))
    made = []
    for longest in (10**6, 4):
        monkeypatch.setattr(module, "RULE", replace(RULE, max_look_cost=longest))
        ensemble = Ensemble(problem, 1, [0.002], range(4), Setting())
        ensemble.advance(1000)
        made.append(ensemble)
    often, rarely = made
    assert (often._stride, rarely._stride) == (1, 10)
    np.testing.assert_array_equal(often.losses[-1], rarely.losses[-1])
    np.testing.assert_allclose(rarely.sums[-1], often.sums[-1], rtol=0.02)
