"""Tables and lists of GitHub Markdown, which give up their last rows for want of room."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench.report.numbers import MOST_CELL_CHARACTERS, number, one_line

# Text from anyone's file must not become a link, a heading, a mention or the end of a cell.
# A backslash makes ASCII punctuation plain (CommonMark 0.31, section 2.4); a word joiner, which
# has no width, parts what GitHub finds in the finished text.


JOINER = "\u2060"
#: What starts or ends markup anywhere. Underscores inside a word do neither.
_MARKUP = re.compile(r"[\\`*\[\]<>&~$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
#: What is markup at the start of a line alone: headings, lists, rules.
_AT_START = re.compile(r"^(\d{0,9})([-+.)]|#{1,6})(?=[\s-]|$)")
#: What GitHub makes a link of: ``@name``, ``#12``, ``://``, ``www.``.
_REFERENCES = re.compile(r"@|#(?=\d)|:(?=//)|(?<=www)\.|(?<=WWW)\.|(?<=GH)-(?=\d)")


def text(value: object, most: int = MOST_CELL_CHARACTERS) -> str:
    """Return a value as Markdown that shows it as it is, in a line, a list or a cell.

    Parameters
    ----------
    most : int
        Characters of the value that are shown.

    Returns
    -------
    str
        Without escapes for ``|``, which only ends cells: `table` does that.
    """
    escaped = _MARKUP.sub(r"\\\g<0>", one_line(value, most))
    escaped = _AT_START.sub(r"\1\\\2", escaped)
    return _REFERENCES.sub(rf"\g<0>{JOINER}", escaped)


def code(value: object, most: int = MOST_CELL_CHARACTERS) -> str:
    """Return a value as inline code, between as many backticks as it takes.

    Parameters
    ----------
    most : int
        Characters of the value that are shown.

    Returns
    -------
    str
        Empty where the value is: there is no empty code.
    """
    line = one_line(value, most)
    if not line:
        return ""
    longest = max((len(run) for run in re.findall("`+", line)), default=0)
    fence = "`" * (longest + 1)
    room = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{room}{line}{room}{fence}"


# Tables and lists, which give up their last rows for want of room.


#: GitHub takes no longer comment.
MOST_CHARACTERS = 65_536
#: Sentences are shown up to so many characters.
LONG = 1000
#: For the sentences that say how many rows are left out.
ROOM = 400


def row(cells: Iterable[str]) -> str:
    """Return a row of a table.

    Parameters
    ----------
    cells : iterable of str
        Markdown; a ``|`` in it, in code too, is no end of the cell.
    """
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


@dataclass(frozen=True)
class Part:
    """A part of a comment.

    Attributes
    ----------
    before : tuple of str
        Lines that are there if the part is.
    rows : tuple of str
        Lines that may be left out from the end on.
    after : tuple of str
        Lines that close it.
    what : str
        One of its rows, for the sentence that says how many are left out.
    """

    before: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    what: str = "row"


def table(
    rows: Sequence[Mapping[str, str]], numbers: Collection[str] = (), title: str = ""
) -> Part:
    """Return a table.

    Parameters
    ----------
    rows : sequence of mapping of str to str
        Markdown, by the heading of its column.
    numbers : collection of str
        Headings of the columns of numbers, which stand to the right.
    title : str
        Markdown; a line above the table.
    """
    if not rows:
        return Part()
    above = (f"**{title}**", "") if title else ()
    rules = ["---:" if name in numbers else "---" for name in rows[0]]
    before = (*above, row(rows[0]), row(rules))
    return Part(before, tuple(row(cells.values()) for cells in rows), ("",))


def paragraph(*lines: str) -> Part:
    """Return a part that is never left out."""
    return Part(before=(*lines, ""))


def warned(sentences: Sequence[str]) -> list[Part]:
    """Return sentences in the frame that GitHub draws around warnings; no part for none."""
    lines = [f"> - {text(one, LONG)}" for one in sentences]
    return [paragraph("> [!WARNING]", *lines)] if lines else []


def bullets(items: Iterable[str], title: str, what: str = "item") -> Part:
    """Return a list under a title."""
    return Part((f"**{title}**", ""), tuple(f"- {item}" for item in items), ("",), what)


def folded(title: str, *parts: Part) -> list[Part]:
    """Return parts that GitHub shows when the title is clicked.

    Parameters
    ----------
    title : str
        HTML.
    """
    opening = (f"<details><summary>{title}</summary>", "")
    return [Part(before=opening), *parts, Part(after=("</details>", ""))]


def fitted(parts: Sequence[Part], where: str, most: int = MOST_CHARACTERS) -> str:
    """Write parts one after another, as far as they fit.

    Parameters
    ----------
    where : str
        Where all rows are to be found, for the sentence that says how many are left out.
    most : int
        Characters. What parts without rows hold is always there.

    Returns
    -------
    str
        Rows are left out from the end on; a part without any row left goes as a whole.
    """
    kept = [len(part.rows) for part in parts]
    whole = _written(parts, kept, where)
    for place in reversed(range(len(parts))):
        if len(whole) <= most:
            break
        if parts[place].rows:
            kept[place] = _fewer(parts[place], len(whole) - most + ROOM)
            whole = _written(parts, kept, where)
    return whole


def _fewer(part: Part, spare: int) -> int:
    """Return how many rows to keep so that so many characters are saved."""
    saved, n_rows = 0, len(part.rows)
    while n_rows > 0 and saved < spare:
        n_rows -= 1
        saved += len(part.rows[n_rows]) + 1
    return n_rows


def _written(parts: Sequence[Part], kept: Sequence[int], where: str) -> str:
    lines: list[str] = []
    n_gone = 0
    for part, n_rows in zip(parts, kept, strict=True):
        if part.rows and not n_rows:
            n_gone += len(part.rows)
            continue
        lines += (*part.before, *part.rows[:n_rows])
        if n_rows < len(part.rows):
            of = number(len(part.rows), part.what)
            lines += ["", f"{len(part.rows) - n_rows} of {of} are left out here: {where}."]
        lines += part.after
    if n_gone:
        rows = number(n_gone, "more row")
        lines.append(f"{rows} {'is' if n_gone == 1 else 'are'} left out here: {where}.")
    return "\n".join(lines).rstrip("\n") + "\n"
