from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.report import progress


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "5 s"),
        (7.4, "5 s"),
        (7.6, "10 s"),
        (57.4, "55 s"),
        (57.6, "1 min"),
        (62.6, "1 min 5 s"),
        (200, "3 min 20 s"),
        (3597, "59 min 55 s"),
        (3598, "1 h 0 min"),
        (7500, "2 h 5 min"),
    ],
)
def test_durations_are_said_as_a_person_would(seconds: float, text: str) -> None:
    assert progress.duration(seconds) == text


@given(st.floats(5, 1e6))
def test_a_duration_is_right_to_5_seconds_or_a_minute(seconds: float) -> None:
    text = progress.duration(seconds)
    unit = {"h": 3600, "min": 60, "s": 1}
    said = sum(
        int(number) * unit[name] for number, name in re.findall(r"(\d+) (h|min|s)", text)
    )
    assert abs(said - seconds) <= (2.5 if "h" not in text else 62.5)


def test_the_sentence_says_how_many_cases_how_long_and_what_is_skipped() -> None:
    assert progress.sentence(132, 132, 200, "quick") == (
        "132 cases to time, preset quick: 3 min to 5 min 30 s."
    )
    assert progress.sentence(264, 132, 40, "full") == (
        "132 cases to time (132 more can't run here and are skipped), preset full: "
        "35 s to 1 min 30 s."
    )
    assert progress.sentence(3, 3, 40, "quick", 1) == (
        "3 cases to time, preset quick: 35 s to 1 min 30 s, "
        "without 1 case on GPUs that could not be tried out."
    )
