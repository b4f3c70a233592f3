"""What all figures have in common: how they look, and how they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.whole_file import whole

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from matplotlib.figure import Figure

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


class FigureError(Exception):
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
