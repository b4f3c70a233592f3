"""Reads the runs that a report is about, has them analysed, and writes it in any form."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

import data
from bench.advise import reading
from bench.advise.answer import Found
from bench.advise.contenders import fair
from bench.advise.rule import RULE
from bench.compare.comparison import MOST_SIDES, Comparison, NotComparedError
from bench.compare.reading import compare as judge
from bench.compare.reading import stored_run
from bench.compare.rule import RULE as COMPARISON
from bench.compare.side_by_side import compare
from bench.history.machine_history import WholeHistory, machines, whole_history
from bench.report.charts.files import Saved, save_figures
from bench.report.markdown.comparison_comment import several
from bench.report.markdown.run_comment import one_run
from bench.report.page.blocks import Page
from bench.report.page.history_section import MOST_MACHINES, many_runs
from bench.report.page.one_run import Material, foreign_run, one_run_page
from bench.report.page.rendering import Ahead, render
from bench.report.page.several_runs import several_runs
from bench.stats.rule import RULE as STATISTICS
from bench.stats.verdict import Judgement, Margins, Outcome
from bench.store import tidy
from bench.store.decoding import is_own
from bench.store.facts import known
from bench.store.files import StoreError, read_run, unmeasured_of
from bench.store.rates import Machine, with_rates
from bench.store.table import Loaded, read
from data.errors import DataError

# The history of every machine that runs are of, judged, with how often the rule is wrong.


@dataclass(frozen=True)
class Histories:
    """What runs say over time.

    Attributes
    ----------
    found : tuple of WholeHistory
        A machine each, the one that was measured last first.
    any_node : bool
        As in ``bench.history.machine_history.Machines``.
    """

    found: tuple[WholeHistory, ...]
    any_node: bool


def histories(loaded: Loaded, margins: Margins) -> Histories:
    """Judge the newest run of each machine, and find what changed over time.

    Raises
    ------
    StoreError
        When the file of a newest run is gone meanwhile.
    """
    split = machines(loaded.runs)
    made = []
    for place, machine in enumerate(split.found):
        if place >= MOST_MACHINES:  # no verdict of it is shown
            made.append(whole_history(loaded.cases, machine, margins, {}))
            continue
        newest = machine.runs.iloc[-1]
        unmeasured = unmeasured_of(read_run(Path(str(newest["path"]))))
        one = whole_history(loaded.cases, machine, margins, unmeasured)
        made.append(_rated(one, newest))
    return Histories(tuple(made), split.any_node)


def _rated(one: WholeHistory, newest: pd.Series) -> WholeHistory:
    names = [
        str(newest[name]) if known(newest[name]) else None
        for name in ("fingerprint_id", "node")
    ]
    return replace(one, judgement=with_rates(one.judgement, Machine(*names)))


# What a report is about: one run, a few side by side, or many over time.


NOT_ASKED = "Times to a target were not asked for (--no-target)."


@dataclass(frozen=True)
class Asked:
    """What a report is to hold.

    Attributes
    ----------
    axis : str
        What is compared; ``auto`` for one run asks for no comparison.
    tolerance : float
        The target, as a share above the optimum's loss.
    target : bool
        Whether times to the target are wanted, for which steps may have to be counted.
    """

    axis: str = "auto"
    baseline: str | None = None
    tolerance: float = 0.01
    target: bool = True


@dataclass(frozen=True)
class Source:
    """Stored runs, read and analysed.

    Attributes
    ----------
    material : Material or None
        Of a single run.
    comparison : Comparison or None
        Of several.
    why_not : str
        Of many runs, why there is no comparison: each case can be shown over time all the same.
    """

    loaded: Loaded
    material: Material | None = None
    comparison: Comparison | None = None
    why_not: str = ""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What speaks against putting the runs together."""
        return (self.why_not,) if self.comparison is None else self.comparison.warnings


def some_run(paths: Sequence[Path]) -> Loaded:
    """Read runs, of which at least one has to be sound.

    Parameters
    ----------
    paths : sequence of Path
        Files or folders.

    Raises
    ------
    StoreError
        When there is no run that can be read.
    """
    loaded = read(paths)
    if loaded.runs.empty:
        reasons = " ".join(f"{one.path}: {one.reason}" for one in loaded.damaged)
        raise StoreError(f"no run could be read. {reasons}".strip())
    return loaded


def source(loaded: Loaded, asked: Asked, tell: Callable[[str], object]) -> Source:
    """Find out what runs say.

    Parameters
    ----------
    loaded : Loaded
        From `some_run`.
    tell : callable
        Is told what takes long.

    Raises
    ------
    StoreError
        When the single run holds what no run of this suite does.
    NotComparedError
        When the runs share nothing.
    """
    if len(loaded.runs) == 1 and asked.axis == "auto":
        return _one(loaded, asked, tell)
    try:
        compared = compare(loaded.cases, loaded.runs, asked.axis, asked.baseline)
    except NotComparedError as error:
        if len(loaded.runs) <= MOST_SIDES:
            raise
        return Source(loaded, why_not=str(error))
    return Source(loaded, comparison=compared)


