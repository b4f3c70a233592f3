"""The report as figures, PNG and SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.analyze.comparing.comparison import NotComparedError
from bench.report.figure_style import save_figures
from bench.report.report_figures import comparison_figures, report_figures

if TYPE_CHECKING:
    from pathlib import Path

    from bench.reporting.source import Source


def draw(found: Source, folder: Path) -> list[Path]:
    """Draw all figures that the runs have the data for.

    Parameters
    ----------
    found : Source
    folder : Path
        Made where it is not there.

    Returns
    -------
    list of Path
        The files; none where the runs have nothing to draw.

    Raises
    ------
    FigureError
        When the folder can't be written.
    NotComparedError
        When many runs share nothing.
    """
    if found.material is not None:
        named = report_figures(found.material.document, found.material.found)
    elif found.comparison is not None:
        named = comparison_figures(found.comparison, found.loaded)
    else:
        raise NotComparedError(found.why_not)
    return save_figures(named, folder)
