from __future__ import annotations

import numpy as np
import pytest

from bench.analyze.quartile import lower_quartile


@pytest.mark.parametrize("n", range(1, 12))
def test_it_is_the_one_of_numpy(n: int) -> None:
    values = np.random.default_rng(n).lognormal(size=n)
    assert lower_quartile(values.tolist()) == pytest.approx(np.quantile(values, 0.25))
