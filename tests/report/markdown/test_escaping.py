from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bench.report.markdown.elements import JOINER, code, table, text
from bench.report.numbers import one_line
from tests.report.markdown.rendered import cells, html, kinds, shown

if TYPE_CHECKING:
    from collections.abc import Callable

PIECES = [
    *"\\`*_{}[]()<>#+-.!|&~@:$=\"'\n\r\t\x00 aB1",
    *("www.", "http://", "![", "](", "<b>", "&lt;", "&#x40;", "--", "| |", "1. "),
    *("\u2028", "\u202e", "\ud800", "</details>"),
]
#: Any text, and texts made of what means something in Markdown.
ANY = st.text(max_size=60) | st.lists(
    st.sampled_from(PIECES),
    max_size=25,
).map("".join)
NASTY = (
    "![x](http://evil/x.png)",
    "[x](javascript:alert(1))",
    "<script>alert(1)</script>",
    "</summary></details><img src=x>",
    "<https://evil.example>",
    "a | b \\| c \\\\| d `|` e",
    "`code` ``more`` *em* **strong** _em_ ~~struck~~",
    "# heading",
    "- item",
    "1. item",
    "> quote",
    "---",
    "&lt;b&gt; &amp; &copy;",
    "trailing \\",
    "line\nbreak\r\n\n    code",
    "[^1]: note",
    "- [ ] task",
    "$x^2$",
)
ONLY_TEXT = {"paragraph_open", "paragraph_close", "inline", "text", "text_special"}
ONLY_CODE = {"paragraph_open", "paragraph_close", "inline", "code_inline"}


def seen(value: str) -> str:
    """Return what a reader should see of a value."""
    return one_line(value)


def nasty(test: Callable[[str], None]) -> Callable[[str], None]:
    """Try every one of the nasty texts too."""
    for one in NASTY:
        test = example(one)(test)
    return test


@nasty
@given(ANY)
def test_text_is_shown_as_it_is_and_does_nothing(value: str) -> None:
    written = text(value)
    assert kinds(written) <= ONLY_TEXT
    assert shown(written).replace(JOINER, "") == seen(value)


@nasty
@given(ANY)
def test_text_in_a_list_or_a_quote_is_still_text(value: str) -> None:
    for before in ("- ", "> - ", "**", "### "):
        written = f"{before}a {text(value)}{'**' if before == '**' else ''}"
        assert not kinds(written) & {"link_open", "image", "html_inline", "html_block"}
    assert shown(f"- {text(value)}").replace(JOINER, "") == seen(value)


@nasty
@given(ANY)
def test_code_is_shown_as_it_is_and_does_nothing(value: str) -> None:
    written = code(value)
    assert kinds(written) <= ONLY_CODE
    assert shown(written) == seen(value)


@nasty
@given(ANY)
def test_a_cell_stays_one_cell(value: str) -> None:
    part = table([{"one": text(value), "two": code(value), "three": "last"}])
    written = "\n".join([*part.before, *part.rows])
    rows = cells(written)
    assert [len(one) for one in rows] == [3, 3]
    assert html(written) == []
    assert rows[1][0].replace(JOINER, "") == seen(value)
    assert rows[1][2] == "last"


@pytest.mark.parametrize(
    ("value", "never"),
    [
        ("@someone/team and a@b.example", r"@\w"),
        ("see #12 and org/repo#7", r"#\d"),
        ("GH-3", r"GH-\d"),
        ("https://evil.example", r"://"),
        ("www.evil.example", r"www\.\w"),
    ],
)
def test_what_github_finds_in_finished_text_is_parted(value: str, never: str) -> None:
    written = text(value)
    assert not re.search(never, shown(written))
    assert shown(written).replace(JOINER, "") == value


def test_names_that_need_no_escape_have_none() -> None:
    for value in ("nd.sgd_update", "0.7.1", "cpu(0)", "-5%", "a #b", "2026-11-22 19:01"):
        assert text(value) == value
    assert text("-") == "\\-"
    assert code("nd.sgd_update") == "`nd.sgd_update`"
    assert code("") == ""


def test_long_texts_are_cut() -> None:
    assert len(one_line("x" * 10_000)) == 300
    assert one_line("x" * 301).endswith("x…")
    assert one_line("x" * 300) == "x" * 300
    assert len(shown(text("*" * 10_000, 50))) == 50
