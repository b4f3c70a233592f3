"""What is said of series that are judged together."""

from __future__ import annotations

import numpy as np
import pytest

from bench.history.pools import MEMORY, Pool, pooled

ONE = (Pool(MEMORY, machine=True, members=(0, 1, 2), device="cpu(0)"),)
ALIKE = np.ones(3)


def test_what_moves_one_member_moves_the_pool_little_and_what_moves_all_does() -> None:
    (one,), (every,) = pooled(np.array([[0.0, 0.0, 0.3], [0.3, 0.3, 0.3]]), ONE, ALIKE)
    assert one == 0.0
    assert every == pytest.approx(0.3)


def test_a_member_counts_by_the_inverse_of_its_variance() -> None:
    """Weights 1, 1 and 4 of 6: the middle lies three fifths of the way to the last."""
    ((found,),) = pooled(np.array([[0.0, 0.0, 3.0]]), ONE, np.array([2.0, 2.0, 1.0]))
    assert found == pytest.approx(1.8)


def test_a_run_that_lacks_most_members_says_nothing() -> None:
    found = pooled(np.array([[0.1, np.nan, np.nan], [0.1, 0.1, np.nan]]), ONE, ALIKE)
    assert np.isnan(found[0, 0])
    assert found[1, 0] == pytest.approx(0.1)
