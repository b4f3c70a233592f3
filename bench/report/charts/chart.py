"""What a chart of the page is made of: rows, a picture of them, and what can be switched."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    Spec = dict[str, Any]

#: Digits of a number in the page; those that are shown follow from its interval.
DIGITS = 6


@dataclass(frozen=True)
class Choice:
    """A list from which the reader picks which rows are drawn.

    Attributes
    ----------
    field : str
        Of the rows.
    label : str
    options : tuple of str or float
        Values of the field.
    selected : str or float
    """

    field: str
    label: str
    options: tuple[Any, ...]
    selected: Any


@dataclass(frozen=True)
class Quantity:
    """What is drawn upwards.

    Attributes
    ----------
    label : str
        On the switch and the axis.
    value, low, high : str
        Fields of the rows: the number, and the ends of its interval (null where unknown).
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
    """One series: its name and how it looks.

    Attributes
    ----------
    name, group : str
        A kernel, and its backend.
    colour : str
    shape : str
        Of Vega's symbols.
    dash : tuple of int
    shown : bool
        From the start.
    """

    name: str
    group: str
    colour: str
    shape: str
    dash: tuple[int, ...]
    shown: bool = True


@dataclass(frozen=True)
class Chart:
    """A chart of the page.

    Attributes
    ----------
    id : str
    title : str
        What it shows, in a few words.
    caption : str
        How to read it, in a sentence or two.
    columns : mapping of str to list
        The rows, from `packed`.
    panels : tuple of dict
        Vega-Lite specifications without data, side by side. They draw ``value``, ``low`` and
        ``high`` of the chosen quantity and the rows' other fields.
    tabulated : mapping of str to str
        Fields and headings of the table of the same numbers.
    choices : tuple of Choice
    quantities : tuple of Quantity
        The first is drawn from the start.
    series : str or None
        The field whose values can be switched on and off.
    members : tuple of Member
    scales : mapping of str to str
        Channels whose axis can be switched between ``log`` and ``linear``, with a label.
    history : mapping or None
        In place of columns: every case over the runs, of which one is drawn at a time.
    """

    id: str
    title: str
    caption: str
    columns: Mapping[str, Any]
    panels: tuple[Spec, ...]
    tabulated: Mapping[str, str]
    quantities: tuple[Quantity, ...]
    choices: tuple[Choice, ...] = ()
    series: str | None = None
    members: tuple[Member, ...] = ()
    scales: Mapping[str, str] = field(default_factory=dict)
    history: Mapping[str, Any] | None = None


def packed(rows: pd.DataFrame) -> dict[str, Any]:
    """Write a table column by column, as short as JSON gets.

    Parameters
    ----------
    rows : DataFrame

    Returns
    -------
    dict
        For each column a list of numbers, of at most six digits, None where there is none;
        text as ``{"names": …, "codes": …}``, with the code -1 where there is none.
    """
    return {str(name): _column(list(rows[name])) for name in rows}


def _column(values: list[Any]) -> Any:
    if any(isinstance(value, str) for value in values):
        names = list(dict.fromkeys(value for value in values if isinstance(value, str)))
        places = {name: number for number, name in enumerate(names)}
        return {"names": names, "codes": [places.get(value, -1) for value in values]}
    return [rounded(value) for value in values]


def rounded(value: Any) -> float | int | None:
    """Round a number to `DIGITS`; None for what is none, and for what is not finite."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    if not math.isfinite(number):
        return None
    short = float(f"{number:.{DIGITS}g}")
    return int(short) if short.is_integer() and abs(short) < 10**DIGITS else short
