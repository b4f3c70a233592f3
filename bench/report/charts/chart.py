"""What a chart is: rows, and what is drawn of them. ``vega`` and ``static`` draw it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

# What can be chosen of a chart, and what its colours and shapes stand for.


class NothingToDrawError(ValueError):
    """A chart without points; the message is the reason, a sentence."""


@dataclass(frozen=True)
class Choice:
    """A field of the rows, of which one value is drawn at a time."""

    field: str
    label: str
    options: tuple[Any, ...]
    selected: Any


@dataclass(frozen=True)
class Quantity:
    """What is drawn along the axis of the field ``value``.

    Attributes
    ----------
    value, low, high : str
        Fields of the rows: the number, and the ends of its interval (empty for none).
    unit : str
        Behind the prefix; empty for a plain number.
    log : bool
        Whether a logarithmic axis suits it.
    prefixed : bool
        Whether it is written with prefixes, such as k and µ.
    """

    label: str
    value: str
    low: str
    high: str
    unit: str
    log: bool = True
    prefixed: bool = True


@dataclass(frozen=True)
class Member:
    """A name and how it looks.

    Attributes
    ----------
    group : str
        Of a kernel, its backend.
    shape : str
        By Vega's names.
    dash : tuple of int
        Pixels with and without ink, in turn.
    shown : bool
        From the start.
    """

    name: str
    group: str
    colour: str
    shape: str = "circle"
    dash: tuple[int, ...] = (1, 0)
    shown: bool = True


@dataclass(frozen=True)
class Key:
    """What colours, shapes and dashes stand for.

    Attributes
    ----------
    members : tuple of Member
        None for numbers: these have shades, by their order.
    title : str
        Of the legend.
    switched : bool
        Whether the reader of a page can switch members on and off.
    prefixed : bool
        Whether numbers are written with prefixes.
    """

    field: str
    members: tuple[Member, ...] = ()
    title: str = ""
    switched: bool = False
    prefixed: bool = False


# A picture: axes, and layers from the bottom to the top.


@dataclass(frozen=True)
class Only:
    """Which rows a layer draws.

    Attributes
    ----------
    among : tuple
        Values of the field; empty for whatever is known.
    """

    field: str
    among: tuple[Any, ...] = ()

    def of(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return the rows that are drawn."""
        column = rows[self.field]
        kept: pd.DataFrame = rows[column.isin(self.among) if self.among else column.notna()]
        return kept


@dataclass(frozen=True)
class Axis:
    """What lies along an axis.

    Attributes
    ----------
    field : str
        ``value`` is that of the chosen quantity, which also gives label, unit and scale.
    kind : str
        ``stack`` puts numbers end to end; ``names`` go from top to bottom.
    zero : bool
        Whether a linear axis begins at zero.
    unit : str or None
        Behind the prefixes; None for plain numbers.
    order : str
        The field that names are ordered by.
    noisy : bool
        Whether numbers below the width of their interval can't be told from zero.
    """

    field: str = "value"
    title: str = ""
    kind: Literal["number", "stack", "names", "time"] = "number"
    log: bool = True
    zero: bool = False
    unit: str | None = None
    order: str = ""
    descending: bool = False
    noisy: bool = False


@dataclass(frozen=True)
class Crowd:
    """Points that shrink where there are many, but for those that stand out."""

    most: int
    size: float
    but: Only


COLOUR, SHAPE, DASH = "color", "shape", "strokeDash"


@dataclass(frozen=True)
class Layer:
    """What is drawn of each row, or of each member's rows.

    Attributes
    ----------
    mark : str
        An ``interval`` goes from ``x`` to ``x2`` or from ``y`` to ``y2``; a ``span`` from the
        least to the greatest value of a name; a ``rule`` from edge to edge.
    x, y, x2, y2 : str
        Fields, where they are not those of the axes.
    by : tuple of str
        What tells members apart: ``COLOUR``, ``SHAPE``, ``DASH``.
    tooltip : mapping of str to str
        Fields under the pointer, with their headings.
    size : float or None
        Square pixels of a point, pixels of a line.
    across : {'', 'x', 'y'}
        The axis at whose value a rule, or its text, stands.
    at : float or None
        That value, where no field tells it.
    text : str
        Field.
    group : str
        The field that tells lines apart that have no member.
    order : str
        The field that parts of a bar are ordered by.
    """

    mark: Literal["line", "point", "ring", "interval", "span", "area", "bar", "rule", "text"]
    x: str = ""
    y: str = ""
    x2: str = ""
    y2: str = ""
    by: tuple[str, ...] = ()
    only: Only | None = None
    tooltip: Mapping[str, str] = field(default_factory=dict)
    size: float | None = None
    opacity: float | None = None
    colour: str = ""
    dash: tuple[int, ...] = ()
    across: Literal["", "x", "y"] = ""
    at: float | None = None
    text: str = ""
    group: str = ""
    order: str = ""
    crowd: Crowd | None = None


