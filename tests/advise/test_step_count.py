from __future__ import annotations

import pytest

from bench.advise.statistical_cost import StepCount, epoch_noise_share, noise_share


def test_a_short_last_batch_is_noisier_with_replacement() -> None:
    # Batches of 1000 and of 500 in turn: (1/1000 + 1/500) / 2.
    assert epoch_noise_share(1000, 1500, "with-replacement") == pytest.approx(1.5e-3)
    # Seven of 200 and one of 100.
    assert epoch_noise_share(200, 1500, "with-replacement") == pytest.approx(
        (7 / 200 + 0.01) / 8
    )


@pytest.mark.parametrize("size", [1, 10, 500, 1500])
def test_where_batches_divide_the_samples_it_is_that_of_one_batch(size: int) -> None:
    for sampling in ("with-replacement", "without-replacement"):
        one = noise_share(size, 1500, sampling)
        assert epoch_noise_share(size, 1500, sampling) == pytest.approx(one)


def test_without_replacement_the_short_batch_makes_up_for_the_others() -> None:
    one = noise_share(1000, 1500, "without-replacement")
    assert epoch_noise_share(1000, 1500, "without-replacement") == one


def test_all_samples_at_once_have_no_noise_without_replacement() -> None:
    assert noise_share(1500, 1500, "without-replacement") == 0.0


def test_the_steps_of_epochs_follow() -> None:
    count = StepCount(5.0, 2000.0, 1500, "with-replacement")  # type: ignore[arg-type]
    assert count.epoch_steps(1000) == pytest.approx(5 + 2000 * 1.5e-3)
    assert count.steps(1000) == pytest.approx(5 + 2.0)
