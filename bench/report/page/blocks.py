"""What a page is made of: sections of text, facts, tables and charts. All text is plain."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, Literal

from bench.report.advice_text import Headline
from bench.report.charts.chart import Chart


@dataclass(frozen=True)
class Prose:
    """A paragraph.

    Attributes
    ----------
    kind : {'text', 'note', 'warning', 'command'}
        A note is small; a warning stands out; a command is to be typed.
    """

    text: str
    kind: Literal["text", "note", "warning", "command"] = "text"


@dataclass(frozen=True)
class Facts:
    """Names and what there is to know of each.

    Attributes
    ----------
    title : str
        Empty for none.
    folded : bool
        Whether the reader has to open it.
    """

    pairs: tuple[tuple[str, str], ...]
    title: str = ""
    folded: bool = False


@dataclass(frozen=True)
class Pick:
    """A cell of a column of which the reader may pick a value."""

    text: str

    def __str__(self) -> str:
        """Return what is shown."""
        return self.text


@dataclass(frozen=True)
class Number:
    """A cell of a column of numbers, which stands to the right.

    Attributes
    ----------
    sort : float or None
        What it sorts by; None is last whichever way.
    """

    text: str = "–"
    sort: float | None = None

    def __str__(self) -> str:
        """Return what is shown."""
        return self.text

    @property
    def key(self) -> float | None:
        """What it sorts by; None for what is no finite number."""
        return None if self.sort is None or not math.isfinite(self.sort) else self.sort


def whole(n: int) -> Number:
    """Return a cell with a whole number."""
    return Number(str(n), float(n))


def known(value: Any, write: Callable[[float], str], otherwise: str = "–") -> Number:
    """Return a cell with a number, where the value is one."""
    if not isinstance(value, Real) or math.isnan(value):
        return Number(otherwise)
    return Number(write(float(value)), float(value))


#: By the heading of its column, which holds the same kind of cell in every row.
Row = Mapping[str, str | Pick | Number]


@dataclass(frozen=True)
class Table:
    """A table; without rows it is not shown.

    Attributes
    ----------
    caption : str
        What it holds, for those who come to it first.
    rows : sequence of Row
        The first column heads its row.
    sortable : bool
        Whether the reader may sort it, and search and filter where it is long.
    folded : bool
        Whether the reader has to open it.
    """

    id: str
    caption: str
    rows: Sequence[Row]
    sortable: bool = True
    folded: bool = False

    @property
    def options(self) -> dict[int, tuple[str, list[str]]]:
        """The columns of which a value may be picked: heading and values, by their place."""
        return {
            place: (name, sorted({str(row[name]) for row in self.rows} - {""}))
            for place, (name, first) in enumerate(self.rows[0].items())
            if isinstance(first, Pick)
        }


@dataclass(frozen=True)
class Bar:
    """One of the things that an answer puts side by side.

    Attributes
    ----------
    name, text, note : str
        What it is, its number with a unit, and what stands behind it.
    at, low, high : float
        Where the number and its interval lie on the scale, from 0 to 100.
    """

    name: str
    text: str
    note: str
    at: float
    low: float
    high: float
    best: bool


@dataclass(frozen=True)
class Answer:
    """The answer, as large as its certainty allows.

    Attributes
    ----------
    scale : str
        What the bars show.
    """

    headline: Headline
    scale: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Trust:
    """Whether a run can be trusted.

    Attributes
    ----------
    level : {'good', 'fair', 'poor', 'unknown'}
    reasons : tuple of str
        What speaks for it and against it, with numbers.
    """

    level: str
    sentence: str
    reasons: tuple[str, ...]


#: What a section may hold.
Block = Prose | Facts | Table | Answer | Trust | Chart


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Attributes
    ----------
    id : str
        What links go to.
    blocks : sequence of block
        Empty ones are not shown; a section without blocks says so by a `Prose`.
    """

    id: str
    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Page:
    """A whole page.

    Attributes
    ----------
    subtitle : str
        One line of what was run on what.
    made_from : str
        The files.
    """

    title: str
    subtitle: str
    sections: Sequence[Section]
    made_from: str
