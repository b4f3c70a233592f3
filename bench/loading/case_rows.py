"""The columns of a run's cases, from its document."""

from __future__ import annotations

from operator import attrgetter
from statistics import median
from typing import TYPE_CHECKING, Any

from bench.analyze.median import median_interval
from bench.analyze.quantile import fifth_percentile
from bench.loading.columns import CASES, Kind, Source
from bench.loading.decoding import ExtraInfo, Process, WarmUp, rounds_of
from bench.loading.values import (
    READERS,
    as_json,
    boolean,
    integer,
    interval,
    number,
    record,
)

if TYPE_CHECKING:
    from bench.loading.columns import Column
    from bench.loading.decoding import Benchmark, Document

#: Columns that are computed, in the order in which ``_computed`` gives them.
COMPUTED = (
    "params",
    "seconds",
    "seconds_low",
    "seconds_high",
    "between_low",
    "between_high",
    "process_seconds",
    "process_fifth_percentiles",
    "process_yardsticks",
    "rounds",
    "warm_up_settled",
)
NOTHING = ExtraInfo()
#: Types that need no second look. JSON holds no float that is not finite; integers may have
#: more than 64 bits.
EXPECTED: dict[Kind, set[type]] = {
    Kind.TEXT: {str, type(None)},
    Kind.INTEGER: {type(None)},
    Kind.FLOAT: {float, type(None)},
    Kind.BOOLEAN: {bool, type(None)},
}


def case_columns(document: Document) -> dict[str, list[Any]]:
    """Return the cases of a run, by column.

    Parameters
    ----------
    document : Document

    Returns
    -------
    dict of str to list
        All of ``bench.loading.columns.CASES`` but ``run`` and ``taken``, which are the run's;
        None where a value is missing.
    """
    benchmarks = document.benchmarks
    infos = [
        one.extra_info if isinstance(one.extra_info, ExtraInfo) else NOTHING
        for one in benchmarks
    ]
    holders: dict[Source, list[Any]] = {
        Source.BENCHMARK: benchmarks,
        Source.STATS: [one.stats for one in benchmarks],
        Source.EXTRA_INFO: infos,
    }
    computed = [_computed(*one) for one in zip(benchmarks, infos, strict=True)]
    by_name = dict(zip(COMPUTED, zip(*computed, strict=True), strict=True)) if computed else {}
    memories = [record(one.memory) for one in infos]
    columns: dict[str, list[Any]] = {}
    for column in CASES[2:]:
        if column.source is Source.COMPUTED:
            columns[column.name] = list(by_name.get(column.name, ()))
        elif column.source is Source.MEMORY:
            read = READERS[column.kind]
            columns[column.name] = [read(one.get(column.key)) for one in memories]
        else:
            columns[column.name] = _read(column, holders[column.source])
    columns["fullname"] = [
        one or other for one, other in zip(columns["fullname"], columns["name"], strict=True)
    ]
    return columns


def _read(column: Column, holders: list[Any]) -> list[Any]:
    """Read a column from the records that hold it.

    Looking at each value takes longer than parsing it did, so that is left out where all are
    of the one type that is expected, as in every file of this suite.
    """
    values = list(map(attrgetter(column.key), holders))
    if {*map(type, values)} <= EXPECTED[column.kind]:
        return values
    return [*map(READERS[column.kind], values)]


def _computed(benchmark: Benchmark, info: ExtraInfo) -> tuple[Any, ...]:
    """Return the columns ``COMPUTED`` of one benchmark."""
    stats = benchmark.stats
    seconds, rounds = number(stats.median), integer(stats.rounds)
    own = interval(info.interval)
    if seconds is None or rounds is None or own is None:
        data = rounds_of(stats)
        if data is not None:
            seconds = median(data) if seconds is None else seconds
            rounds = len(data) if rounds is None else rounds
            own = own or median_interval(data)
    low, high = own or (None, None)
    between_low, between_high = interval(info.between_interval) or (None, None)
    processes = info.processes if isinstance(info.processes, list) else []
    medians = [number(one.median) if isinstance(one, Process) else None for one in processes]
    return (
        as_json(benchmark.params),
        seconds,
        low,
        high,
        between_low,
        between_high,
        [seconds] if not medians or None in medians else medians,
        _fast(benchmark, processes),
        _yardsticks(processes),
        rounds,
        _settled(info, processes),
    )


def _fast(benchmark: Benchmark, processes: list[Any]) -> list[float]:
    """Return the fifth percentile of each process, of the raw rounds where it is not told."""
    found = [
        number(one.fifth_percentile) if isinstance(one, Process) else None for one in processes
    ]
    known = [one for one in found if one is not None]
    if len(known) == len(found):
        return known
    data = rounds_of(benchmark.stats) or []
    try:
        parts = [data[slice(*one.rounds)] for one in processes]
        return [fifth_percentile(part) for part in parts] if all(parts) else []
    except (AttributeError, TypeError):
        return []


def _yardsticks(processes: list[Any]) -> list[float]:
    """Return what the yardstick took in each process; none where one of them lacks it."""
    found = [
        number(one.yardstick_seconds) if isinstance(one, Process) else None for one in processes
    ]
    known = [one for one in found if one is not None]
    return known if len(known) == len(found) else []


def _settled(info: ExtraInfo, processes: list[Any]) -> bool | None:
    """Say whether a case's warm-up had settled, in all its processes."""
    holders = [one for one in processes if isinstance(one, Process)] or [info]
    told = [boolean(one.warm_up.settled) for one in holders if isinstance(one.warm_up, WarmUp)]
    known = [one for one in told if one is not None]
    return all(known) if known else None
