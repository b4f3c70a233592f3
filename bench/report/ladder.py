"""The ladder, as every writer shows it: kernels from the slowest to the fastest, with marks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from rich.console import Console
from rich.text import Text

from bench.advise.contenders import FOOT, ladder, rung_names, sizes_of
from bench.report import numbers
from bench.report.grid import (
    IMPRECISE,
    UNTRUSTED,
    Grid,
    heading,
    mark,
    marks_meant,
    print_whole,
)
from bench.stats.estimate import Estimate

NOTHING = "–"
#: From the worst to the best.
MARKS = (UNTRUSTED, IMPRECISE, " ", "")
LOWEST = " + ".join(FOOT)


@dataclass(frozen=True)
class Rung:
    """A line of a ladder.

    Attributes
    ----------
    seconds : mapping of int to (str, float)
        By batch size, of those that were measured: an epoch as it is shown, and in seconds.
    times : str
        How many times as fast as the lowest rung it is at the smallest batch size; a dash
        where one of both was not measured.
    saves : str
        What it saves against the rung below.
    """

    name: str
    seconds: Mapping[int, tuple[str, float]]
    times: str
    factor: float
    saves: str


@dataclass(frozen=True)
class Ladder:
    """The kernels of a workload and device, the slowest first.

    Attributes
    ----------
    where : str
        As in ``airfoil, cpu(0)``.
    """

    where: str
    sizes: Sequence[int]
    rungs: Sequence[Rung]


def laddered(rows: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame, pd.DataFrame]]:
    """Yield the ladder of each workload and device that has one.

    Yields
    ------
    tuple of (str, DataFrame, DataFrame)
        As in ``airfoil, cpu(0)``; the ``epoch`` cases there; and their ladder.
    """
    for (workload, device), group in rows.groupby(["workload", "device"], sort=False):
        table = ladder(group)
        if not table.empty:
            yield f"{workload}, {device}", group, table


def ladders(
    rows: pd.DataFrame, write: Callable[[pd.Series], str] = numbers.timed
) -> Iterator[Ladder]:
    """Write the ladders; no number that is short of its precision is without its mark.

    Parameters
    ----------
    rows : DataFrame
        ``epoch`` cases with their intervals, from ``bench.store.tidy``.
    write : callable
        A case to its time.
    """
    for where, group, table in laddered(rows):
        sizes = sizes_of(table)
        named = group.assign(rung=rung_names(group))
        cases = {(str(one["rung"]), int(one["batch_size"])): one for _, one in named.iterrows()}
        lowest = cases.get((LOWEST, sizes[0]))
        rungs = []
        for name, row in table.iterrows():
            keys = {size: (str(name), size) for size in sizes}
            own = {size: cases[key] for size, key in keys.items() if key in cases}
            seconds = {
                size: (write(case) + mark(case), float(case["seconds"]))
                for size, case in own.items()
            }
            times = _times(lowest, own.get(sizes[0]))
            saves = str(row["saves"] or "")
            rungs.append(Rung(str(name), seconds, times, float(row["times"]), saves))
        yield Ladder(where, sizes, rungs)


def _times(lowest: pd.Series | None, case: pd.Series | None) -> str:
    """Write how many times as fast as the lowest rung a case is, with the worse mark."""
    if lowest is None or case is None:
        return NOTHING
    known = [Estimate(*one[["seconds", "low", "high"]].astype(float)) for one in (lowest, case)]
    ratio = "1x" if case is lowest else numbers.quotient(*known)
    return ratio + min((mark(one) for one in (lowest, case)), key=MARKS.index)


def show_ladders(console: Console, rows: pd.DataFrame) -> None:
    """Print the ladder of each workload and device."""
    for found in ladders(rows, lambda case: numbers.seconds(case["seconds"])):
        heading(console, f"The ladder: {found.where}, seconds per epoch")
        told = any(rung.times != NOTHING for rung in found.rungs)
        if told:
            text = f"times: as fast as {LOWEST} at batch size {found.sizes[0]}"
            console.print(Text(text, style="italic"))
        cells = {
            rung.name: (
                *(rung.seconds.get(size, (NOTHING,))[0] for size in found.sizes),
                *([rung.times] if told else []),
            )
            for rung in found.rungs
        }
        heads = (*(f"B={size}" for size in found.sizes), *(["times"] if told else []))
        for table in Grid("kernel", heads, cells).tables(console.width):
            print_whole(console, table)
        marks_meant(console, rows)
