import pytest

from bench.report.numbers import change


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ((1.051, 1.042, 1.06), "5.1% slower (4.2% to 6.0%)"),
        ((0.951, 0.942, 0.96), "4.9% faster (4.0% to 5.8%)"),
        ((1.01, 0.99, 1.03), "1% slower (-1% to 3%)"),
        ((2.5, 2.3, 2.7), "150% slower (130% to 170%)"),
        ((1.0, 1.0, 1.0), "0% slower (0% to 0%)"),
        ((1.0512,), "5.1% slower"),
        ((0.5,), "50% faster"),
        ((3.0,), "200% slower"),
    ],
)
def test_a_change_is_told_in_percent_of_the_earlier_time(
    numbers: tuple[float, ...], text: str
) -> None:
    assert change(*numbers) == text
