from __future__ import annotations

import pytest

from bench.stats.verdict import percent


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0421, "4.2%"),
        (-0.00349, "-0.35%"),
        (0.05, "5%"),
        (0.996, "100%"),
        (1.5, "150%"),
        (9.86, "990%"),
        (10.0, "more than 1000%"),
        (0.0, "0%"),
    ],
)
def test_a_share_is_written_to_two_digits_without_an_exponent(share: float, text: str) -> None:
    assert percent(share) == text