def _one(loaded: Loaded, asked: Asked, tell: Callable[[str], object]) -> Source:
    path = Path(loaded.runs["path"].iloc[0])
    document = read_run(path)
    found, why = _found(document, asked, tell) if is_own(document) else (None, "")
    return Source(loaded, Material(document, path.name, found, why))


def _found(
    document: Mapping[str, Any], asked: Asked, tell: Callable[[str], object]
) -> tuple[Found | None, str]:
    """Find the best batch sizes, or say why there are none."""
    if not asked.target:
        return None, NOT_ASKED
    try:
        return reading.find(reading.rows_of([document]), asked.tolerance, (), tell), ""
    except DataError as error:
        return None, f"There is no time to a target: {error}"


#: Of data this small the steps to the target are counted within seconds.
MOST_SAMPLES = 2000


def just_measured(
    document: Mapping[str, Any], name: str, tell: Callable[[str], object] = reading.silent
) -> Material:
    """Find the best batch size, where a run says enough and counting takes seconds.

    Parameters
    ----------
    name : str
        Of the file.
    tell : callable
        Is told what takes long.
    """
    table = reading.rows_of([document])
    epochs = fair(tidy.of_case(table, "epoch"))
    sizes = epochs.groupby("workload", sort=False)["batch_size"].nunique()
    small = [
        str(workload)
        for workload, n_sizes in sizes.items()
        if n_sizes >= RULE.fewest_sizes_of_cost
        and data.n_samples(str(workload)) <= MOST_SAMPLES
    ]
    if not small:
        return Material(document, name)
    own = table.index.isin(epochs.index) | (table["case"] == "target")
    chosen = table[own & table["workload"].isin(small)]
    return Material(document, name, reading.find(chosen, Asked.tolerance, (), tell))


# The report as figures, PNG and SVG.


def draw(found: Source, folder: Path) -> Saved:
    """Draw all figures that the runs have the data for.

    Parameters
    ----------
    folder : Path
        Made where it is not there.

    Returns
    -------
    Saved
        The files, and why there are not more kinds of them.

    Raises
    ------
    FigureError
        When the folder can't be written.
    NotComparedError
        When many runs share nothing.
    """
    from bench.report.charts.figures import (  # noqa: PLC0415 - it imports matplotlib
        comparison_figures,
        report_figures,
    )

    if found.material is not None:
        named = report_figures(found.material)
    elif found.comparison is not None:
        named = comparison_figures(found.comparison, found.loaded)
    else:
        raise NotComparedError(found.why_not)
    return save_figures(named, folder)


# The report as one HTML file.


def html(found: Source, margins: Callable[[float], Margins] = Margins) -> str:
    """Write the page.

    Parameters
    ----------
    margins : callable
        Reads how much a case may change; only several runs need it.

    Raises
    ------
    SelectionError
        When the margins of ``pyproject.toml`` can't be read; of several runs.
    """
    vega = Ahead()
    try:
        return render(page(found, margins), vega.script)
    finally:
        vega.give_up()


def page(found: Source, margins: Callable[[float], Margins] = Margins) -> Page:
    """Make the page that suits what was asked for."""
    if found.material is not None:
        make = one_run_page if is_own(found.material.document) else foreign_run
        return make(found.material)
    over_time, compared = histories(found.loaded, margins(STATISTICS.margin)), found.comparison
    if compared is not None and len(compared.sides) <= MOST_SIDES:
        verdict = _verdict(compared, found.loaded, margins(COMPARISON.margin))
        return several_runs(compared, found.loaded, over_time.found, verdict)
    return many_runs(found.loaded, found.warnings, over_time.found, any_node=over_time.any_node)


def _verdict(compared: Comparison, loaded: Loaded, margins: Margins) -> Judgement | None:
    """Judge the second of two runs against the first, as ``compare`` does, where it can."""
    paths = dict(zip(loaded.runs["run"], loaded.runs["path"], strict=True))
    if compared.axis == "device" or len(compared.sides) != 2 or len(paths) != 2:
        return None
    before, now = (stored_run(Path(paths[side.run])) for side in compared.sides)
    found = judge(before, now, margins)
    return None if found.outcome is Outcome.NOTHING else found


# The report as Markdown, for a comment on a pull request.


def markdown(found: Source) -> str:
    """Write the essential tables.

    Raises
    ------
    NotComparedError
        When many runs share nothing.
    """
    material = found.material
    if material is not None:
        sentences = [
            sentence
            for one in material.headlines
            for sentence in (one.fastest, one.recommendation, one.sureness)
        ]
        return one_run(material.document, material.name, sentences, material.found)
    if found.comparison is None:
        raise NotComparedError(found.why_not)
    return several(found.comparison, found.loaded)
