"""Time to the target: which batch size gets near the optimum first."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from bench.analyze.refusal import RefusalError
from bench.report import units
from bench.report.advice_text import interval, noise_scale_line, size
from bench.report.charts.steps import steps_chart
from bench.report.charts.target import target_chart
from bench.report.digits import measured
from bench.report.page.blocks import Cell, Column, Prose, Section, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.analyze.findings import Counted
    from bench.analyze.kernel_answer import KernelAnswer
    from bench.report.charts.chart import Chart
    from bench.report.page.material import Material

HEAD = (
    Column("kernel"),
    Column("device"),
    Column("advised B", number=True),
    Column("within 5%", number=True),
    Column("predicted", number=True),
    Column("measured", number=True),
    Column("at B", number=True),
    Column("n_half", number=True),
    Column("model misses by", number=True),
    Column("why not"),
)
NOTHING = "Steps to a target were not counted for this run."


def target_section(material: Material) -> Section:
    """Show which batch size is best, for every kernel.

    Parameters
    ----------
    material : Material

    Returns
    -------
    Section
    """
    return Section("target", "Time to target", tuple(_blocks(material)))


def _blocks(material: Material) -> Iterator[Chart | Prose | Table]:
    if material.found is None or not material.answers:
        yield Prose(material.not_found or NOTHING)
        return
    for known in material.found.counted.values():
        yield Prose(f"{_statistics(known)} {noise_scale_line(known.noise_scale)}")
    chart = target_chart(material.answers, material.shown)
    if chart is not None:
        yield chart
    yield Table(
        "target-table",
        "The best batch size of every kernel; n_half is what a step costs before its first "
        "sample, in samples",
        HEAD,
        tuple(_row(one) for one in material.answers),
        sortable=True,
    )
    if material.found.counted:
        yield steps_chart(list(material.found.counted.values()))


def _statistics(known: Counted) -> str:
    """Say what the target is, and what the steps follow."""
    its = known.conditions
    said = (
        f"{known.workload}, {its.schedule} rate, {its.sampling.replace('-', ' ')}"
        f"{f', momentum {its.momentum:g}' if its.momentum else ''}: the target is a loss of "
        f"{known.target_loss:.5f}, {100 * its.tolerance:g}% above the optimum. "
    )
    if isinstance(known.fit, RefusalError):
        return f"{said}No model of the steps: {known.fit}."
    fit = known.fit
    missed = f", and misses the steps by {100 * fit.rms_residual:.2g}%"
    exact = known.expected
    theory = (
        ""
        if exact is None or isinstance(exact, RefusalError)
        else f" Exact theory gives a B_noise of {interval(exact.b_noise)}."
    )
    return (
        f"{said}Steps follow S_min (1 + B_noise / B) with S_min {interval(fit.s_min)} and "
        f"B_noise {interval(fit.b_noise)} samples{missed}.{theory}"
    )


def _row(one: KernelAnswer) -> tuple[Cell, ...]:
    advice, cost = one.advice, one.cost
    best = _best(one)
    if advice is None:
        empty = Cell("–")
        return (
            Cell(one.subject.kernel),
            Cell(one.subject.device),
            *(empty,) * 3,
            *best,
            *(empty,) * 2,
            Cell(f"{one.refusal}."),
        )
    time = advice.t_star_seconds
    low, high = (size(end.value) for end in advice.within)
    n_half = None if cost is None else cost.n_half
    misfit = math.nan if cost is None else cost.rms_residual
    return (
        Cell(one.subject.kernel),
        Cell(one.subject.device),
        Cell(str(advice.recommended), float(advice.recommended)),
        Cell(f"{low} to {high}", advice.within[0].value),
        Cell(measured(time.value, (time.high - time.low) / 2), time.value),
        *best,
        Cell("–") if n_half is None else Cell(interval(n_half), n_half.value),
        Cell(f"{misfit:.0%}", misfit) if math.isfinite(misfit) else Cell("–"),
        Cell(""),
    )


def _best(one: KernelAnswer) -> tuple[Cell, Cell]:
    """Return the shortest measured time to the target, and its batch size."""
    if one.measured_best is None:
        return Cell("–"), Cell("–")
    row = one.table.set_index("batch_size").loc[one.measured_best]
    seconds = float(row["measured_seconds"])
    text = measured(seconds, float(row["measured_high"] - row["measured_low"]) / 2)
    return Cell(text, seconds), Cell(units.count(one.measured_best), float(one.measured_best))
