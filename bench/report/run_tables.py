"""Prints the tables of one run: trainings, phases, targets, the machine, and their quality."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.text import Text

from bench.advise.roofline import column, excesses
from bench.advise.rule import RULE as ADVISE
from bench.report import numbers
from bench.report.grid import (
    BASELINE,
    Quantity,
    headed,
    heading,
    marks_meant,
    print_whole,
    show,
)
from bench.store import tidy
from bench.store.rule import RULE as STORE
from bench.store.trust import Quality, quality

# Prints how good the numbers of a run are, and what disturbed them.


#: The worst cases that are listed; the run file holds all.
LISTED = 10
WHY = {
    "budget": "its time was used up",
    "rounds": "it has as many rounds as allowed",
    "protocol": "the published protocol has so few trainings",
    "precise": "each process was precise, they differ",
}


def show_quality(console: Console, table: pd.DataFrame) -> None:
    """Print the section, if the run says anything about its numbers.

    Parameters
    ----------
    table : DataFrame
        From ``bench.store.tidy.frame``.
    """
    found = quality(table)
    if found is None or not found.n_cases:
        return
    heading(console, "How good these numbers are")
    _say(console, known_to(found))
    marks_meant(console, table)
    _imprecise(console, found)
    if found.n_disturbed:
        console.print()
        _say(console, disturbed(found))
    if not found.untrusted.empty:
        names = list(found.untrusted["name"])
        more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
        console.print(f"Untrusted: {escape(', '.join(names[:LISTED]))}{more}.")
    _say(console, overhead(found))


def _say(console: Console, sentences: Iterable[str]) -> None:
    for sentence in sentences:
        console.print(escape(sentence))


def known_to(found: Quality) -> Iterator[str]:
    """Say how well the medians are known."""
    yield (
        f"{found.n_precise} of {numbers.number(found.n_cases, 'median')} known to "
        f"±{100 * found.target:g}% (95% interval, from the rounds)."
    )
    if math.isfinite(found.between):
        differ = numbers.percent(found.between)
        yield f"Between processes they differ by ±{differ} (the median case)."


def disturbed(found: Quality) -> Iterator[str]:
    """Say how many rounds were disturbed and by what."""
    if found.n_disturbed:
        reasons = ", ".join(f"{reason} {count}" for reason, count in found.marks.items())
        yield (
            f"Disturbed: {found.n_disturbed} of {numbers.number(found.n_rounds, 'round')} "
            f"({reasons}); all of them are kept."
        )


def overhead(found: Quality) -> Iterator[str]:
    """Say where the harness itself shows, and what was timed before it had settled."""
    if not found.overhead.empty:
        worst, least = found.overhead.iloc[0], numbers.percent(STORE.overhead_share)
        most = numbers.percent(worst["overhead_share"])
        yield (
            f"Calling an empty kernel takes more than {least} of what "
            f"{numbers.number(len(found.overhead), 'case')} took, at most {most} "
            f"({worst['name']}); it is not subtracted."
        )
    if not found.unsettled.empty:
        yield f"{numbers.number(len(found.unsettled), 'case')} had not settled when timed."


def _imprecise(console: Console, found: Quality) -> None:
    """List the worst cases, a line each, however wide: it may be searched for."""
    rows = found.imprecise
    if rows.empty:
        return
    heading(console, f"Known least well, of {len(rows)} (within and between processes)")
    for _, row in rows.head(LISTED).iterrows():
        within, between = (
            numbers.percent(row[name]) for name in ("half_width", "between_half_width")
        )
        why = WHY.get(str(row["stopped"]), str(row["stopped"]))
        line = f"±{within:>4} ±{between:>4}  {row['name']}: {row['rounds']:g} rounds; {why}"
        console.print(escape(line), soft_wrap=True)


# What was not measured, and why.


def by_reason(document: Mapping[str, Any]) -> list[tuple[str, str, int]]:
    """Count the skipped cases of a run file: device, reason and how many, most first."""
    skipped = (document.get("bench") or {}).get("skipped") or ()
    counted = Counter(
        (str((one.get("params") or {}).get("device") or "any device"), str(one.get("reason")))
        for one in skipped
    )
    return [(device, reason, n) for (device, reason), n in counted.most_common()]


# The tables of trainings: the ladder, epochs, single steps, loaders, engines.


TRAINING_SECONDS = Quantity("seconds per epoch", "seconds", numbers.seconds)
#: Of GPUs: what the host takes is not in them.
BY_EVENTS = (
    Quantity("seconds by the device's events, caches warm", "device_seconds", numbers.seconds),
    Quantity("seconds by the device's events, caches cold", "cold_seconds", numbers.seconds),
)
OF_STEPS = (
    Quantity("seconds until the device is idle again", "seconds", numbers.seconds),
    Quantity("seconds until the call returns", "enqueued_seconds", numbers.seconds),
    *BY_EVENTS,
)
SAMPLES = Quantity("samples per second", "samples_per_second", numbers.rate)


def epochs(console: Console, rows: pd.DataFrame) -> None:
    """Print the tables of ``bench_epoch``, a set for each workload, device and loader."""
    if rows.empty:
        return
    rows = rows.assign(relative=tidy.relative_speed(rows, BASELINE))
    for (workload, device, loader), group in rows.groupby(
        ["workload", "device", "loader"], sort=False
    ):
        n_epochs = int(group["epochs"].iloc[0])
        heading(console, f"Training on {workload}, {device}, batches from {loader}")
        loss = Quantity(f"loss after {numbers.number(n_epochs, 'epoch')}", "loss", numbers.loss)
        relative = Quantity(f"speed relative to {BASELINE}", "relative", numbers.times)
        quantities = (TRAINING_SECONDS, SAMPLES, loss, relative)
        show(console, group, quantities, by="kernel", over="batch_size")


def _sections(
    console: Console,
    rows: pd.DataFrame,
    title: str,
    quantities: Iterable[Quantity],
    within: Sequence[str] = ("workload", "device"),
    *,
    by: str = "kernel",
    over: str = "batch_size",
) -> None:
    """Print a section for each combination of the values within, which its title holds."""
    for values, group in rows.groupby(list(within), sort=False):
        heading(console, title.format(*values))
        show(console, group, quantities, by=by, over=over)


def steps(console: Console, rows: pd.DataFrame) -> None:
    """Print the tables of ``bench_step``."""
    _sections(console, rows, "One training step: {}, {}", OF_STEPS)


def loaders(console: Console, rows: pd.DataFrame) -> None:
    """Print the tables of ``bench_loader``."""
    if not rows.empty:
        named = rows.assign(loader=rows["backend"] + " " + rows["loader"])
        title = "Batches only, no training: {}, {}"
        _sections(console, named, title, (TRAINING_SECONDS, SAMPLES), by="loader")


def engines(console: Console, rows: pd.DataFrame) -> None:
    """Print the tables of ``bench_engine``."""
    if not rows.empty:
        named = rows.assign(kernel=rows["kernel"] + ", " + rows["engine"].astype(str))
        title = "MXNet's engines, each in its own process: {}, {}"
        _sections(console, named, title, (TRAINING_SECONDS,))


# Prints where the time of an epoch goes.


PHASES = ("data", "forward", "backward", "update", "step", "waiting")
#: Batch sizes at which a table is printed, if they were measured.
SIZES = (1, 100)


def show_phases(console: Console, rows: pd.DataFrame) -> None:
    """Print the phases of the kernels that go step by step.

    Parameters
    ----------
    rows : DataFrame
        ``epoch`` cases, from ``bench.store.tidy``.
    """
    if "phases" not in rows:
        return
    told = rows[rows["phases"].notna()]
    for (workload, device), group in told.groupby(["workload", "device"], sort=False):
        sizes = [size for size in SIZES if (group["batch_size"] == size).any()]
        for size in sizes or sorted(set(group["batch_size"]))[:1]:
            _table(
                console, group[group["batch_size"] == size], f"{workload}, {device}, B={size:g}"
            )


def _table(console: Console, rows: pd.DataFrame, title: str) -> None:
    """Print one batch size: percent of an epoch, and how far the pass is off."""
    heading(console, f"Where the time of an epoch goes: {title}")
    table = headed(("kernel",), (*PHASES, "epoch", "this pass"))
    for _, row in rows.sort_values("seconds", ascending=False).iterrows():
        loader = "" if row["loader"] == "inmemory" else f" + {row['loader']}"
        parts, total = [row["phases"].get(phase) for phase in PHASES], row["phases_total"]
        # How far the pass with the clock between the phases is off, where it matters.
        off = row["phases_differ"]
        table.add_row(
            Text(f"{row['kernel']}{loader}"),
            *("" if one is None else f"{100 * one / total:.0f}%" for one in parts),
            numbers.seconds(row["seconds"]),
            f"{100 * off:+.0f}%" if abs(off) > STORE.phases_share else "",
        )
    print_whole(console, table)


# The table of ``bench_target``: the time until the loss is near the optimum.


QUANTITIES = (
    Quantity("seconds to the target", "seconds", numbers.seconds),
    Quantity("steps to the target", "steps_to_target", lambda steps: f"{steps:.0f}"),
    Quantity("tuned learning rate", "learning_rate", lambda rate: f"{rate:.3g}"),
)


def targets(console: Console, rows: pd.DataFrame) -> None:
    """Print a set for each workload, device and target."""
    if not rows.empty:
        above = rows.assign(above=[f"{100 * float(one):g}%" for one in rows["tolerance"]])
        title = "Training on {}, {}, until the loss is {} above the optimum"
        _sections(console, above, title, QUANTITIES, ("workload", "device", "above"))


# The tables of the update alone and of the controls, and declarations above the peak.


USEFUL = "useful bytes per second (the fewest that the update can move: 12 a float32 parameter)"
UPDATES = (
    Quantity("seconds per update, by number of parameters", "seconds", numbers.seconds),
    Quantity(USEFUL, "useful_bytes_per_second", numbers.rate),
    *BY_EVENTS,
)
BYTES = Quantity("bytes per second", "moved_bytes_per_second", numbers.rate)
FLOPS = Quantity("flops per second", "flops_per_second", numbers.rate)
SECONDS = Quantity("seconds", "seconds", numbers.seconds)
#: The quantity that tells about each control.
CONTROLS = {
    **dict.fromkeys(("empty_call", "empty_operator"), SECONDS),
    "triad": BYTES,
    "matmul": FLOPS,
    **dict.fromkeys(("host_to_device", "device_to_host", "device_to_device"), BYTES),
    **dict.fromkeys(("triad_in_parts", "copy_in_parts"), BYTES),
}


def updates(console: Console, rows: pd.DataFrame) -> None:
    """Print the tables of ``bench_update``, a set for each device and number of tensors."""
    n_tensors = column(rows, "n_tensors").fillna(1)
    together = n_tensors.map("{:g} tensors together".format).where(n_tensors != 1, "one tensor")
    counted = rows.assign(tensors=together)
    title = "Parameter update alone: {}, {}"
    _sections(console, counted, title, UPDATES, ("device", "tensors"), over="n_parameters")


def controls(console: Console, rows: pd.DataFrame) -> None:
    """Print what the machine can do, a section for each device."""
    for device, group in rows.groupby("device", sort=False):
        heading(console, f"The machine: {device}, by the size of one array")
        for control, quantity in CONTROLS.items():
            chosen = group[group["control"] == control]
            if chosen.empty:
                continue
            titled = Quantity(f"{control}: {quantity.title}", quantity.column, quantity.write)
            by_events = [replace(one, title=f"{control}: {one.title}") for one in BY_EVENTS]
            show(console, chosen, (titled, *by_events), by="backend", over="n_bytes")


def declared_too_much(console: Console, table: pd.DataFrame) -> None:
    """Print the cases whose declared rates are above their device's peak."""
    found = excesses(table)
    if not found:
        return
    heading(
        console,
        f"Declared wrongly: {numbers.number(len(found), 'rate')} above "
        f"{ADVISE.max_above_controls:g} times what the "
        f"controls reached",
    )
    for one in found:
        console.print(
            f"  {escape(one.name)}: {numbers.rate(one.rate)} {one.what} per second, "
            f"the peak is {numbers.rate(one.peak)}"
        )