@dataclass(frozen=True)
class Panel:
    """A picture.

    Attributes
    ----------
    description : str
        What a screen reader says of it.
    """

    description: str
    x: Axis
    y: Axis
    layers: tuple[Layer, ...]


@dataclass(frozen=True)
class Chart:
    """A chart.

    Attributes
    ----------
    title : str
        What it shows, in a few words.
    caption : str
        How to read it, in a sentence or two.
    panels : tuple of Panel
        Side by side.
    tabulated : mapping of str to str
        Fields and headings of the table of the same numbers.
    quantities : tuple of Quantity
        The first is drawn from the start.
    scales : mapping of str to str
        Axes that can be switched between ``log`` and ``linear``, with a label.
    history : mapping or None
        In place of rows: every case over the runs, of which one is drawn at a time.
    """

    id: str
    title: str
    caption: str
    rows: pd.DataFrame
    panels: tuple[Panel, ...]
    tabulated: Mapping[str, str]
    quantities: tuple[Quantity, ...]
    choices: tuple[Choice, ...] = ()
    key: Key | None = None
    scales: Mapping[str, str] = field(default_factory=dict)
    history: Mapping[str, Any] | None = None

    @property
    def series(self) -> str | None:
        """The field whose values can be switched on and off."""
        return self.key.field if self.key and self.key.switched else None

    @property
    def members(self) -> tuple[Member, ...]:
        """What can be switched on and off."""
        return self.key.members if self.key and self.key.switched else ()

    def drawn(
        self, quantity: Quantity, picked: Mapping[str, Any] | None = None
    ) -> pd.DataFrame:
        """Return the rows in which the fields have these values, where the number is known.

        Parameters
        ----------
        picked : mapping or None
            By default what is selected from the start.

        Returns
        -------
        DataFrame
            With ``value``, ``low`` and ``high``.
        """
        rows = self.rows
        if picked is None:
            picked = {choice.field: choice.selected for choice in self.choices}
        for name, value in picked.items():
            rows = rows[rows[name] == value]
        ends = {"value": quantity.value, "low": quantity.low, "high": quantity.high}
        numbers = {
            name: rows[source].astype(float) if source else np.nan
            for name, source in ends.items()
        }
        drawn: pd.DataFrame = rows.assign(**numbers).dropna(subset="value")
        return drawn


# Looks of members: Okabe & Ito's palette, told apart by colour-blind readers too.


