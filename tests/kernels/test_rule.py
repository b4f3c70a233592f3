"""Momentum in the reference: what the equations say, and how far float32 may stray."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data import synthetic
from kernels import reference, sampling
from kernels.contract import Start
from kernels.cost import StepCost, n_flops
from kernels.reference import Reference
from kernels.rule import MOMENTUM, PLAIN, VELOCITY_OF_GRADIENTS, VELOCITY_WITH_RATE, UpdateRule

if TYPE_CHECKING:
    from numpy.typing import NDArray

WORKLOAD = synthetic.generate(synthetic.parse("synthetic-60x3"))
START = Start(weight=np.zeros(3, dtype=np.float32), bias=0.0)


def trained(rule: UpdateRule, rates: list[float], batch_size: int = 7) -> Reference:
    order = np.arange(60)
    return reference.epoch(Reference.start(START), WORKLOAD, order, batch_size, rates, rule)


def by_hand(rule: UpdateRule, rates: list[float], batch_size: int = 7) -> NDArray[np.float64]:
    theta, velocity = np.zeros(4), np.zeros(4)
    order = np.arange(60)
    batches = reference.augmented_batches(WORKLOAD, order, batch_size)
    for (x, y), eta in zip(batches, rates, strict=True):
        g = x.T @ (x @ theta - y) / len(y)
        if rule.rate_in_velocity:
            velocity = rule.momentum * velocity - eta * g
            theta = theta + velocity
        else:
            velocity = rule.momentum * velocity + g
            theta = theta - eta * velocity
    return theta


@pytest.mark.parametrize("rule", [VELOCITY_WITH_RATE, VELOCITY_OF_GRADIENTS])
@pytest.mark.parametrize("rates", [[0.01] * 9, [0.01 / (k + 1) for k in range(9)]])
def test_the_reference_follows_the_equations(rule: UpdateRule, rates: list[float]) -> None:
    np.testing.assert_allclose(trained(rule, rates).theta, by_hand(rule, rates), rtol=1e-12)


def test_both_forms_are_one_while_the_rate_stays_the_same() -> None:
    constant, falling = [0.01] * 9, [0.01 / (k + 1) for k in range(9)]
    with_rate, outside = VELOCITY_WITH_RATE, VELOCITY_OF_GRADIENTS
    np.testing.assert_allclose(
        trained(with_rate, constant).theta, trained(outside, constant).theta
    )
    apart = trained(with_rate, falling).theta - trained(outside, falling).theta
    assert np.abs(apart).max() > 1e-4


def test_no_momentum_is_plain_sgd() -> None:
    rates = [0.01] * 9
    for rule in (
        UpdateRule(0.0, rate_in_velocity=True),
        UpdateRule(0.0, rate_in_velocity=False),
    ):
        np.testing.assert_array_equal(trained(rule, rates).theta, trained(PLAIN, rates).theta)


def test_the_rate_of_momentum_moves_as_far_as_the_plain_one_in_the_end() -> None:
    assert PLAIN.rate(0.5) == 0.5
    assert VELOCITY_WITH_RATE.rate(0.5) == pytest.approx(0.05)
    eta, g, velocity = VELOCITY_WITH_RATE.rate(0.5), 2.0, 0.0
    for _ in range(400):
        velocity = MOMENTUM * velocity - eta * g
    assert velocity == pytest.approx(-0.5 * g)


@pytest.mark.parametrize("rule", [VELOCITY_WITH_RATE, VELOCITY_OF_GRADIENTS])
@given(seed=st.integers(0, 10**6), batch_size=st.integers(1, 60))
def test_float32_stays_within_the_tolerance(
    rule: UpdateRule, seed: int, batch_size: int
) -> None:
    rng = np.random.default_rng(seed)
    start = sampling.draw_start(rng, 3)
    eta = rule.rate(WORKLOAD.default_learning_rate(batch_size))
    mu = np.float32(rule.momentum)
    theta = np.append(start.weight, np.float32(start.bias))
    velocity = np.zeros_like(theta)
    expected = Reference.start(start)
    for _ in range(3):
        order = rng.permutation(60)
        for first in range(0, 60, batch_size):
            batch = order[first : first + batch_size]
            x = np.column_stack([WORKLOAD.features[batch], np.ones(len(batch), np.float32)])
            g = x.T @ (x @ theta - WORKLOAD.labels[batch]) / np.float32(len(batch))
            if rule.rate_in_velocity:
                velocity = mu * velocity - np.float32(eta) * g
                theta = theta + velocity
            else:
                velocity = mu * velocity + g
                theta = theta - np.float32(eta) * velocity
            expected = reference.epoch(expected, WORKLOAD, batch, batch_size, [eta], rule)
        assert theta.dtype == np.float32
        distance = reference.distance(expected, theta[:-1], float(theta[-1]))
        assert distance <= expected.tolerance


@pytest.mark.parametrize("error", ["forgets the velocity", "twice the momentum", "Nesterov"])
def test_a_wrong_momentum_is_beyond_the_tolerance(error: str) -> None:
    rates = [VELOCITY_WITH_RATE.rate(0.1)] * 9
    expected = trained(VELOCITY_WITH_RATE, rates)
    if error == "Nesterov":
        ahead = trained(VELOCITY_WITH_RATE, [*rates[:8], 0.0])
        wrong = ahead.theta + MOMENTUM * ahead.velocity
    else:
        rule = PLAIN if error == "forgets the velocity" else UpdateRule(0.95)
        wrong = trained(rule, rates).theta
    distance = reference.distance(expected, wrong[:-1].astype(np.float32), float(wrong[-1]))
    assert distance > 10 * expected.tolerance


def test_a_cost_counts_passes_over_each_array() -> None:
    cost = StepCost(features=2, samples=3, parameters=5)
    assert cost.n_bytes(m=10, d=4) == 4 * (2 * 40 + 3 * 10 + 5 * 5)
    assert n_flops(10, 4, PLAIN) == 4 * 40 + 3 * 10 + 3 * 5
    assert n_flops(10, 4, VELOCITY_WITH_RATE) == 4 * 40 + 3 * 10 + 5 * 5
