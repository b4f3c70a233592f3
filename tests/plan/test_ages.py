from __future__ import annotations

from datetime import timedelta

import pytest

from bench.plan.values import SelectionError, age


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90d", timedelta(days=90)),
        ("1.5h", timedelta(minutes=90)),
        ("30m", timedelta(minutes=30)),
        (" 2w ", timedelta(days=14)),
    ],
)
def test_a_number_and_a_unit(text: str, expected: timedelta) -> None:
    assert age("--older-than", text) == expected


@pytest.mark.parametrize("text", ["", "90", "d", "0d", "-1d", "1y", "1 d", "1e3d", "9999999d"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(SelectionError, match=r"--older-than: .* is not allowed; give a number"):
        age("--older-than", text)
