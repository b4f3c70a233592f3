"""A curve with relative errors: what the noise explains, what it leaves, and what is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from bench.stats import fits
from bench.stats.estimate import from_draws
from bench.stats.fits import aicc, as_noise, draw
from bench.stats.rule import RULE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bench.stats.fits import RelativeFit

    Array = NDArray[np.float64]

X = np.column_stack([np.ones(40), np.geomspace(1, 1000, 40)])
TRUTH = np.array([10.0, 0.5])


def line(parameters: Array) -> Array:
    values: Array = X @ parameters
    return values


def fitted(values: Array, noise: Array | float | None = None) -> RelativeFit:
    bounds = (np.zeros(2), np.full(2, np.inf))
    return fits.fit(line, [1.0, 1.0], bounds, values, as_noise(noise, len(values)))


def with_errors(errors: Array | float, seed: int = 0) -> Array:
    rng = np.random.default_rng(seed)
    values: Array = line(TRUTH) * np.exp(errors * rng.standard_normal(len(X)))
    return values


def test_exact_values_give_the_parameters() -> None:
    assert fitted(line(TRUTH)).parameters == pytest.approx(TRUTH, rel=1e-6)


def test_a_residual_is_the_share_by_which_a_value_lies_above_the_curve() -> None:
    values = line(TRUTH)
    values[20] *= 1.5
    found = fitted(values).residuals
    assert found[20] == pytest.approx(np.log(1.5), abs=0.05)
    assert np.abs(np.delete(found, 20)).max() < 0.05


def test_a_parameter_without_effect_is_exactly_zero() -> None:
    rising = line(np.array([0.0, 1.0]))
    assert fitted(rising * np.geomspace(0.9, 1.1, 40)).parameters[0] == 0.0


def test_values_that_are_known_badly_weigh_less() -> None:
    errors = np.where(np.arange(40) % 2, 0.5, 0.01)
    off = []
    for noise in (errors, None):
        found = [fitted(with_errors(errors, seed), noise).parameters for seed in range(20)]
        off.append(float(np.std(np.array(found)[:, 1])))
    assert off[0] < off[1] / 5


def test_noise_that_explains_the_residuals_sets_their_scale() -> None:
    found = fitted(with_errors(0.01), 0.1)
    assert (found.deviations == 0.1).all()
    assert not found.misses_noise
    assert found.times_noise == pytest.approx(0.1, rel=0.3)


def test_residuals_beyond_the_noise_set_their_scale_themselves() -> None:
    found = fitted(with_errors(0.1), 0.01)
    assert found.misses_noise
    assert found.times_noise == pytest.approx(10, rel=0.3)
    assert found.deviations == pytest.approx(np.full(40, 0.1), rel=0.3)
    standard = found.residuals / found.deviations
    assert standard @ standard == pytest.approx(38)


def test_nothing_is_said_of_a_noise_that_is_not_known() -> None:
    found = fitted(with_errors(0.1))
    assert found.times_noise is None
    assert not found.misses_noise


def test_unknown_noise_is_taken_from_the_others() -> None:
    assert as_noise([0.1, np.nan, 0.3, 0.2], 4).tolist() == [0.1, 0.2, 0.3, 0.2]
    assert as_noise([np.nan, np.inf], 2).max() == RULE.min_noise
    with pytest.raises(ValueError, match="standard deviation"):
        as_noise(-0.1, 3)


def test_a_known_scale_makes_narrower_draws_than_one_from_the_residuals() -> None:
    few = X[::10]

    def of(noise: float | None) -> float:
        values = few @ TRUTH * np.exp([0.1, -0.1, 0.1, -0.1])
        bounds = (np.zeros(2), np.full(2, np.inf))
        found = fits.fit(lambda p: few @ p, [1.0, 1.0], bounds, values, as_noise(noise, 4))
        drawn = draw(found, 20_000, 0)[:, 1]
        estimate = from_draws(found.parameters[1], drawn)
        return (estimate.high - estimate.low) / float(found.jacobian.shape[0])

    scale = float(np.sqrt(0.04 / 2))  # what the residuals come to with two parameters
    assert of(None) / of(scale * 1.01) == pytest.approx(4.303 / 1.960, rel=0.1)


def test_draws_have_the_covariance_of_least_squares() -> None:
    found = fitted(with_errors(0.05), 0.2)
    drawn = draw(found, 50_000, 0)
    design = X / line(found.parameters)[:, None] / 0.2
    expected = np.linalg.inv(design.T @ design)
    assert np.cov(drawn.T) == pytest.approx(expected, rel=0.05)
    assert drawn.mean(axis=0) == pytest.approx(found.parameters, rel=0.01)


def test_draws_spread_round_where_the_solution_without_bounds_would_be() -> None:
    values = line(np.array([0.0, 1.0])) * np.geomspace(0.9, 1.1, 40)
    drawn = draw(fitted(values), 5000, 0)[:, 0]
    assert np.mean(drawn < 0) > 0.99


def test_the_criterion_is_that_of_hurvich_and_tsai() -> None:
    found = fitted(with_errors(0.05))
    n, k = 40, 3
    variance = float(np.mean(found.residuals**2))
    expected = n * (np.log(2 * np.pi * variance) + 1) + 2 * k + 2 * k * (k + 1) / (n - k - 1)
    assert aicc(found) == pytest.approx(expected, abs=1e-3)


def test_no_model_is_credited_for_fitting_below_the_noise() -> None:
    coarse, fine = (fitted(with_errors(errors), 0.3) for errors in (0.02, 0.01))
    assert abs(aicc(coarse) - aicc(fine)) < 0.5
    assert aicc(fitted(with_errors(0.02))) - aicc(fitted(with_errors(0.01))) > 40


def test_too_few_values_for_the_parameters_are_never_the_best() -> None:
    values = X[:4] @ TRUTH
    bounds = (np.zeros(2), np.full(2, np.inf))
    found = fits.fit(lambda p: X[:4] @ p, [1.0, 1.0], bounds, values, as_noise(None, 4))
    assert aicc(found) == np.inf


def test_an_interval_of_infinite_draws_is_open_above() -> None:
    found = from_draws(5.0, np.array([1.0] * 90 + [np.inf] * 10))
    assert (found.low, found.high) == (1.0, np.inf)
