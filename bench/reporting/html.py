"""The report as one HTML file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.report.page.foreign_run import foreign_run
from bench.report.page.history_section import many_runs
from bench.report.page.one_run import one_run
from bench.report.page.rendering import render
from bench.report.page.several_runs import several_runs
from bench.report.page.vega import Ahead
from bench.reporting.histories import histories
from bench.verdict_settings import margins

if TYPE_CHECKING:
    from bench.report.page.blocks import Page
    from bench.reporting.source import Source


def html(found: Source) -> str:
    """Write the page.

    Parameters
    ----------
    found : Source

    Returns
    -------
    str

    Raises
    ------
    SelectionError
        When the margins of ``pyproject.toml`` can't be read; of several runs.
    """
    vega = Ahead()
    try:
        return render(page(found), vega.script)
    finally:
        vega.give_up()


def page(found: Source) -> Page:
    """Make the page that suits what was asked for."""
    if found.material is not None:
        return (foreign_run if found.foreign else one_run)(found.material)
    over_time = histories(found.loaded, margins())
    if found.comparison is not None and not found.many:
        return several_runs(found.comparison, found.loaded, over_time.found)
    return many_runs(found.loaded, found.warnings, over_time.found, any_node=over_time.any_node)
