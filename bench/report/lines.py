"""Lines that can be told apart: a colour for each backend, a mark for each of its kernels."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Okabe & Ito's palette, told apart by colour-blind readers too.
COLOURS = ("#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*", "h", "d", "p", "8")
DASHES = ("-", "--", ":", "-.")


def line_styles(kernels: Iterable[tuple[str, str]]) -> dict[str, dict[str, Any]]:
    """Give each kernel a style of its own.

    Parameters
    ----------
    kernels : iterable of tuple of str
        Names and backends.

    Returns
    -------
    dict of str to dict
        Keyword arguments of matplotlib's ``plot``. Kernels of a backend share a colour and
        differ in their mark; the seven colours suffice for seven backends, beyond that
        they come again with other dashes.
    """
    styles, backends, members = {}, {}, {}
    numbers = count()
    for kernel, backend in kernels:
        if backend not in backends:
            backends[backend] = next(numbers)
            members[backend] = count()
        number = backends[backend]
        again, member = divmod(next(members[backend]), len(MARKERS))
        styles[kernel] = {
            "color": COLOURS[number % len(COLOURS)],
            "marker": MARKERS[member],
            "linestyle": DASHES[(number // len(COLOURS) + again) % len(DASHES)],
            "markersize": 4,
            "linewidth": 1.2,
        }
    return styles
