"""What all figures have in common: how they look, and how they are written."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from bench.store.files import StoreError, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from matplotlib.figure import Figure

# Lines that can be told apart: a colour for each backend, a mark for each of its kernels.


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


# The look of all figures, and how they are written.


#: Kind of file and its metadata; without a date, equal data give equal SVG.
FORMATS: dict[str, dict[str, Any]] = {"png": {}, "svg": {"Date": None}}
STYLE: Any = {
    "axes.grid": True,
    "grid.alpha": 0.3,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "font.size": 10,
    "svg.fonttype": "none",
    "svg.hashsalt": "minibatch-bench",
}
#: Dots to the inch of a PNG.
DPI = 130
FREE_SPACE = "Free space, or name another folder."


class FigureError(StoreError):
    """Figures that can't be written; the message is one sentence."""


def save_figures(
    named: Iterable[tuple[str, Figure]], folder: Path, advice: str = FREE_SPACE
) -> list[Path]:
    """Write figures in every format.

    Parameters
    ----------
    named : iterable of (str, Figure)
        Drawn one by one, in the style of all; a name is that of the file.
    folder : Path
        Made if there is anything to draw.
    advice : str
        What to do where that fails, for the error.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    FigureError
        When the folder can't be written.
    """
    from matplotlib import rc_context  # noqa: PLC0415 - only who draws pays for it

    paths: list[Path] = []
    try:
        with rc_context(STYLE):
            for name, figure in named:
                for kind in FORMATS:
                    path = folder / f"{name}.{kind}"
                    save(figure, path, kind)
                    paths.append(path)
    except OSError as error:
        raise FigureError(
            f"the figures can't be written to {folder}: {error.strerror or error}. {advice}"
        ) from error
    return paths


def save(figure: Figure, path: Path, kind: str) -> None:
    """Write a figure; what was there stays until it is whole.

    Parameters
    ----------
    figure : Figure
    path : Path
    kind : str
        A key of ``FORMATS``.

    Raises
    ------
    OSError
        When it can't be written.
    """
    with whole(path) as part:
        figure.savefig(part, format=kind, dpi=DPI, metadata=FORMATS[kind])


def plain(device: str) -> str:
    """Return a device's name without its brackets, for a file's name."""
    return device.replace("(", "").replace(")", "")


# One figure in a file that the user names.


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
    from matplotlib import rc_context  # noqa: PLC0415 - only who draws pays for it

    kind = kind_of(path)
    try:
        with rc_context(STYLE):
            save(draw(), path, kind)
    except OSError as error:
        raise FigureError(f"{path} can't be written: {error.strerror or error}.") from error
