"""What a Markdown parser makes of a text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.token import Token

#: Tokens that only our own Markdown makes.
PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def tokens(markdown: str) -> Iterator[Token]:
    """Yield all tokens, those within lines too."""
    for token in PARSER.parse(markdown):
        yield token
        yield from token.children or ()


def kinds(markdown: str) -> set[str]:
    """Return which kinds of tokens there are."""
    return {token.type for token in tokens(markdown)}


def shown(markdown: str) -> str:
    """Return the text that a reader sees, a line for each block."""
    return "\n".join(
        "".join(child.content for child in token.children or ())
        for token in PARSER.parse(markdown)
        if token.type == "inline"
    )


def prose(markdown: str) -> str:
    """Return the text that is no code: what GitHub looks for mentions in."""
    return "\n".join(token.content for token in tokens(markdown) if token.type == "text")


def cells(markdown: str) -> list[list[str]]:
    """Return the text of every cell of every table, row by row."""
    rows: list[list[str]] = []
    inside = False
    for token in PARSER.parse(markdown):
        if token.type == "tr_open":
            rows.append([])
        if token.type in {"td_open", "th_open", "td_close", "th_close"}:
            inside = token.type.endswith("open")
        if inside and token.type == "inline":
            rows[-1].append("".join(child.content for child in token.children or ()))
    return rows


def html(markdown: str) -> list[str]:
    """Return all HTML that a reader's browser would get as such."""
    return [
        line
        for token in tokens(markdown)
        if token.type in {"html_block", "html_inline"}
        for line in token.content.splitlines()
        if line
    ]
