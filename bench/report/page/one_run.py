"""The page about one run, and what its sections are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from bench.advise.answer import KernelAnswer
from bench.advise.contenders import Ranking, fair, rankings
from bench.advise.findings import Counted, Found
from bench.report.advice_text import TEXTBOOK, Headline, headline
from bench.report.page import measured_sections
from bench.report.page.blocks import Page
from bench.report.page.cases_section import answer_section, cases_section, skipped_section
from bench.report.page.machine_section import machine_section, method_section
from bench.report.page.run_section import run_section, subtitle
from bench.stats.fits import RefusalError
from bench.store import tidy
from bench.store.trust import Trusted, trusted

# What the sections about one run are made from.


#: Older runs do not tell all of these.
SHOWN_OF_EPOCHS = ("backend", "n_samples", "loss_by_epoch", "loss_optimum", "phases", "saves")
#: Kernels that charts draw from the start: the textbook's, and the fastest of every backend.
ALWAYS_SHOWN = (TEXTBOOK, "gluon.trainer")


@dataclass(frozen=True)
class Material:
    """A run and what is found in it.

    Attributes
    ----------
    document : mapping
        The run file.
    name : str
        Of the file.
    found : Found or None
        Batch sizes and steps to the target; None where they were not asked for.
    not_found : str
        Why there are none.
    """

    document: Mapping[str, Any]
    name: str
    found: Found | None = None
    not_found: str = ""

    @cached_property
    def table(self) -> pd.DataFrame:
        """Every case, with its interval."""
        return tidy.interval_frame(self.document)

    @cached_property
    def epochs(self) -> pd.DataFrame:
        """The epochs of trainings, with a column for all that is shown of them."""
        rows = tidy.of_case(self.table, "epoch")
        missing = [name for name in SHOWN_OF_EPOCHS if name not in rows]
        rows = rows.reindex(columns=[*rows, *missing])
        with_all: pd.DataFrame = rows.assign(backend=rows["backend"].fillna("").astype(str))
        return with_all

    @cached_property
    def trusted(self) -> Trusted:
        """How far the run can be trusted."""
        return trusted(self.document)

    @property
    def answers(self) -> tuple[KernelAnswer, ...]:
        """The best batch size of every kernel."""
        return () if self.found is None else self.found.answers

    @cached_property
    def headlines(self) -> tuple[Headline, ...]:
        """The answers that come first, one for a workload and device."""
        if self.epochs.empty:
            return ()
        found = rankings(self.epochs, self.answers, self.trusted.n_processes)
        return tuple(self._headline(contest) for contest in found)

    def _headline(self, contest: Ranking) -> Headline:
        for number, one in enumerate(self.answers):
            subject = one.subject
            if (subject.workload, subject.device, subject.kernel) == (
                contest.workload,
                contest.device,
                contest.winner.kernel,
            ):
                known = self._counted(number)
                fit = (
                    None if known is None or isinstance(known.fit, RefusalError) else known.fit
                )
                tolerance = None if known is None else known.conditions.tolerance
                return headline(contest, one, fit, tolerance)
        return headline(contest, None, None, None)

    def _counted(self, number: int) -> Counted | None:
        """Return the steps that an answer rests on."""
        assert self.found is not None  # noqa: S101 - it has an answer
        one, conditions = self.found.answers[number], self.found.conditions[number]
        return self.found.counted.get((one.subject.workload, conditions))

    @cached_property
    def shown(self) -> frozenset[str]:
        """The kernels that charts draw from the start."""
        rows = fair(self.epochs)
        if rows.empty:
            return frozenset(str(kernel) for kernel in self.table.get("kernel", ()))
        rows = rows.assign(kernel=rows["kernel"].astype(str))
        best = rows.sort_values("seconds").drop_duplicates("backend")["kernel"]
        always = [kernel for kernel in ALWAYS_SHOWN if (rows["kernel"] == kernel).any()]
        return frozenset([*best, *always])


# The page about one run.


#: In the order in which a reader asks.
SECTIONS = (
    run_section,
    answer_section,
    measured_sections.ladder_section,
    measured_sections.speed_section,
    measured_sections.loss_section,
    measured_sections.target_section,
    measured_sections.phases_section,
    measured_sections.roofline_section,
    measured_sections.memory_section,
    cases_section,
    skipped_section,
    machine_section,
    method_section,
)


def one_run_page(material: Material) -> Page:
    """Make the page.

    Parameters
    ----------
    material : Material
        A run of this suite.
    """
    return Page(
        title="Mini-batch SGD: which way of training is fastest here",
        subtitle=subtitle(material.document),
        sections=[section(material) for section in SECTIONS],
        made_by=f"Made by python -m bench report from {material.name}; every number on this "
        f"page is in that file.",
    )
