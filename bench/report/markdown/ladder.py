"""The ladder as a Markdown table, with a sentence a rung on what it saves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.analyze import intervals, tidy
from bench.analyze.ladder import ladder, rung_times, sizes_of
from bench.report.ladder_text import faster_text, seconds_text
from bench.report.markdown.escaping import code, text
from bench.report.markdown.table import head, row

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from bench.analyze.estimate import Estimate

SAVES = "what it saves"


def lines(
    table: pd.DataFrame, times: Mapping[tuple[str, int], Estimate], *, saves: bool = True
) -> Iterator[str]:
    """Write a ladder.

    Parameters
    ----------
    table : DataFrame
        From ``bench.analyze.ladder.ladder``; not empty.
    times : mapping of (str, int) to Estimate
        From ``bench.analyze.ladder.rung_times``.
    saves : bool
        Whether to say what each rung saves.

    Yields
    ------
    str
        A line of Markdown.
    """
    sizes = sizes_of(table)
    columns = ["kernel", *(f"B = {size}" for size in sizes), "times as fast"]
    yield from head([*columns, SAVES] if saves else columns, range(1, len(columns)))
    for name, rung in table.iterrows():
        seconds = [seconds_text(times.get((str(name), size))) for size in sizes]
        cells = [code(name), *seconds, faster_text(table, times, str(name))]
        yield row([*cells, text(rung["saves"])] if saves else cells)


def ladders(document: Mapping[str, Any], *, saves: bool = True) -> dict[str, str]:
    """Write every ladder that a run has the data for.

    Parameters
    ----------
    document : mapping
        The run file.
    saves : bool
        Whether to say what each rung saves.

    Returns
    -------
    dict of str to str
        By workload and device, as in ``airfoil, cpu(0)``: a Markdown table.
    """
    rows = tidy.of_case(intervals.frame(document), "epoch")
    written = {}
    for (workload, device), group in rows.groupby(["workload", "device"], sort=False):
        table = ladder(group)
        if not table.empty:
            drawn = lines(table, rung_times(group), saves=saves)
            written[f"{workload}, {device}"] = "".join(f"{line}\n" for line in drawn)
    return written
