"""Prints the answer of ``python -m bench advise``."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from bench.analyze.refusal import RefusalError
from bench.report import units
from bench.report.advice_overview import others, overview
from bench.report.advice_text import (
    claim,
    doubts,
    interval,
    model,
    noise_scale_line,
    residuals,
    sentences,
    statistics_line,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from rich.console import Console

    from bench.analyze.findings import Counted, Found
    from bench.analyze.kernel_answer import KernelAnswer
    from bench.analyze.statistical_model import StatisticalFit

#: With more kernels there is a line for each, and no table by batch size.
IN_FULL = 4


def render(found: Found, console: Console, *, details: bool = False) -> None:
    """Print the answers.

    Parameters
    ----------
    found : Found
    console : Console
    details : bool
        Whether the models' numbers are printed too.
    """
    pairs = list(zip(found.answers, found.conditions, strict=True))
    for workload, conditions in dict.fromkeys(
        (one.subject.workload, conditions) for one, conditions in pairs
    ):
        group = [
            one for one, its in pairs if (one.subject.workload, its) == (workload, conditions)
        ]
        known = found.counted.get((workload, conditions))
        _target(console, workload, known)
        fit = _fit(known)
        if len(group) > IN_FULL:
            for device in dict.fromkeys(one.subject.device for one in group):
                overview(console, group, device)
            _say(console, "!: the cost model misses the times by more than noise explains.")
            for one in group:
                if one.refusal is not None:
                    _say(console, sentences(one, fit)[0])
        else:
            for one in group:
                _in_full(console, one, fit, details=details)
            _whole_steps(console, group)
        if known is not None:
            _counted(console, known, details=details)
    if found.others:
        others(console, found)


def _fit(known: Counted | None) -> StatisticalFit | None:
    return None if known is None or isinstance(known.fit, RefusalError) else known.fit


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False)


def _head(console: Console, text: str) -> None:
    console.print()
    console.print(Text(text, style="bold"))


def _target(console: Console, workload: str, known: Counted | None) -> None:
    """Say what is to be reached, and how."""
    if known is None:
        _head(console, workload)
        return
    conditions = known.conditions
    momentum = f", momentum {conditions.momentum:g}" if conditions.momentum else ""
    _head(
        console,
        f"{workload}: until the loss is {units.loss(known.target_loss)}, "
        f"{100 * conditions.tolerance:g}% above the optimum ({conditions.schedule} rate, "
        f"{conditions.sampling.replace('-', ' ')}{momentum})",
    )


def _in_full(
    console: Console, one: KernelAnswer, fit: StatisticalFit | None, *, details: bool
) -> None:
    """Print sentences and a table for one kernel."""
    _head(console, f"{one.subject.kernel} on {one.subject.device}")
    _say(console, " ".join(sentences(one, fit)))
    for doubt in doubts(one, fit):
        _say(console, doubt)
    if one.advice is None:
        return
    console.print()
    console.print(_by_size(one))
    if details:
        _say(console, model(one))
        if one.linear is not None:
            _say(console, claim(one.linear, one.subject.n_samples))


def _by_size(one: KernelAnswer) -> Table:
    """Make the table by batch size."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in ("B", "rate", "steps", "samples", "epoch", "predicted", "measured", ""):
        table.add_column(name, justify="left" if not name else "right", no_wrap=True)
    assert one.advice is not None  # noqa: S101 - there is no table without
    for _, row in one.table.iterrows():
        marks = []
        if row["batch_size"] == one.advice.recommended:
            marks.append("advised")
        if row["batch_size"] == one.measured_best:
            marks.append("best measured")
        table.add_row(
            f"{row['batch_size']:.0f}",
            f"{row['learning_rate']:.3g}",
            _steps(row["steps"]),
            _steps(row["samples"]),
            units.seconds(row["epoch_seconds"]),
            _between(row, "seconds", "low", "high"),
            _between(row, "measured_seconds", "measured_low", "measured_high"),
            ", ".join(marks),
        )
    return table


def _whole_steps(console: Console, group: Sequence[KernelAnswer]) -> None:
    """Say why a measured time may be above the predicted one, where both are shown."""
    if any(one.advice is not None and one.measured_best is not None for one in group):
        console.print()
        _say(
            console,
            "A training takes whole steps, so where there are few the measured time is up to "
            "one step longer.",
        )


def _steps(value: float) -> str:
    if not math.isfinite(value):
        return "miss"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}"


def _between(row: pd.Series, value: str, low: str, high: str) -> str:
    """Write a time with half its interval in percent."""
    seconds = float(row[value])
    if not math.isfinite(seconds):
        return "–"
    half = (float(row[high]) - float(row[low])) / 2 / seconds
    return units.seconds(seconds) + (f" ±{half:.0%}" if math.isfinite(half) else "")


def _counted(console: Console, known: Counted, *, details: bool) -> None:
    """Print what the workload itself says, whatever the kernel."""
    if isinstance(known.fit, RefusalError):
        _head(console, f"Steps to the target: no model. {known.fit}.")
    else:
        _head(console, statistics_line(known.fit))
    _say(console, noise_scale_line(known.noise_scale))
    if known.expected is not None and not isinstance(known.expected, RefusalError):
        _say(
            console,
            f"By theory, without any training: S_min {interval(known.expected.s_min)}, "
            f"B_noise {interval(known.expected.b_noise)}.",
        )
    if details and not isinstance(known.fit, RefusalError):
        _say(console, f"The steps against their model: {residuals(known.fit)}.")
    missed = known.table[known.table["missed_seeds"] > 0]
    if len(missed) and details:
        listed = ", ".join(
            f"{row.missed_seeds} of {row.seeds} at {row.batch_size}"
            for row in missed.itertuples()
        )
        _say(console, f"Seeds that were not there after four times the steps: {listed}.")
