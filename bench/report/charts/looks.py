"""How the series of the page's charts look: colours as in the figures, Vega's own shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib import colormaps
from matplotlib.colors import to_hex

from bench.report.charts.chart import Member
from bench.report.lines import COLOURS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from bench.report.charts.chart import Spec

SHAPES = (
    *("circle", "square", "diamond", "triangle-up", "triangle-down", "cross"),
    *("triangle-right", "triangle-left"),
)
DASHES: tuple[tuple[int, ...], ...] = ((1, 0), (6, 3), (2, 2), (8, 2, 2, 2))


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
    for name, group in series:
        own = groups.setdefault(group, [])
        if name not in own:
            own.append(name)
    return tuple(
        Member(
            name=name,
            group=group,
            colour=COLOURS[number % len(COLOURS)],
            shape=SHAPES[place % len(SHAPES)],
            dash=DASHES[(place // len(SHAPES) + number // len(COLOURS)) % len(DASHES)],
            shown=shown is None or name in shown,
        )
        for number, (group, names) in enumerate(groups.items())
        for place, name in enumerate(names)
    )


def single(names: Sequence[str]) -> tuple[Member, ...]:
    """Give every series a colour of its own, in no group."""
    return tuple(
        Member(name, "", COLOURS[place % len(COLOURS)], "circle", DASHES[0])
        for place, name in enumerate(names)
    )


def ordered(names: Sequence[str], shown: Collection[str] | None = None) -> tuple[Member, ...]:
    """Give series that have an order the shades of a scale.

    Parameters
    ----------
    names : sequence of str
        Ascending.
    shown : collection of str or None
        Names that are drawn from the start; None for all.
    """
    shades = colormaps["viridis"].resampled(max(len(names), 2))
    return tuple(
        Member(
            name=name,
            group="",
            colour=to_hex(shades(place)),
            shape="circle",
            dash=DASHES[0],
            shown=shown is None or name in shown,
        )
        for place, name in enumerate(names)
    )


def encoded(field: str, looks: tuple[Member, ...]) -> dict[str, Spec]:
    """Return the encoding of colour and shape for a field whose values have these looks."""
    domain = [one.name for one in looks]

    def channel(key: str) -> Spec:
        scale = {"domain": domain, "range": [getattr(one, key) for one in looks]}
        return {"field": field, "type": "nominal", "scale": scale, "legend": None}

    return {"color": channel("colour"), "shape": channel("shape")}


def dashes(field: str, looks: tuple[Member, ...]) -> Spec:
    """Return the encoding of the dashes of lines."""
    scale = {"domain": [one.name for one in looks], "range": [list(one.dash) for one in looks]}
    return {"field": field, "type": "nominal", "scale": scale, "legend": None}
