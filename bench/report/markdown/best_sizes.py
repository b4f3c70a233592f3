"""The best batch size of every kernel, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.report import units
from bench.report.advice_text import size
from bench.report.markdown.escaping import code, text
from bench.report.markdown.table import Part, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.analyze.findings import Found
    from bench.analyze.kernel_answer import KernelAnswer

COLUMNS = (
    "kernel",
    "device",
    "batch size",
    "within 5% of the best",
    "time to target",
    "measured best",
)


def best_sizes(found: Found) -> Iterator[Part]:
    """Write which batch size each kernel should be given.

    Parameters
    ----------
    found : Found

    Yields
    ------
    Part
        A table for each workload.
    """
    by_workload: dict[str, list[KernelAnswer]] = {}
    for one in found.answers:
        by_workload.setdefault(one.subject.workload, []).append(one)
    for workload, answers in by_workload.items():
        ordered = sorted(answers, key=_seconds)
        title = f"Best batch size until the loss is near the optimum: {text(workload)}"
        yield table(COLUMNS, (_cells(one) for one in ordered), (2, 3, 4, 5), title)


def _seconds(one: KernelAnswer) -> float:
    return float("inf") if one.advice is None else one.advice.t_star_seconds.value


def _cells(one: KernelAnswer) -> list[str]:
    subject = [code(one.subject.kernel), text(one.subject.device)]
    if one.advice is None:
        return [*subject, "–", text(one.refusal), "–", _best(one)]
    return [
        *subject,
        f"{one.advice.recommended}",
        " to ".join(size(end.value) for end in one.advice.within),
        units.seconds(one.advice.t_star_seconds.value),
        _best(one),
    ]


def _best(one: KernelAnswer) -> str:
    if one.measured_best is None:
        return "–"
    row = one.table.set_index("batch_size").loc[one.measured_best]
    return f"{units.seconds(row['measured_seconds'])} at {one.measured_best}"
