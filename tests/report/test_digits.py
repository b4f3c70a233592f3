import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.report.numbers import measured, significant


@pytest.mark.parametrize(
    ("value", "half_width", "shown"),
    [
        (0.4973e-3, 0.2e-6, "497.3 µs"),
        (0.4973e-3, 3e-6, "497 µs"),
        (0.4973e-3, 12e-6, "497 µs"),
        (0.4973e-3, 60e-6, "500 µs"),
        (0.740, 0.03, "740 ms"),
        (1.8663954, 1e-9, "1.866 s"),
        (9.99e-3, 2e-3, "10 ms"),
        (3.2e-6, 5e-5, "3 µs"),
        (0.4973e-3, None, "497 µs"),
        (0.4973e-3, math.nan, "497 µs"),
        (0.4973e-3, math.inf, "500 µs"),
        (2.5, 0.0, "2.500 s"),
    ],
)
def test_a_number_has_the_digits_that_its_interval_allows(
    value: float, half_width: float | None, shown: str
) -> None:
    assert measured(value, half_width) == shown


@given(st.floats(1e-9, 1e9), st.floats(1e-6, 0.5))
def test_rounding_hides_little_of_the_interval_and_shows_no_digit_below_it(
    value: float, share: float
) -> None:
    half_width = share * value
    place = 10.0 ** (math.floor(math.log10(value)) - significant(value, half_width) + 1)

    assert place > half_width / 20 or significant(value, half_width) == 4
    assert place / 2 <= half_width / 1.9 or significant(value, half_width) in {1, 4}
