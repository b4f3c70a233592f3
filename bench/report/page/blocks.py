"""What a page is made of: sections of text, facts, tables and charts. All text is plain."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

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
class Column:
    """A column of a table.

    Attributes
    ----------
    number : bool
        Whether it sorts by `Cell.sort` and stands to the right.
    filtered : bool
        Whether the reader may pick one of its values.
    """

    name: str
    number: bool = False
    filtered: bool = False


def numeric(*names: str) -> tuple[Column, ...]:
    """Return columns of numbers."""
    return tuple(Column(name, number=True) for name in names)


def filtered(*names: str) -> tuple[Column, ...]:
    """Return columns of which the reader may pick a value."""
    return tuple(Column(name, filtered=True) for name in names)


@dataclass(frozen=True)
class Cell:
    """A cell of a table.

    Attributes
    ----------
    sort : float or None
        What it sorts by, in a column of numbers; None is last whichever way.
    """

    text: str
    sort: float | None = None

    @property
    def key(self) -> float | None:
        """What it sorts by; None for what is no finite number."""
        return None if self.sort is None or not math.isfinite(self.sort) else self.sort


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes
    ----------
    caption : str
        What it holds, for those who come to it first.
    columns : tuple of Column
        The first heads its row.
    sortable : bool
        Whether the reader may sort it, and search and filter where it is long.
    folded : bool
        Whether the reader has to open it.
    """

    id: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    sortable: bool = False
    folded: bool = False

    def options(self, column: int) -> list[str]:
        """Return the values of a column that may be picked, in the order of their names."""
        return sorted({row[column].text for row in self.rows} - {""})


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
    where : str
        Workload and device.
    sentences : tuple of str
        Two.
    sureness : str
        How sure that is, in a sentence.
    level : {'good', 'fair', 'poor'}
    scale : str
        What the bars show.
    """

    where: str
    sentences: tuple[str, ...]
    sureness: str
    level: str
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
    made_by : str
        The command and version that made it.
    """

    title: str
    subtitle: str
    sections: Sequence[Section]
    made_by: str
