"""The page about one run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.report.page.answer_section import answer_section
from bench.report.page.blocks import Page
from bench.report.page.cases_section import cases_section, skipped_section
from bench.report.page.efficiency_sections import (
    memory_section,
    phases_section,
    roofline_section,
)
from bench.report.page.machine_section import machine_section, method_section
from bench.report.page.run_section import run_section, subtitle
from bench.report.page.target_section import target_section
from bench.report.page.training_sections import ladder_section, loss_section, speed_section

if TYPE_CHECKING:
    from bench.report.page.material import Material

#: In the order in which a reader asks.
SECTIONS = (
    run_section,
    answer_section,
    ladder_section,
    speed_section,
    loss_section,
    target_section,
    phases_section,
    roofline_section,
    memory_section,
    cases_section,
    skipped_section,
    machine_section,
    method_section,
)


def one_run(material: Material) -> Page:
    """Make the page.

    Parameters
    ----------
    material : Material
        A run of this suite.

    Returns
    -------
    Page
    """
    return Page(
        title="Mini-batch SGD: which way of training is fastest here",
        subtitle=subtitle(material.document),
        sections=[section(material) for section in SECTIONS],
        made_by=f"Made by python -m bench report from {material.name}; every number on this "
        f"page is in that file.",
    )
