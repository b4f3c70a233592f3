from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.report.markdown.elements import (
    MOST_CHARACTERS,
    bullets,
    fitted,
    folded,
    paragraph,
    table,
)
from tests.report.markdown.rendered import cells, html, kinds

if TYPE_CHECKING:
    from bench.report.markdown.elements import Part

WHERE = "`bench report` has them"


def many(n_rows: int, title: str = "") -> Part:
    return table([{"a": f"row{n}", "b": "x" * 50} for n in range(n_rows)], ["b"], title)


def test_a_comment_that_fits_is_whole() -> None:
    written = fitted([paragraph("### T"), many(2, "rows"), bullets(["x"], "things")], WHERE)
    assert written == (
        f"### T\n\n**rows**\n\n| a | b |\n| --- | ---: |\n| row0 | {'x' * 50} |\n"
        f"| row1 | {'x' * 50} |\n\n**things**\n\n- x\n"
    )


def test_rows_are_left_out_from_the_end_and_counted() -> None:
    parts = [paragraph("first"), many(10, "one"), *folded("More", many(2000, "two"))]
    written = fitted(parts, WHERE)
    assert len(written) <= MOST_CHARACTERS
    assert len(written) > 0.95 * MOST_CHARACTERS, "no more than needed is left out"
    rows = cells(written)
    kept = len(rows) - 12
    assert rows[-1][0] == f"row{kept - 1}"
    assert f"{2000 - kept} of 2000 rows are left out here: {WHERE}." in written
    assert written.endswith("</details>\n")
    assert html(written) == ["<details><summary>More</summary>", "</details>"]


def test_what_comes_first_stays_longest() -> None:
    parts = [many(20, "one"), many(20, "two"), many(20, "three")]
    written = fitted(parts, WHERE, most=2500)
    assert len(written) <= 2500
    assert "**one**" in written
    assert "**three**" not in written
    left_out = [int(n) for n in re.findall(r"(\d+) (?:of|more)", written)]
    assert sum(left_out) == 60 - (len(cells(written)) - written.count("| --- |"))


@given(
    st.lists(st.integers(0, 60), max_size=6),
    st.integers(700, 20_000),
)
def test_it_is_never_longer_than_it_may_be(n_rows: list[int], most: int) -> None:
    written = fitted([many(n, "t") for n in n_rows], WHERE, most)
    assert len(written) <= most
    assert kinds(written) <= {
        *("paragraph_open", "paragraph_close", "inline", "text", "strong_open"),
        *("strong_close", "code_inline", "text_special"),
        *(f"{part}_{end}" for part in ("table", "thead", "tbody", "tr", "th", "td")
          for end in ("open", "close")),
    }  # fmt: skip
    shown = len(cells(written)) - written.count("| --- |")
    left_out = [int(n) for n in re.findall(r"(\d+) (?:of|more)", written)]
    assert shown + sum(left_out) == sum(n_rows)


@pytest.mark.parametrize("n", [1, 2])
def test_one_row_is_one(n: int) -> None:
    written = fitted([many(n, "t")], WHERE, most=80)
    assert ("1 more row is left out" in written) is (n == 1)
