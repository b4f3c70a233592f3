"""Steps to target: exact ones are found again, and what contradicts the model is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.advise.statistical_cost import StatisticalFit, StepCount, fit, noise_share
from bench.stats.fits import RefusalError
from tests.advise.made_up_trainings import (
    N_SAMPLES,
    SIZES,
    WITH,
    WITHOUT,
    noisy,
    step_count,
    steps_table,
)

TRUTH = step_count(100, 50)


def table(
    truth: StepCount = TRUTH, noise: float = 0.0, interval: float = np.nan, seed: int = 0
) -> pd.DataFrame:
    steps = noisy(truth.steps(SIZES), noise, np.random.default_rng(seed))
    return steps_table(SIZES, steps, interval)


def refit(rows: pd.DataFrame, sampling: str = WITH) -> StatisticalFit:
    return fit(rows, N_SAMPLES, sampling, n_draws=500)


@pytest.mark.parametrize("sampling", [WITH, WITHOUT])
def test_exact_steps_give_the_parameters(sampling: str) -> None:
    found = refit(table(step_count(100, 50, sampling)), sampling)
    assert found.s_min.value == pytest.approx(100, rel=1e-4)
    assert found.e_min.value == pytest.approx(5000, rel=1e-4)
    assert found.b_noise.value == pytest.approx(50, rel=1e-4)
    assert found.steps(25) == pytest.approx(found.count.steps(25))
    assert found.rms_residual < 1e-6


def test_a_batch_of_all_samples_has_no_noise_without_replacement() -> None:
    share = noise_share([1, 750, 1500], 1500, WITHOUT)
    assert share.tolist() == pytest.approx([1.0, 1 / 1499, 0.0])
    assert noise_share([1, 1500], 1500, WITH).tolist() == [1.0, 1 / 1500]


@pytest.mark.parametrize("sampling", [WITH, WITHOUT])
def test_the_terms_are_the_same_number_of_steps(sampling: str) -> None:
    count = step_count(30, 400, sampling)
    constant, per_inverse = count.terms
    assert constant + per_inverse / SIZES == pytest.approx(count.steps(SIZES))


def test_steps_that_fall_to_the_end_give_a_lower_bound_of_the_noise_scale() -> None:
    found = refit(table(step_count(1, 1e5), noise=0.03))
    assert found.b_noise.high == np.inf
    assert found.b_noise.low > 1500
    assert refit(table(noise=0.03)).b_noise.high < 60


def test_steps_without_noise_give_an_upper_bound_of_the_noise_scale() -> None:
    found = refit(table(step_count(100, 0), noise=0.03, seed=4))
    assert found.b_noise.low == 0.0
    assert found.b_noise.high < 0.2


def test_the_spread_over_the_seeds_weighs_and_is_the_least_width() -> None:
    steps = TRUTH.steps(SIZES)
    steps[3] *= 1.5
    rows = steps_table(SIZES, steps, interval=0.02)
    trusted = refit(rows)
    rows.loc[3, "steps_low"], rows.loc[3, "steps_high"] = steps[3] * 0.5, steps[3] * 2.0
    doubted = refit(rows)
    assert trusted.misses_noise
    assert not doubted.misses_noise
    assert doubted.b_noise.value == pytest.approx(50, rel=0.01)
    assert abs(trusted.b_noise.value - 50) > 1
    assert doubted.b_noise.low < 50 < doubted.b_noise.high


def test_a_miss_is_not_fitted() -> None:
    rows = table()
    rows.loc[9, ["steps", "steps_cap"]] = np.nan, 150.0
    found = refit(rows)
    assert found.misses == (1000.0,)
    assert 1000.0 not in found.batch_sizes
    assert found.b_noise.value == pytest.approx(50, rel=1e-4)


def test_a_miss_that_the_fit_would_have_expected_to_reach_is_refused() -> None:
    rows = table()
    rows.loc[9, ["steps", "steps_cap"]] = np.nan, 250.0  # the fit says 105
    with pytest.raises(RefusalError, match="batch size 1000 did not reach the target"):
        refit(rows)


def test_a_learning_rate_on_the_edge_of_its_grid_is_refused() -> None:
    rows = table()
    rows.loc[[0, 4], "edge"] = True
    with pytest.raises(RefusalError, match="batch size 1, 20 sits on the edge"):
        refit(rows)


def test_the_edge_of_a_miss_is_no_matter() -> None:
    rows = table()
    rows.loc[10, "edge"] = True
    rows.loc[10, ["steps", "steps_cap"]] = np.nan, 150.0
    assert refit(rows).b_noise.value == pytest.approx(50, rel=1e-4)


def test_too_few_batch_sizes_are_refused() -> None:
    with pytest.raises(RefusalError, match=r"3 batch sizes \(1, 2, 5\) reached"):
        refit(table().iloc[:3])
    with pytest.raises(RefusalError, match="span a factor of 5 only: at least 4"):
        refit(table().iloc[3:6].assign(batch_size=[10, 20, 50]).pipe(_and_one_more))
    missed = table()
    missed.loc[3:, "steps"] = np.nan
    with pytest.raises(RefusalError, match="3 batch sizes"):
        refit(missed)


def _and_one_more(rows: pd.DataFrame) -> pd.DataFrame:
    more: pd.DataFrame = pd.concat([rows, rows.iloc[:1].assign(batch_size=30)])
    return more


def test_steps_that_the_model_does_not_fit_are_refused() -> None:
    with pytest.raises(RefusalError, match="does not fit the steps"):
        refit(steps_table(SIZES, 1e4 * SIZES**-0.5))


def test_steps_that_grow_with_the_batch_size_are_refused() -> None:
    with pytest.raises(RefusalError, match="grow with the batch size"):
        refit(steps_table(SIZES, 100 * SIZES**0.05))


def test_what_is_no_number_of_steps_is_an_error() -> None:
    with pytest.raises(ValueError, match="positive"):
        refit(table().assign(steps=0))
    with pytest.raises(ValueError, match="one row"):
        refit(table().assign(batch_size=5))
    with pytest.raises(ValueError, match="from 1 to 1500"):
        refit(table().assign(batch_size=SIZES * 2))


@given(st.permutations(range(len(SIZES))))
@settings(max_examples=settings().max_examples // 4)
def test_the_order_of_the_rows_does_not_matter(order: list[int]) -> None:
    rows = table(noise=0.03, interval=0.05)
    assert refit(rows.iloc[order]).b_noise == refit(rows).b_noise


@given(st.floats(0.01, 1e4))
@settings(max_examples=settings().max_examples // 4)
def test_steps_that_count_more_leave_the_noise_scale(factor: float) -> None:
    rows = table(noise=0.03)
    first, second = refit(rows), refit(rows.assign(steps=rows["steps"] * factor))
    assert second.b_noise.value == pytest.approx(first.b_noise.value, rel=1e-4)
    assert second.b_noise.high == pytest.approx(first.b_noise.high, rel=1e-3)
    assert second.s_min.value == pytest.approx(first.s_min.value * factor, rel=1e-4)
