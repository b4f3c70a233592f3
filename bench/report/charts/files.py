"""How figures are written, as PNG and SVG, and what look they share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.store.files import StoreError, whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# The look of all figures, and how they are written.


#: Kind of file and its metadata; without a date, equal data give equal SVG.
FORMATS: dict[str, dict[str, Any]] = {"png": {}, "svg": {"Date": None}}
STYLE: Any = {
    "axes.axisbelow": True,
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


@dataclass(frozen=True)
class Saved:
    """Files of figures, and for each kind of figure that was left out the reason why."""

    paths: list[Path]
    left_out: dict[str, str]


def save_figures(
    named: Iterable[tuple[str, Figure | str]], folder: Path, advice: str = FREE_SPACE
) -> Saved:
    """Write figures in every format.

    Parameters
    ----------
    named : iterable of (str, Figure or str)
        Drawn one by one, in the style of all; a name is that of the file. A text says why
        there is no such figure.
    folder : Path
        Made if there is anything to draw.
    advice : str
        What to do where that fails, for the error.

    Raises
    ------
    FigureError
        When the folder can't be written.
    """
    from matplotlib import rc_context  # noqa: PLC0415 - only who draws pays for it

    saved = Saved([], {})
    try:
        with rc_context(STYLE):
            for name, figure in named:
                if isinstance(figure, str):
                    saved.left_out[name] = figure
                    continue
                for kind in FORMATS:
                    path = folder / f"{name}.{kind}"
                    save(figure, path, kind)
                    saved.paths.append(path)
    except OSError as error:
        raise FigureError(
            f"the figures can't be written to {folder}: {error.strerror or error}. {advice}"
        ) from error
    return saved


def save(figure: Figure, path: Path, kind: str) -> None:
    """Write a figure of a kind of ``FORMATS``; what was there stays until it is whole.

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
    """Return which kind of ``FORMATS`` a file is to be.

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
    """Draw a figure in the style of all the others, and write it, its folder too.

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