COLOURS = ("#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
SHAPES = (
    *("circle", "square", "diamond", "triangle-up", "triangle-down", "cross"),
    *("triangle-right", "triangle-left"),
)
DASHES: tuple[tuple[int, ...], ...] = ((1, 0), (6, 3), (2, 2), (8, 2, 2, 2))
#: Viridis at 16 places, a fifteenth of it apart.
VIRIDIS = (
    *("#440154", "#481a6c", "#472f7d", "#414487", "#39568c", "#31688e", "#2a788e", "#23888e"),
    *("#1f988b", "#22a884", "#35b779", "#54c568", "#7ad151", "#a5db36", "#d2e21b", "#fde725"),
)


def members(
    series: Iterable[tuple[str, str]], shown: Collection[str] | None = None
) -> tuple[Member, ...]:
    """Give every series a look of its own.

    Parameters
    ----------
    series : iterable of (str, str)
        Names with their groups; a group has a colour, a member of it a shape, and once the
        shapes are used up another dash.
    shown : collection of str or None
        Names that are drawn from the start; None for all.

    Returns
    -------
    tuple of Member
        Group by group.
    """
    groups: dict[str, list[str]] = {}
    for name, group in dict.fromkeys(series):
        groups.setdefault(group, []).append(name)
    return tuple(
        Member(
            name,
            group,
            COLOURS[number % len(COLOURS)],
            SHAPES[place % len(SHAPES)],
            DASHES[(place // len(SHAPES) + number // len(COLOURS)) % len(DASHES)],
            shown is None or name in shown,
        )
        for number, (group, names) in enumerate(groups.items())
        for place, name in enumerate(names)
    )


def kernels(rows: pd.DataFrame, shown: Collection[str] | None = None) -> Key:
    """Return the key of a chart with a series a kernel, which can be switched off.

    Parameters
    ----------
    rows : DataFrame
        With ``kernel`` and ``backend``.
    shown : collection of str or None
        As in `members`.
    """
    pairs = zip(rows["kernel"], rows["backend"].astype(str), strict=True)
    return Key("kernel", members(pairs, shown), switched=True)


def single(names: Sequence[str]) -> tuple[Member, ...]:
    """Give every series a colour of its own, in no group; once they are used up, a shape."""
    places = (divmod(n, len(COLOURS)) for n in range(len(names)))
    return tuple(
        Member(name, "", COLOURS[n], SHAPES[again % len(SHAPES)], DASHES[again % len(DASHES)])
        for name, (again, n) in zip(names, places, strict=True)
    )


def shades(places: Sequence[float]) -> list[str]:
    """Return the colours at some places of viridis, from 0 to 1."""
    at = np.multiply(places, len(VIRIDIS) - 1)
    parts = [[int(shade[n : n + 2], 16) for shade in VIRIDIS] for n in (1, 3, 5)]
    mixed = [np.interp(at, range(len(VIRIDIS)), part).round().astype(int) for part in parts]
    return [f"#{r:02x}{g:02x}{b:02x}" for r, g, b in zip(*mixed, strict=True)]


def ordered(names: Sequence[str], shown: Collection[str] | None = None) -> tuple[Member, ...]:
    """Give series that ascend the shades of a scale."""
    colours = shades([n / max(len(names) - 1, 1) for n in range(len(names))])
    return tuple(
        Member(name, "", colour, shown=shown is None or name in shown)
        for name, colour in zip(names, colours, strict=True)
    )


# Parts of several charts.


BATCH_SIZE = "batch size (samples)"
#: What tells the groups of lines apart, and how the page calls it.
PICKED = {"workload": "Workload", "device": "Device", "loader": "Batches from"}
#: How the page calls what is picked, and what is picked first where it is there.
LABELS = {**PICKED, "side": "Against the baseline", "question": "Question"}
FIRST = {"inmemory", "epoch"}
BOTH_SCALES = {"x": "Horizontal axis", "y": "Vertical axis"}
#: The chosen quantity upwards, and batch sizes along.
UPWARDS, SIZES = Axis(unit=""), Axis("batch_size", BATCH_SIZE)
INTERVAL = Layer("interval", y="low", y2="high", by=(COLOUR,), size=1.5, opacity=0.55)
LEVEL = Layer("interval", x="low", x2="high", by=(COLOUR,), size=1.5, opacity=0.55)
LINE = Layer("line", by=(COLOUR, DASH), size=1.4, opacity=0.85)


def points(
    tooltip: Mapping[str, str], size: float = 46, opacity: float = 1, **more: Any
) -> Layer:
    """Return a layer of points that tell these fields under the pointer."""
    return Layer(
        "point", tooltip=tooltip, size=size, opacity=opacity, **{"by": (COLOUR, SHAPE), **more}
    )


def lines(x: Axis, tooltip: Mapping[str, str], description: str, y: Axis = UPWARDS) -> Panel:
    """Draw a line with points and intervals for each member."""
    return Panel(description, x, y, (INTERVAL, LINE, points(tooltip)))


def picks(rows: pd.DataFrame, fields: Collection[str] = tuple(PICKED)) -> tuple[Choice, ...]:
    """Return what to pick from: what all lines share at a time.

    Returns
    -------
    tuple of Choice
        One of `FIRST` is picked first, and else what comes first; a field of one value is no
        choice.
    """
    found = []
    for name in fields:
        options = tuple(dict.fromkeys(str(value) for value in rows[name]))
        if len(options) > 1:
            first = next((one for one in options if one in FIRST), options[0])
            found.append(Choice(name, LABELS.get(name, name), options, first))
    return tuple(found)
