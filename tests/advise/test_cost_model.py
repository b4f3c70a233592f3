"""What a step costs: exact epochs are found again, and what does not fit is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.advise.step_cost import fit
from bench.stats.fits import RefusalError
from tests.advise.made_up_trainings import N_SAMPLES, SIZES, epochs, step_time

if TYPE_CHECKING:
    from bench.advise.proportionality import CostFit
    from bench.advise.statistical_cost import StepTime
    from bench.stats.estimate import Estimate

LINEAR = step_time(200e-6, 1e-6)
PLATEAU = step_time(-20e-6, 1e-6, 70)
FLAT = step_time(50e-6, 0.0)
n_halves = st.floats(2, 3000)


def refit(truth: StepTime, noise: float = 0.0, seed: int = 0) -> CostFit:
    return fit(SIZES, epochs(truth, noise=noise, seed=seed), N_SAMPLES, n_draws=500)


def width(estimate: Estimate | None) -> float:
    assert estimate is not None
    return (estimate.high - estimate.low) / estimate.value


def test_an_epoch_is_whole_steps_and_a_short_one() -> None:
    assert float(LINEAR.epoch_seconds(1000, 1500)) == pytest.approx(1.2e-3 + 0.7e-3)
    assert float(LINEAR.epoch_seconds(500, 1500)) == pytest.approx(3 * 0.7e-3)
    # The short step of 28 samples is on the plateau, those of 64 samples are not.
    short = step_time(0.0, 1e-6, 50)
    assert float(short.epoch_seconds(64, 1500)) == pytest.approx(23 * 64e-6 + 50e-6)


@pytest.mark.parametrize("truth", [LINEAR, PLATEAU, FLAT], ids=["linear", "plateau", "flat"])
def test_exact_epochs_give_the_parameters(
    truth: StepTime, request: pytest.FixtureRequest
) -> None:
    found = refit(truth)
    assert request.node.callspec.id == found.model
    assert [found.a, found.b] == pytest.approx([float(truth.a), float(truth.b)], rel=1e-4)
    assert found.epoch_seconds(SIZES) == pytest.approx(epochs(truth), rel=1e-6)
    assert found.step.seconds(3) == pytest.approx(float(truth.seconds(3)), rel=1e-6)
    assert found.rms_residual < 1e-6
    assert found.aicc[found.model] == min(found.aicc.values())


def test_a_line_has_no_plateau_and_a_flat_cost_no_rate() -> None:
    line, flat = refit(LINEAR, 0.03), refit(FLAT, 0.03)
    assert [line.host_seconds, line.plateau_until] == [None, None]
    assert line.r_inf is not None
    assert [flat.r_inf, flat.n_half, flat.plateau_until] == [None, None, None]
    assert flat.host_seconds is not None
    assert flat.host_seconds.value == pytest.approx(50e-6, rel=0.03)


def test_n_half_is_where_the_rate_is_half_of_what_it_comes_to() -> None:
    for truth in (LINEAR, PLATEAU, step_time(60e-6, 1e-6, 10)):
        half = float(truth.n_half)
        rate = half / float(truth.seconds(half))
        assert rate == pytest.approx(float(truth.r_inf) / 2)
    assert float(LINEAR.n_half) == pytest.approx(200)


def test_a_plateau_is_reported_with_where_it_ends() -> None:
    found = refit(PLATEAU, 0.01, seed=1)
    assert found.model == "plateau"
    assert found.plateau_until is not None
    assert found.plateau_until.low < 70 < found.plateau_until.high
    assert found.plateau_until.high < 80
    assert found.host_seconds is not None
    assert found.host_seconds.value == pytest.approx(50e-6, rel=0.02)


def test_a_plateau_that_ends_in_a_jump_is_found_too() -> None:
    """From 480 to 1000 the time grows 27 times: where it ends is known very well."""
    found = refit(step_time(-460e-6, 1e-6, 480), 0.01)
    assert found.plateau_until is not None
    assert found.plateau_until.low < 480 < found.plateau_until.high
    assert found.plateau_until.high - found.plateau_until.low < 2


def test_a_plateau_is_found_among_noise() -> None:
    """A search that begins at its smallest end stays there."""
    found = refit(step_time(0.0, 1e-6, 100), 0.1, seed=26)
    assert found.model == "plateau"
    assert found.plateau_until is not None
    assert found.plateau_until.value == pytest.approx(107, rel=0.02)


def test_more_noise_makes_wider_intervals() -> None:
    widths = [width(refit(LINEAR, noise).n_half) for noise in (0.001, 0.01, 0.1)]
    assert widths[0] * 5 < widths[1]
    assert widths[1] * 5 < widths[2]


def test_the_same_data_give_the_same_interval() -> None:
    assert refit(LINEAR, 0.03).n_half == refit(LINEAR, 0.03).n_half


def test_a_known_noise_is_the_least_width() -> None:
    exact = epochs(LINEAR)
    assert width(fit(SIZES, exact, N_SAMPLES).n_half) < 1e-4
    assert width(fit(SIZES, exact, N_SAMPLES, noise=0.03).n_half) > 0.02


def test_a_fit_that_misses_by_more_than_the_noise_says_so() -> None:
    times = epochs(LINEAR, noise=0.05)
    found = fit(SIZES, times, N_SAMPLES, noise=0.01)
    assert found.misses_noise
    assert found.times_noise == pytest.approx(5, rel=0.5)
    assert not fit(SIZES, times, N_SAMPLES, noise=0.05).misses_noise
    unknown = fit(SIZES, times, N_SAMPLES)
    assert (unknown.noise, unknown.times_noise, unknown.misses_noise) == (None, None, False)


def test_a_price_that_the_data_do_not_show_is_bounded_from_above_only() -> None:
    found = refit(step_time(0.0, 1e-6), 0.03, seed=1)
    assert found.n_half is not None
    assert found.n_half.low == 0.0
    assert 0.0 < found.n_half.high < 0.2


def test_where_the_model_is_not_certain_the_interval_is_open() -> None:
    """Hardly any sign of the batch size: that there is none cannot be excluded."""
    found = refit(step_time(1e-3, 4e-8), 0.03, seed=2)
    assert found.model == "linear"
    assert found.aicc["flat"] - found.aicc["linear"] < 2
    assert found.r_inf is not None
    assert found.r_inf.high == np.inf
    assert found.r_inf.low < 1 / 4e-8


@given(n_halves, st.floats(1e-3, 1e6))
@settings(max_examples=settings().max_examples // 4)
def test_another_unit_of_time_changes_only_the_times(n_half: float, factor: float) -> None:
    times = epochs(step_time(n_half, 1.0), noise=0.03)
    first, second = (fit(SIZES, times * by, N_SAMPLES, n_draws=200) for by in (1.0, factor))
    assert second.model == first.model
    assert second.n_half is not None
    assert first.n_half is not None
    assert second.n_half.value == pytest.approx(first.n_half.value, rel=1e-4)
    assert second.n_half.high == pytest.approx(first.n_half.high, rel=0.01)
    assert second.b == pytest.approx(first.b * factor, rel=1e-4)


@given(st.permutations(range(len(SIZES))))
@settings(max_examples=settings().max_examples // 4)
def test_the_order_of_the_rows_does_not_matter(order: list[int]) -> None:
    times = epochs(LINEAR, noise=0.03)
    noise = np.linspace(0.01, 0.03, len(SIZES))
    found = fit(SIZES[order], times[order], N_SAMPLES, noise[order], n_draws=200)
    assert found == fit(SIZES, times, N_SAMPLES, noise, n_draws=200)


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        ([1, 10, 100, 1000], r"4 batch sizes \(1, 10, 100, 1000\): at least 5"),
        ([10, 20, 50, 100, 200], "span a factor of 20 only: at least 5 over a factor of 30"),
        ([], "0 batch sizes"),
    ],
)
def test_too_few_batch_sizes_are_refused(sizes: list[int], said: str) -> None:
    B = np.array(sizes, dtype=float)
    with pytest.raises(RefusalError, match=said):
        fit(B, epochs(LINEAR, B), N_SAMPLES)


@pytest.mark.parametrize("power", [-0.2, 0.4, 1.3, 2.0])
def test_times_that_no_model_fits_are_refused(power: float) -> None:
    times = np.ceil(N_SAMPLES / SIZES) * 1e-5 * SIZES**power
    with pytest.raises(RefusalError, match="no model fits the times"):
        fit(SIZES, times, N_SAMPLES)


def test_steps_that_get_cheaper_with_the_batch_size_are_refused() -> None:
    times = np.ceil(N_SAMPLES / SIZES) * 1e-5 * SIZES**-0.08
    with pytest.raises(RefusalError, match="less time the larger the batch"):
        fit(SIZES, times, N_SAMPLES)


def test_what_is_no_time_is_an_error() -> None:
    times = epochs(LINEAR)
    with pytest.raises(ValueError, match="positive"):
        fit(SIZES, times * 0, N_SAMPLES)
    with pytest.raises(ValueError, match="twice"):
        fit([*SIZES, 1.0], [*times, 1.0], N_SAMPLES)
    with pytest.raises(ValueError, match="one time for each"):
        fit(SIZES, times[1:], N_SAMPLES)
