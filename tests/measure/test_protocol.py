from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import data
from bench.measure.protocol import DivergedError, Plan, Protocol, plan_training
from kernels import reference

WORKLOAD = data.load("synthetic-100x3")
PROTOCOL = Protocol(epochs=3, seconds_per_case=1.0)


def drawn_anew(batch_size: int, protocol: Protocol) -> Plan:
    plan_training.cache_clear()
    return plan_training(WORKLOAD, batch_size, protocol)


def assert_same_data(one: Plan, other: Plan) -> None:
    np.testing.assert_array_equal(one.start.weight, other.start.weight)
    assert one.start.bias == other.start.bias
    np.testing.assert_array_equal(one.orders, other.orders)


def test_the_same_seed_gives_the_same_plan() -> None:
    one, other = drawn_anew(10, PROTOCOL), drawn_anew(10, PROTOCOL)
    assert one is not other
    assert_same_data(one, other)
    assert one.learning_rates == other.learning_rates
    for left, right in zip(one.expected, other.expected, strict=True):
        np.testing.assert_array_equal(left.theta, right.theta)


@pytest.mark.parametrize("batch_size", [1, 3, 100])
def test_all_batch_sizes_start_alike_and_visit_the_samples_in_the_same_order(
    batch_size: int,
) -> None:
    assert_same_data(drawn_anew(batch_size, PROTOCOL), drawn_anew(10, PROTOCOL))


@pytest.mark.parametrize(
    "setting", [{"schedule": "power:-0.5"}, {"learning_rate": 0.01}, {"seconds_per_case": 9.0}]
)
def test_no_setting_but_the_seed_and_the_sampling_changes_what_is_drawn(
    setting: dict[str, object],
) -> None:
    changed = replace(PROTOCOL, **setting)  # type: ignore[arg-type]
    assert_same_data(drawn_anew(10, changed), drawn_anew(10, PROTOCOL))


def test_another_seed_gives_another_start_and_other_orders() -> None:
    one, other = drawn_anew(10, PROTOCOL), drawn_anew(10, replace(PROTOCOL, seed=1))
    assert not np.array_equal(one.start.weight, other.start.weight)
    assert not np.array_equal(one.orders[0], other.orders[0])


def test_every_epoch_visits_every_sample_once_in_an_order_of_its_own() -> None:
    orders = drawn_anew(10, PROTOCOL).orders
    assert len(orders) == 3
    assert len({order.tobytes() for order in orders}) == 3
    for order in orders:
        np.testing.assert_array_equal(np.sort(order), np.arange(100))


def test_with_replacement_some_samples_come_twice() -> None:
    (order, *_) = drawn_anew(10, replace(PROTOCOL, sampling="with-replacement")).orders
    assert len(order) == 100
    assert len(np.unique(order)) < 100


@pytest.mark.parametrize(
    ("schedule", "rate_of_step"),
    [
        ("constant", lambda _t, _k: 0.1),
        ("power:-0.5", lambda t, _k: 0.1 * t**-0.5),
        ("exponential:0.99", lambda t, _k: 0.1 * 0.99**t),
        ("step:10,2", lambda _t, k: 0.1 if k < 2 else 0.01),
    ],
)
def test_the_rates_follow_the_schedule_over_all_epochs(
    schedule: str, rate_of_step: object
) -> None:
    protocol = replace(PROTOCOL, schedule=schedule, learning_rate=0.1)
    rates = drawn_anew(30, protocol).learning_rates
    assert [len(of_epoch) for of_epoch in rates] == [4, 4, 4]
    assert callable(rate_of_step)
    expected = [rate_of_step(t, (t - 1) // 4) for t in range(1, 13)]
    assert np.ravel(rates).tolist() == pytest.approx(expected, rel=1e-12)


def test_without_a_learning_rate_the_workload_chooses_by_batch_size() -> None:
    assert PROTOCOL.eta(WORKLOAD, 1) == WORKLOAD.default_learning_rate(1)
    assert PROTOCOL.eta(WORKLOAD, 1) < PROTOCOL.eta(WORKLOAD, 10)
    assert replace(PROTOCOL, learning_rate=0.3).eta(WORKLOAD, 10) == 0.3


def test_the_expected_parameters_are_those_of_plain_float64_steps() -> None:
    plan = drawn_anew(30, PROTOCOL)
    w, b = plan.start.weight.astype(float), plan.start.bias
    for order, rates, expected in zip(
        plan.orders, plan.learning_rates, plan.expected, strict=True
    ):
        for number, eta in enumerate(rates):
            index = order[30 * number : 30 * number + 30]
            X, y = WORKLOAD.features[index].astype(float), WORKLOAD.labels[index]
            r = X @ w + b - y
            w, b = w - eta * (X.T @ r) / len(r), b - eta * r.mean()
        assert reference.distance(expected, w, b) < 1e-12


@pytest.mark.parametrize("rate", [100.0, 1e30, 1e300])
def test_too_large_a_learning_rate_is_refused_with_the_remedy(rate: float) -> None:
    with pytest.raises(
        DivergedError,
        match=rf"the learning rate {rate:g} is too large for batch size 10 on "
        r"synthetic-100x3; give a smaller --learning-rate\.".replace("+", r"\+"),
    ):
        drawn_anew(10, replace(PROTOCOL, learning_rate=rate))
