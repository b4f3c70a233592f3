"""How shares are written."""

from __future__ import annotations

import pytest

from bench.selftest.tables import share
from bench.stats.verdict import Share


@pytest.mark.parametrize(
    ("count", "of", "written"),
    [
        (3, 46, "3/46 (1.4–18%)"),
        (0, 300, "0/300 (0–1.2%)"),
        (55, 55, "55/55 (94–100%)"),
        (0, 0, "–"),
    ],
)
def test_a_share_is_written_with_its_interval(count: int, of: int, written: str) -> None:
    assert share(Share(count, of)) == written
