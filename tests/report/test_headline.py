"""The answer in two sentences, and how sure it is."""

from __future__ import annotations

import pytest

from bench.advise.contenders import Contender, Ranking
from bench.report.advice_text import headline


def contest(*ways: tuple[str, float, float], quantity: str = "epoch", n: int = 5) -> Ranking:
    contenders = tuple(
        Contender(name, 10, seconds, seconds * (1 - width), seconds * (1 + width))
        for name, seconds, width in ways
    )
    return Ranking("airfoil", "cpu(0)", quantity, contenders, n)


def test_the_fastest_is_named_with_its_time_and_the_textbooks() -> None:
    found = contest(("nd.fused", 11.57e-6, 0.002), ("nd.autograd", 0.5, 0.01))
    one = headline(found, None, None, None)
    assert one.fastest == (
        "nd.fused trains fastest of 2 on cpu(0): an epoch takes 11.57 µs at batch size 10, "
        "43200x as fast as the textbook's nd.autograd."
    )
    assert one.level == "good"
    assert one.sureness == (
        "Its 95% interval is 11.55 µs to 11.59 µs, from 5 processes; the next, nd.autograd, "
        "takes 43200x as long."
    )


def test_a_time_to_the_target_says_which() -> None:
    found = contest(("a", 1e-3, 0.01), ("b", 2e-3, 0.01), quantity="measured")
    said = headline(found, None, None, 0.01).fastest
    assert said == (
        "a trains fastest of 2 on cpu(0): loss within 1% of the optimum after 1.000 ms."
    )


def test_a_tie_of_few_is_an_answer_and_one_of_many_is_none() -> None:
    ways = [(name, 1.0 + number / 100, 0.1) for number, name in enumerate("abcde")]
    few = headline(contest(*ways[:2]), None, None, None)
    assert few.fastest.startswith("a, or b, trains fastest of 2 on")
    assert few.level == "fair"
    assert "b is not told apart from it" in few.sureness
    many = headline(contest(*ways), None, None, None)
    assert many.level == "poor"
    assert "b, c, d and 1 other are not told apart from it" in many.sureness


def test_one_process_is_never_quite_sure() -> None:
    one = headline(contest(("a", 1.0, 0.01), ("b", 2.0, 0.01), n=1), None, None, None)
    assert one.level == "fair"
    assert "from one process, where others may differ by some percent" in one.sureness


def test_a_single_way_is_the_fastest_of_one() -> None:
    one = headline(contest(("a", 1.0, 0.01)), None, None, None)
    assert one.level == "poor"
    assert one.sureness == "a is the only way of training that was measured."


@pytest.mark.parametrize(
    ("grade", "level"),
    [("good", "good"), ("fair", "fair"), ("poor", "poor"), ("unknown", "fair")],
)
def test_an_answer_is_never_surer_than_its_run(grade: str, level: str) -> None:
    clear = contest(("a", 1.0, 0.001), ("b", 2.0, 0.001))
    assert headline(clear, None, None, None, grade).level == level
