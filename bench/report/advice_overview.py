"""Prints many answers of ``python -m bench advise`` at once: a line for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from bench.analyze.refusal import RefusalError
from bench.report import units
from bench.report.advice_text import size
from bench.report.quantities import heading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from bench.analyze.findings import Counted, Found
    from bench.analyze.kernel_answer import KernelAnswer


def overview(console: Console, group: Sequence[KernelAnswer], device: str) -> None:
    """Print a line for each kernel of a device, the fastest first.

    Parameters
    ----------
    console : Console
    group : sequence of KernelAnswer
        Of any devices; those without advice are left out.
    device : str
    """
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column(device, no_wrap=True)
    for name in ("advised", "within 5%", "time", "measured best", "n_half", "samples/s"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("misfit", justify="right", no_wrap=True)
    advised = [one for one in group if one.advice is not None and one.subject.device == device]
    for one in sorted(advised, key=lambda one: one.advice.t_star_seconds.value):  # type: ignore[union-attr]
        advice, cost = one.advice, one.cost
        assert advice is not None  # noqa: S101
        assert cost is not None  # noqa: S101
        assert cost.n_half is not None  # noqa: S101
        assert cost.r_inf is not None  # noqa: S101
        table.add_row(
            Text(one.subject.kernel),
            f"{advice.recommended}",
            " to ".join(size(end.value) for end in advice.within),
            units.seconds(advice.t_star_seconds.value),
            _best(one),
            size(cost.n_half.value),
            units.rate(cost.r_inf.value),
            f"{cost.rms_residual:.0%}" + (" !" if cost.misses_noise else ""),
        )
    if advised:
        console.print()
        console.print(table)


def _best(one: KernelAnswer) -> str:
    if one.measured_best is None:
        return "–"
    row = one.table.set_index("batch_size").loc[one.measured_best]
    return f"{units.seconds(row['measured_seconds'])} at {one.measured_best}"


def others(console: Console, found: Found) -> None:
    """Print what other schedules and samplings do to the time to the target.

    Parameters
    ----------
    console : Console
    found : Found
    """
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in ("kernel", "schedule", "replacement"):
        table.add_column(name, no_wrap=True)
    for name in ("S_min", "B_noise", "advised", "time", "to the first"):
        table.add_column(name, justify="right", no_wrap=True)
    first = {one.subject: one for one in found.answers}
    listed = [
        (found.counted[one.subject.workload, conditions], one)
        for one, conditions in zip(found.answers, found.conditions, strict=True)
        if (one.subject.workload, conditions) in found.counted
    ]
    everything = sorted(
        (*listed, *found.others),
        key=lambda pair: (pair[1].subject.workload, pair[1].subject.device),
    )
    several = len({(one.subject.workload, one.subject.device) for _, one in everything}) > 1
    for known, one in everything:
        table.add_row(*_other(known, one, first[one.subject], several=several))
    heading(console, "Other schedules and samplings")
    console.print(table)
    refused = {
        f"{known.conditions.schedule}, {known.conditions.sampling.replace('-', ' ')}: "
        f"{one.refusal}."
        for known, one in everything
        if one.refusal is not None
    }
    for reason in sorted(refused):
        console.print(reason, markup=False, highlight=False)


def _other(
    known: Counted, one: KernelAnswer, first: KernelAnswer, *, several: bool
) -> list[str | Text]:
    """Make one line of it."""
    conditions, fit = (
        known.conditions,
        None if isinstance(known.fit, RefusalError) else known.fit,
    )
    where = f", {one.subject.workload}, {one.subject.device}" if several else ""
    cells: list[str | Text] = [
        Text(one.subject.kernel + where),
        Text(conditions.schedule),
        conditions.sampling.removesuffix("-replacement"),
    ]
    cells += ["–", "–"] if fit is None else [size(fit.s_min.value), size(fit.b_noise.value)]
    if one.advice is None:
        return [*cells, "refused", "–", "–"]
    seconds = one.advice.t_star_seconds.value
    ratio = "–"
    if first.advice is not None:
        ratio = units.times(seconds / first.advice.t_star_seconds.value)
    return [*cells, f"{one.advice.recommended}", units.seconds(seconds), ratio]
