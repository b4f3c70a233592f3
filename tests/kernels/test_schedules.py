"""Schedules against their formulas, which are written out here a second time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.schedules import ScheduleError, parse

if TYPE_CHECKING:
    from collections.abc import Callable

ETA = 0.3
N_STEPS = 4
#: Written form, and the rate at step t (from 1) of epoch k (from 0).
FORMULAS: dict[str, Callable[[int, int], float]] = {
    "constant": lambda _t, _k: ETA,
    "power:-0.5": lambda t, _k: ETA / t**0.5,
    "power:1": lambda t, _k: ETA * t,
    "power:0": lambda _t, _k: ETA,
    "exponential:0.9": lambda t, _k: ETA * 0.9**t,
    "exponential:1e-3": lambda t, _k: ETA * 0.001**t,
    "step:10,2": lambda _t, k: ETA / 10 ** (k // 2),
    "step:2.5,1": lambda _t, k: ETA / 2.5**k,
    "step:4,3.0": lambda _t, k: ETA / 4 ** (k // 3),
}


@pytest.mark.parametrize("epoch", [0, 1, 2, 5])
@pytest.mark.parametrize("text", FORMULAS)
def test_a_schedule_is_its_formula(text: str, epoch: int) -> None:
    rates = parse(text, ETA).rates(epoch, N_STEPS)
    steps = range(epoch * N_STEPS + 1, (epoch + 1) * N_STEPS + 1)
    assert rates.shape == (N_STEPS,)
    assert rates.dtype == np.float64
    np.testing.assert_allclose(rates, [FORMULAS[text](t, epoch) for t in steps], rtol=1e-12)


@given(
    text=st.sampled_from(sorted(FORMULAS)),
    n_steps=st.integers(1, 20),
    n_epochs=st.integers(1, 6),
)
def test_epochs_one_after_the_other_give_the_formula_over_all_steps(
    text: str, n_steps: int, n_epochs: int
) -> None:
    schedule = parse(text, ETA)
    rates = np.concatenate([schedule.rates(epoch, n_steps) for epoch in range(n_epochs)])
    expected = [FORMULAS[text](t, (t - 1) // n_steps) for t in range(1, n_steps * n_epochs + 1)]
    np.testing.assert_allclose(rates, expected, rtol=1e-12)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "linear",
        "Constant",
        "constant:1",
        "constant:a",
        "power",
        "power:",
        "power:a",
        "power:1,2",
        "power:nan",
        "power:inf",
        "exponential",
        "exponential:0",
        "exponential:-0.9",
        "exponential:nan",
        "exponential:inf",
        "step:10",
        "step:10,",
        "step:10,0",
        "step:10,-1",
        "step:10,1.5",
        "step:10,nan",
        "step:10,inf",
        "step:0,2",
        "step:-2,2",
        "step:nan,2",
        "step:10,2,3",
        "power:-0.5:1",
    ],
)
def test_what_is_no_schedule_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(ScheduleError) as refused:
        parse(text, ETA)
    message = str(refused.value)
    assert repr(text) in message
    assert "constant, power:ALPHA, exponential:ALPHA or step:FACTOR,EPOCHS" in message
