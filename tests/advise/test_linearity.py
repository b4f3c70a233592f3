"""Where a step's time becomes proportional to its batch size, of made-up epochs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from bench.advise.proportionality import Linearity, linearity
from bench.advise.step_cost import fit
from tests.advise.made_up_trainings import N_SAMPLES, SIZES, epochs, step_time

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bench.advise.statistical_cost import StepTime


def of(truth: StepTime, noise: float = 0.01, seed: int = 0) -> Linearity:
    return linearity(fit(SIZES, epochs(truth, noise=noise, seed=seed), N_SAMPLES))


def of_steps(seconds: NDArray[np.float64]) -> Linearity:
    """Of steps with these mean times."""
    return linearity(fit(SIZES, np.ceil(N_SAMPLES / SIZES) * seconds, N_SAMPLES))


def test_on_a_line_it_is_nine_times_n_half() -> None:
    found = of(step_time(5e-6, 1e-6))
    assert found.linear_from.low < 45 < found.linear_from.high
    assert found.linear_from.high - found.linear_from.low < 5
    assert found.in_range
    assert found.n_sizes == 6
    assert found.claim == "holds"


def test_on_a_plateau_it_is_not_before_its_end() -> None:
    found = of(step_time(0.0, 1e-6, 70))
    assert found.linear_from.value == pytest.approx(70, rel=0.03)
    assert found.claim == "holds"


def test_the_exponent_is_that_of_the_times() -> None:
    """Also where the last step of an epoch is short, as for 200 and 1000."""
    found = of(step_time(0.0, 1e-6), noise=0.0)
    assert found.exponent is not None
    assert found.exponent.value == pytest.approx(1.0, abs=1e-6)
    assert found.n_sizes == len(SIZES)


def test_a_price_that_large_batches_do_not_outweigh_is_not_reached() -> None:
    found = of(step_time(300e-6, 1e-6))
    assert found.linear_from.value == pytest.approx(2700, rel=0.05)
    assert (found.claim, found.in_range, found.exponent) == ("not reached", False, None)
    flat = of(step_time(50e-6, 0.0))
    assert flat.linear_from.value == np.inf
    assert flat.claim == "not reached"


def test_two_batch_sizes_do_not_tell() -> None:
    found = of(step_time(80e-6, 1e-6))
    assert found.in_range
    assert found.n_sizes == 2
    assert (found.claim, found.exponent) == ("unclear", None)


def test_the_interval_of_the_exponent_is_students() -> None:
    """Three batch sizes leave one degree of freedom, whose quantile is 12.7."""
    found = of(step_time(50e-6, 1e-6), noise=0.02, seed=1)
    assert found.n_sizes == 3
    assert found.exponent is not None
    x = np.log([500.0, 750.0, 1500.0])
    y = np.log(epochs(step_time(50e-6, 1e-6), noise=0.02, seed=1)[-3:] / [3, 2, 1])
    residuals = y - np.polyval(np.polyfit(x, y, 1), x)
    error = np.sqrt(residuals @ residuals / np.sum((x - x.mean()) ** 2))
    assert found.exponent.high - found.exponent.value == pytest.approx(12.706 * error, rel=1e-3)


def test_an_interval_with_every_power_in_it_does_not_tell() -> None:
    found = of(step_time(50e-6, 1e-6), noise=0.15, seed=3)
    assert found.n_sizes == 3
    assert found.exponent is not None
    assert found.exponent.low < 0 or found.exponent.high > 2
    assert found.claim == "unclear"


@pytest.mark.parametrize(("power", "claim"), [(0.85, "cheaper"), (1.13, "dearer")])
def test_another_power_is_told(power: float, claim: str) -> None:
    means = N_SAMPLES / np.ceil(N_SAMPLES / SIZES)
    found = of_steps(1e-6 * means**power)
    assert found.exponent is not None
    assert found.exponent.value == pytest.approx(power, abs=1e-3)
    assert found.claim == claim
