"""Speed, loss, phases, roofline, memory and time to the target."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pandas as pd

from bench.advise import memory_cost
from bench.advise.answer import Counted, KernelAnswer
from bench.advise.bounds import Efficiency, NothingToSayError, assess
from bench.report import numbers
from bench.report.advice_text import best_time, conditions, interval, noise_scale_line, size
from bench.report.charts.chart import Chart, NothingToDrawError
from bench.report.charts.efficiency import memory_chart, phases_chart, roofline_chart
from bench.report.charts.loss import loss_chart, published_chart
from bench.report.charts.speed import ladder_chart, speed_chart
from bench.report.charts.target import steps_chart, target_chart
from bench.report.efficiency import ceiling_line, groups, percent
from bench.report.grid import mark
from bench.report.ladder import Ladder, ladders
from bench.report.numbers import estimated, timed
from bench.report.page.blocks import Number, Prose, Row, Section, Table, known, whole
from bench.report.terminal import TITLES, line_cells
from bench.stats.fits import RefusalError
from bench.store import tidy

if TYPE_CHECKING:
    from bench.report.page.one_run import Material

# The ladder, speed against batch size, and the loss.


def drawn(chart: Callable[..., Chart], *of: object) -> Chart | Prose:
    """Return a chart, or the reason why there is none."""
    try:
        return chart(*of)
    except NothingToDrawError as reason:
        return Prose(str(reason))


def ladder_section(material: Material) -> Section:
    """Order the kernels from the slowest to the fastest."""
    tables = [_ladder_table(one, number) for number, one in enumerate(ladders(material.epochs))]
    title = "The ladder: what each way of training saves"
    return Section("ladder", title, (drawn(ladder_chart, material.epochs), *tables))


def _ladder_table(found: Ladder, number: int) -> Table:
    body: list[Row] = [
        {
            "kernel": rung.name,
            **{f"B = {size}": Number(*rung.seconds.get(size, ())) for size in found.sizes},
            "times as fast": Number(rung.times, rung.factor),
            "what it saves": rung.saves,
        }
        for rung in found.rungs
    ]
    caption = f"Seconds per epoch, {found.where}; times as fast as the first at B = "
    return Table(f"ladder-table-{number}", caption + str(found.sizes[0]), body)


def seconds_cell(row: pd.Series) -> Number:
    """Write a time with its mark and the digits that its interval allows.

    Parameters
    ----------
    row : Series
        A case, with ``low`` and ``high``.
    """
    return Number(f"{timed(row)} {mark(row).strip()}".strip(), float(row["seconds"]))


def speed_section(material: Material) -> Section:
    """Show speed against batch size."""
    chart = drawn(speed_chart, material.epochs, material.shown)
    return Section("speed", "Speed against batch size", (chart,))


def loss_section(material: Material) -> Section:
    """Show the loss, against epochs and seconds, and by the published protocol."""
    notebook = tidy.of_case(material.table, "notebook")
    charts = (drawn(loss_chart, material.epochs), drawn(published_chart, notebook))
    return Section("loss", "Loss against epoch and seconds", charts)


# Where the time of an epoch goes, the roofline, and memory.


#: What each word of what bounds a case says.
WORDS = (
    "host: Python and dispatch take the time; launch: each thing given to the GPU is too "
    "small; cache, memory: the bandwidth; arithmetic: the units; unclear: none of these."
)


def phases_section(material: Material) -> Section:
    """Show where the time of an epoch goes."""
    chart = drawn(phases_chart, material.epochs)
    return Section("phases", "Where the time of an epoch goes", (chart,))


def roofline_section(material: Material) -> Section:
    """Show how near each case comes to what the machine can do."""
    title = "Roofline: how near each case comes to what the machine can do"
    try:
        found = assess(material.document)
    except NothingToSayError as error:
        return Section("roofline", title, (Prose(f"{str(error)[:1].upper()}{str(error)[1:]}"),))
    chart = roofline_chart(found, material.table, material.shown)
    lines = (Prose(f"{device}: {ceiling_line(one)}") for device, one in found.roofs.items())
    return Section("roofline", title, (chart, *lines, Prose(WORDS, "note"), *_bounds(found)))


def _bounds(found: Efficiency) -> Iterator[Table]:
    """Yield what bounds each case, a table for each kind of case."""
    for device in found.roofs:
        cases = found.cases[found.cases["device"] == device]
        for number, (title, _, rows) in enumerate(groups(cases)):
            yield _bound_table(rows, f"{title}, {device}", f"bounds-{device}-{number}")


def _bound_table(rows: pd.DataFrame, title: str, name: str) -> Table:
    size = "batch_size" if rows["batch_size"].notna().any() else "n_parameters"
    sizes = sorted(set(rows[size].dropna()))
    mark = "B = " if size == "batch_size" else "P = "
    cells = {
        (row["kernel"], row[size]): Number(
            f"{percent(row['roof_share'])} {getattr(row['bound'], 'value', row['bound'])}",
            float(row["roof_share"]),
        )
        for _, row in rows.iterrows()
    }
    body: list[Row] = [
        {
            "kernel": str(kernel),
            **{f"{mark}{one:g}": cells.get((kernel, one), Number("")) for one in sizes},
        }
        for kernel in dict.fromkeys(rows["kernel"])
    ]
    caption = f"{title}: share of the roof, and what bounds the case"
    plain = "".join(sign if sign.isalnum() else "-" for sign in name)
    return Table(plain, caption, body, folded=True)


def memory_section(material: Material) -> Section:
    """Show what trainings take in memory, and what a sample more in the batch adds."""
    chart = drawn(memory_chart, material.table, material.shown)
    tables = () if isinstance(chart, Prose) else _memory_tables(material.table)
    return Section("memory", "Memory", (chart, *tables))


def _memory_tables(table: pd.DataFrame) -> Iterator[Table]:
    """Yield bytes per sample and what there is besides, for each kind of memory."""
    rows = table[[isinstance(one, dict) for one in table["memory"]]]
    for quantity, title in TITLES.items():
        lines = memory_cost.lines(rows, quantity)
        if not lines:
            continue
        body = [_line(*where, one) for where, one in lines.items()]
        name = f"memory-{quantity.replace('_', '-')}"
        yield Table(name, f"A line through the peaks: {title}", body, folded=True)


def _line(workload: str, device: str, kernel: str, one: memory_cost.Line) -> Row:
    slope, intercept = line_cells(one)
    return {
        "kernel": kernel,
        "workload": workload,
        "device": device,
        "bytes per sample": Number(slope, one.bytes_per_sample),
        "besides": Number(intercept, one.intercept_bytes),
    }


# Time to the target: which batch size gets near the optimum first.


NUMBERS = (
    *("advised B", "within 5%", "predicted", "measured", "at B", "n_half"),
    "model misses by",
)
NO_TARGET = "Steps to a target were not counted for this run."


def target_section(material: Material) -> Section:
    """Show which batch size is best, for every kernel."""
    return Section("target", "Time to target", tuple(_blocks(material)))


def _blocks(material: Material) -> Iterator[Chart | Prose | Table]:
    if material.found is None or not material.answers:
        yield Prose(material.not_found or NO_TARGET)
        return
    for counted in material.found.counted.values():
        yield Prose(f"{_statistics(counted)} {noise_scale_line(counted.noise_scale)}")
    yield drawn(target_chart, material.answers, material.shown)
    yield Table(
        "target-table",
        "The best batch size of every kernel; n_half is what a step costs before its first "
        "sample, in samples",
        [_row(one) for one in material.answers],
    )
    if material.found.counted:
        yield steps_chart(list(material.found.counted.values()))


def _statistics(counted: Counted) -> str:
    """Say what the target is, and what the steps follow."""
    its = counted.conditions
    said = (
        f"{counted.workload}, {conditions(its)}: the target is a loss of "
        f"{counted.target_loss:.5f}, {100 * its.tolerance:g}% above the optimum. "
    )
    if isinstance(counted.fit, RefusalError):
        return f"{said}No model of the steps: {counted.fit}."
    fit = counted.fit
    missed = f", and misses the steps by {100 * fit.rms_residual:.2g}%"
    exact = counted.expected
    theory = (
        ""
        if exact is None or isinstance(exact, RefusalError)
        else f" Exact theory gives a B_noise of {interval(exact.b_noise)}."
    )
    return (
        f"{said}Steps follow S_min (1 + B_noise / B) with S_min {interval(fit.s_min)} and "
        f"B_noise {interval(fit.b_noise)} samples{missed}.{theory}"
    )


def _row(one: KernelAnswer) -> Row:
    advice, best = one.advice, best_time(one)
    told: dict[str, Number] = {}
    if best is not None:
        told["measured"] = Number(estimated(best), best.value)
        told["at B"] = known(one.measured_best, numbers.count)
    if advice is not None and one.cost is not None and one.cost.n_half is not None:
        low, high = (size(end.value) for end in advice.within)
        time, n_half = advice.t_star_seconds, one.cost.n_half
        told |= {
            "advised B": whole(advice.recommended),
            "within 5%": Number(f"{low} to {high}", advice.within[0].value),
            "predicted": Number(estimated(time), time.value),
            "n_half": Number(interval(n_half), n_half.value),
            "model misses by": known(one.cost.rms_residual, "{:.0%}".format),
        }
    return {
        "kernel": one.subject.kernel,
        "device": one.subject.device,
        **{name: told.get(name, Number()) for name in NUMBERS},
        "why not": "" if one.refusal is None else f"{one.refusal}.",
    }
