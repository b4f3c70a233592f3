from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bench.stats.verdict import benjamini_hochberg

P = st.floats(0, 1)


def test_the_steps_of_benjamini_and_hochberg() -> None:
    # Their procedure by hand at 0.05: the largest i with p(i) <= i / 5 * 0.05 is the third,
    # although the second is above its own step.
    p = np.array([0.029, 0.9, 0.005, 0.025, 0.6])
    assert benjamini_hochberg(p, 0.05).tolist() == [True, False, True, True, False]


def test_tests_that_could_not_be_made_do_not_count_as_many() -> None:
    p = np.array([0.04] + [np.nan] * 50)
    assert benjamini_hochberg(p, 0.05).tolist() == [True] + [False] * 50
    assert benjamini_hochberg(np.array([]), 0.05).tolist() == []
    assert benjamini_hochberg(np.array([np.nan]), 0.05).tolist() == [False]


@given(P, P)
def test_a_single_test_is_itself(p: float, share: float) -> None:
    assert benjamini_hochberg(np.array([p]), share)[0] == (p <= share)


@given(st.lists(P, min_size=1, max_size=20), st.randoms())
def test_order_does_not_matter(p_values: list[float], random: np.random.Generator) -> None:
    order = list(range(len(p_values)))
    random.shuffle(order)
    p = np.array(p_values)
    assert (
        benjamini_hochberg(p[order], 0.05).tolist()
        == benjamini_hochberg(p, 0.05)[order].tolist()
    )
