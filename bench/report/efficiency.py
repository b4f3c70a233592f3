"""Efficiency as tables and as JSON: the roof, what bounds a case, devices compared."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.text import Text

from bench.advise.bounds import Efficiency
from bench.advise.devices import Crossing
from bench.advise.roofline import Ceilings, column
from bench.advise.theory import ARITHMETIC
from bench.report import numbers
from bench.report.grid import HEADINGS, UNTRUSTED, Grid, heading, mark, pivoted, print_grid

# The tables of one run's efficiency: share of the roof, what bounds it, devices compared.


ROOFLINE_LEGEND = (
    "How much of the attainable rate is reached, and what bounds the case "
    "(--why gives the numbers; ? stands behind a case that was disturbed)."
)
#: What grows along the columns of each case.
OVER = {"epoch": "batch_size", "step": "batch_size", "update": "n_parameters"}
TITLES = {"epoch": "Epochs", "step": "Single steps", "update": "Updates alone"}
#: Smaller shares are all the same to a reader.
LEAST_SHARE = 1e-4


def percent(share: float) -> str:
    """Write a share: ``93%``, ``4.2%``, ``<0.01%``."""
    return f"<{100 * LEAST_SHARE:g}%" if share < LEAST_SHARE else numbers.percent(share)


def groups(cases: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Split cases into those of one table.

    Parameters
    ----------
    cases : DataFrame
        Epochs, steps and updates of one device.

    Yields
    ------
    tuple of (str, str, DataFrame)
        Title, ``epoch``, ``step`` or ``update``, and rows.
    """
    tensors = column(cases, "n_tensors").fillna(1).map("{:g} tensors".format)
    training = cases["workload"].astype(str) + ", batches from " + cases["loader"].astype(str)
    what = training.where(cases["case"] != "update", tensors.replace("1 tensors", "1 tensor"))
    for case, title in TITLES.items():
        chosen = cases[cases["case"] == case]
        for name, rows in chosen.groupby(what[chosen.index], sort=False):
            yield f"{title}: {name}", case, rows


def rooflines(
    console: Console, cases: pd.DataFrame, roofs: Mapping[str, Ceilings], *, why: bool = False
) -> None:
    """Print the cases under their roofs, a section for each device.

    Parameters
    ----------
    cases : DataFrame
        From ``bench.advise.bounds.bounded``.
    why : bool
        Whether the numbers behind each word are printed too.
    """
    for device, own in cases.groupby("device", sort=False):
        console.print()
        console.print(Text(opening(str(device), own)))
        heading(console, f"Roofline: {device}")
        console.print(Text(ceiling_line(roofs[str(device)])))
        console.print(Text(ROOFLINE_LEGEND, style="dim"))
        console.print()
        for title, case, rows in groups(own):
            print_grid(console, title, pivoted(rows, "kernel", OVER[case], _cell))
            if why:
                _reasons(console, rows)


def opening(device: str, cases: pd.DataFrame) -> str:
    """Say what is nearest to what a device can do, and what bounds most cases.

    Parameters
    ----------
    cases : DataFrame
        Of the device, from ``bench.advise.bounds.bounded``.
    """
    told = cases[(cases["case"] == "epoch") & cases["roof_share"].notna()]
    told = told[[mark(row) != UNTRUSTED for _, row in told.iterrows()]]
    said = f"No training on {device} can be set against what it can do."
    if len(told):
        best = told.loc[told["roof_share"].idxmax()]
        share = percent(best["roof_share"])
        said = f"Nearest to what {device} can do: {best['name']}, at {share}."
    bounds = cases.loc[cases["bound"] != "unclear", "bound"].value_counts()
    if bounds.empty:
        return said
    most, n_cases = str(bounds.index[0]), int(bounds.iloc[0])
    behind = " (Python, and the library's dispatch)" if most == "host" else ""
    return f"{said} {n_cases} of {len(cases)} cases are bound by the {most}{behind}."


def ceiling_line(roof: Ceilings) -> str:
    """Write the ceilings of a device on a line, beside what it could do in theory."""
    rates = {name: numbers.engineering(rate, "B/s") for name, rate in roof.levels().items()}
    levels = ", ".join(f"{name} {rate}{_of_theory(roof, name)}" for name, rate in rates.items())
    flops = f"{numbers.engineering(roof.flops_per_second, 'flop/s')} (matmul)"
    return f"Ceilings: {flops}{_of_theory(roof, ARITHMETIC)}; {levels}"


def _of_theory(roof: Ceilings, name: str) -> str:
    """Write which share of a theoretical peak was measured; nothing where it is not known."""
    share = roof.theoretical_shares().get(name)
    if share is None:
        return ""
    unit = "flop/s" if name == ARITHMETIC else "B/s"
    peak = numbers.engineering(roof.theoretical[name], unit)
    wrong = ", which can't be: the driver tells a wrong clock or width" if share > 1 else ""
    return f", {percent(share)} of the theoretical {peak}{wrong}"


def _cell(one: pd.Series) -> str:
    disturbed = UNTRUSTED if mark(one) == UNTRUSTED else ""
    return f"{percent(one['roof_share'])} {one['bound']}{disturbed}"


def _reasons(console: Console, rows: pd.DataFrame) -> None:
    for name, bound, reason in zip(rows["name"], rows["bound"], rows["reason"], strict=True):
        console.print(f"  {escape(str(name))}: {bound}: {escape(str(reason))}")
    console.print()


