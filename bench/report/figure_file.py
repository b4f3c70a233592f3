"""Writes one figure into a file that the user names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib import rc_context

from bench.report.figure_style import FORMATS, STYLE, FigureError, save

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from matplotlib.figure import Figure


def kind_of(path: Path) -> str:
    """Return which kind of file a figure is to be.

    Parameters
    ----------
    path : Path

    Returns
    -------
    str
        A key of ``FORMATS``.

    Raises
    ------
    FigureError
        When its name has no suffix of one.
    """
    kind = path.suffix.lstrip(".").lower()
    if kind not in FORMATS:
        raise FigureError(
            f"{path.name}: the figure's name has to end in .{' or .'.join(FORMATS)}."
        )
    return kind


def write_figure(draw: Callable[[], Figure], path: Path) -> None:
    """Draw a figure in the style of all the others, and write it.

    Parameters
    ----------
    draw : callable
    path : Path
        Its folder is made where it is not there.

    Raises
    ------
    FigureError
        When it has another suffix or can't be written.
    """
    kind = kind_of(path)
    try:
        with rc_context(STYLE):
            save(draw(), path, kind)
    except OSError as error:
        raise FigureError(f"{path} can't be written: {error.strerror or error}.") from error
