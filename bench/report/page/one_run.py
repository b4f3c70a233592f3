"""The pages about one run, of this suite or another, and what they are made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from bench.advise.answer import Found, KernelAnswer
from bench.advise.contenders import Ranking, fair, rankings
from bench.report.advice_text import TEXTBOOK, Headline, fit_of, headline
from bench.report.charts.ratios import plain_chart
from bench.report.comparison_text import called
from bench.report.numbers import engineering, significant, timed
from bench.report.page import blocks, measured_sections
from bench.report.page.cases_section import answer_section, cases_section, skipped_section
from bench.report.page.run_section import (
    facts,
    machine_section,
    method_section,
    run_section,
    subtitle,
)
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
        # A run whose cases name no library has a column of NaN, which takes no text.
        backend = rows["backend"].astype(object).fillna("").astype(str)
        with_all: pd.DataFrame = rows.assign(backend=backend)
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
        """Say it with the steps that the winner's answer rests on, where there are such."""
        grade = self.trusted.level
        wanted = (contest.workload, contest.device, contest.winner.kernel)
        if self.found is not None:
            for one, its in zip(self.found.answers, self.found.conditions, strict=True):
                subject = one.subject
                if (subject.workload, subject.device, subject.kernel) == wanted:
                    known = self.found.counted.get((subject.workload, its))
                    tolerance = None if known is None else known.conditions.tolerance
                    return headline(contest, one, fit_of(known), tolerance, grade)
        return headline(contest, None, None, None, grade)

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
    answer_section,
    run_section,
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


def one_run_page(material: Material) -> blocks.Page:
    """Make the page.

    Parameters
    ----------
    material : Material
        A run of this suite.
    """
    return blocks.Page(
        title="Mini-batch SGD: which way of training is fastest here",
        subtitle=subtitle(material.document),
        sections=[section(material) for section in SECTIONS],
        made_from=material.name,
    )


# The page about a file of another suite: what it holds, and no more.


ORIGIN = blocks.Prose(
    "The file was not measured by this suite: it does not say how good its numbers are, and "
    "medians are known to an interval only where it holds the rounds.",
    "note",
)


def foreign_run(material: Material) -> blocks.Page:
    """Make the page.

    Parameters
    ----------
    material : Material
        Any file of pytest-benchmark.
    """
    return blocks.Page(
        title=f"Benchmarks of {material.name}",
        subtitle=subtitle(material.document),
        sections=(
            blocks.Section("run", "The run", (facts(material), ORIGIN)),
            _benchmarks(material),
            machine_section(material),
            method_section(material),
        ),
        made_from=material.name,
    )


def _benchmarks(material: Material) -> blocks.Section:
    """Show what the file holds."""
    table = material.table
    if table.empty:
        return blocks.Section(
            "cases", "Benchmarks", (blocks.Prose("The file holds no benchmark."),)
        )
    benchmarks = material.document["benchmarks"]
    table = table.assign(
        name=[called(one) for one in benchmarks],
        group=[str(one.get("group") or "no group") for one in benchmarks],
    )
    rows = [_row(row, one) for (_, row), one in zip(table.iterrows(), benchmarks, strict=True)]
    listed = blocks.Table("cases-table", "Every benchmark", rows)
    return blocks.Section("cases", "Benchmarks", (plain_chart(table), listed))


def _row(row: pd.Series, benchmark: Mapping[str, Any]) -> blocks.Row:
    width = (row["high"] - row["low"]) / 2
    ends = (row["low"], row["high"])
    quartiles = [benchmark["stats"].get(name) for name in ("q1", "q3")]
    params = benchmark.get("params") or {}
    return {
        "benchmark": row["name"],
        "group": blocks.Pick(row["group"]),
        "median": blocks.Number(timed(row), float(row["seconds"])),
        "95% interval": blocks.Number(_span(row["seconds"], ends, width), width),
        "quartiles": blocks.Number(_span(row["seconds"], quartiles, None)),
        "rounds": blocks.known(row["rounds"], "{:g}".format),
        "parameters": ", ".join(f"{name} {value}" for name, value in params.items()),
    }


def _span(value: float, ends: Sequence[Any], width: float | None) -> str:
    """Write where a value lies between."""
    if not all(isinstance(end, (int, float)) and pd.notna(end) for end in ends):
        return "–"
    low, high = ends
    digits = significant(value, width)
    return f"{engineering(low, 's', digits)} to {engineering(high, 's', digits)}"