def devices(console: Console, found: list[Crossing]) -> None:
    """Print how many times as fast each GPU is as the processor.

    Parameters
    ----------
    found : list of Crossing
        From ``bench.advise.devices.crossings``.
    """
    together: dict[tuple[str, str, str], list[Crossing]] = {}
    for one in found:
        together.setdefault((one.gpu, one.case, one.what), []).append(one)
    for (gpu, case, what), compared in together.items():
        heading(console, f"{gpu} against cpu(0): {TITLES[case].lower()}, {what}")
        head = HEADINGS[OVER[case]]
        sizes = sorted({size for one in compared for size in one.ratios})
        written = Grid(
            corner="kernel",
            sizes=(*map(head, sizes), "faster from"),
            rows={
                one.kernel: (
                    *(numbers.times(one.ratios[n]) if n in one.ratios else "" for n in sizes),
                    faster_from(one),
                )
                for one in compared
            },
        )
        print_grid(console, "times as fast as the CPU", written)


def faster_from(one: Crossing) -> str:
    """Write from which size on the GPU is faster: ``B=200``, ``every size``, ``no size``."""
    if one.faster_from is None:
        return "no size"
    if one.slower_up_to is None:
        return "every size"
    return HEADINGS[OVER[one.case]](one.faster_from)


# The tables of parallel efficiency: what more threads change, case by case.


LEGEND = (
    "Speedup against one thread; efficiency, that over the threads; e, the serial fraction of "
    "Karp & Flatt."
)


def parallel(console: Console, table: pd.DataFrame) -> None:
    """Print speedup, efficiency and serial fraction, a section for each number of threads.

    Parameters
    ----------
    table : DataFrame
        From ``bench.advise.devices.efficiencies``.
    """
    for (threads, device), own in table.groupby(["threads", "device"], sort=False):
        heading(console, f"{threads} threads against one: {device}")
        console.print(Text(LEGEND, style="dim"))
        console.print(Text(_confidence(own), style="dim"))
        console.print()
        for title, case, rows in groups(own):
            for what, write in (("speedup", _speedup), ("efficiency, e", _efficiency)):
                grid = pivoted(rows, "kernel", OVER[case], write)
                print_grid(console, f"{title}: {what}", grid)


def _confidence(rows: pd.DataFrame) -> str:
    """Say how far the intervals may be believed."""
    if rows["speedup_low"].isna().all():
        return "There are too few rounds for an interval."
    if set(rows["interval_of"]) == {"rounds"}:
        return "Intervals are of one process's rounds: what another gives may lie outside."
    least = rows["confidence"].min()
    if not least > 0.5:
        return (
            "Intervals reach from the lowest to the highest process; so few processes promise "
            "nothing (take at least five)."
        )
    return f"Intervals are between processes, and hold with at least {100 * least:.0f}%."


def _speedup(one: pd.Series) -> str:
    written = numbers.times(one["speedup"])
    if math.isnan(one["speedup_low"]) or math.isnan(one["speedup_high"]):
        return written
    return f"{written} ({one['speedup_low']:.2f} to {one['speedup_high']:.2f})"


def _efficiency(one: pd.Series) -> str:
    return f"{100 * one['efficiency']:.0f}% e={one['serial_fraction']:.2f}"


# Efficiency as JSON: the numbers behind the tables, nothing rounded.


#: What tells a case, in both documents.
CASE = (
    "name",
    "case",
    "workload",
    "kernel",
    "backend",
    "device",
    "loader",
    "batch_size",
    "n_parameters",
    "n_tensors",
    "seconds",
)


WORK = ("bytes_moved", "flops", "moved_bytes_per_second", "flops_per_second")


def roofline_document(run: str, found: Efficiency) -> dict[str, Any]:
    """Return what one run says.

    Parameters
    ----------
    run : str
        The file's name.

    Returns
    -------
    dict
        JSON-ready; None for what was not measured.
    """
    judged = found.cases.loc[:, "n_steps":]  # what `assess` adds to a case begins with it
    return {
        "run": run,
        "ceilings": {device: _ceilings(roof) for device, roof in found.roofs.items()},
        "cases": _records(found.cases, (*CASE, *WORK, *judged)),
        "devices": [
            {
                **asdict(one),
                "faster_from": one.faster_from,
                "slower_up_to": one.slower_up_to,
            }
            for one in found.crossings
        ],
    }


def parallel_document(table: pd.DataFrame) -> dict[str, Any]:
    """Return what runs on several numbers of threads say.

    Parameters
    ----------
    table : DataFrame
        From ``bench.advise.devices.efficiencies``.

    Returns
    -------
    dict
        JSON-ready; None for what was not measured.
    """
    found = table.loc[:, "threads":]  # what `efficiencies` adds to a case begins with it
    return {"cases": _records(table, (*CASE, *found, "confidence", "interval_of"))}


def _ceilings(roof: Ceilings) -> dict[str, Any]:
    """Return the ceilings of a device, and where they were measured."""
    return {
        "flops_per_second": roof.flops_per_second,
        "working_set_bytes": list(roof.bandwidth.working_sets),
        "bytes_per_second": list(roof.bandwidth.bytes_per_second),
        "levels": roof.levels(),
        "cache_bytes": dict(roof.caches),
        "theoretical": dict(roof.theoretical),
        "theoretical_shares": roof.theoretical_shares(),
    }


def _records(rows: pd.DataFrame, columns: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return rows as dicts of a few columns, without what is no number."""
    known = rows[[name for name in columns if name in rows]]
    plain: list[dict[str, Any]] = numbers.in_json(known.to_dict("records"))
    return plain
