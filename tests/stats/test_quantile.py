from __future__ import annotations

import numpy as np
import pytest

from bench.stats.medians import fifth_percentile, lower_quartile, quantile


@pytest.mark.parametrize("n", range(1, 12))
def test_they_are_those_of_numpy(n: int) -> None:
    values = np.random.default_rng(n).lognormal(size=n)
    told = [quantile(values.tolist(), share) for share in (0.0, 0.3, 1.0)]
    assert told == pytest.approx(np.quantile(values, [0.0, 0.3, 1.0]))
    assert lower_quartile(values.tolist()) == pytest.approx(np.quantile(values, 0.25))
    assert fifth_percentile(values.tolist()) == pytest.approx(np.quantile(values, 0.05))
