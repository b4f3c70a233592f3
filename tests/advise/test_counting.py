"""The steps that trainings need, against what theory says without any."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.advise.reading import counted
from bench.convergence.tuning import Setting
from bench.stats.fits import RefusalError

if TYPE_CHECKING:
    from bench.stats.estimate import Estimate

pytestmark = pytest.mark.slow
SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500)


def overlap(one: Estimate, other: Estimate) -> bool:
    return one.low <= other.high and other.low <= one.high


def test_the_noise_scale_of_trainings_and_the_exact_one_agree_within_their_intervals() -> None:
    found = counted("synthetic-500x5-cond3-seed1", Setting(sampling="with-replacement"), SIZES)
    assert not isinstance(found.fit, RefusalError)
    assert found.expected is not None
    assert not isinstance(found.expected, RefusalError)
    assert overlap(found.fit.b_noise, found.expected.b_noise)
    assert overlap(found.fit.s_min, found.expected.s_min)
    # The intervals are no excuse: the two are close.
    assert found.fit.b_noise.value == pytest.approx(found.expected.b_noise.value, rel=0.25)
    assert found.fit.b_noise.high < 2 * found.fit.b_noise.low


def test_without_replacement_theory_is_left_out_and_no_more_steps_are_needed() -> None:
    without = counted("synthetic-500x3", Setting(), SIZES)
    with_ = counted("synthetic-500x3", Setting(sampling="with-replacement"), SIZES)
    assert without.expected is None
    assert (without.table["steps"] <= 1.05 * with_.table["steps"]).all()
