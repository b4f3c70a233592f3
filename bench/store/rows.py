"""The rows of a run and of its cases, from its document."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from statistics import median
from typing import Any

from bench.stats.medians import fifth_percentile, median_interval
from bench.store.decoding import (
    READERS,
    Bench,
    Benchmark,
    DamageError,
    Document,
    ExtraInfo,
    Process,
    WarmUp,
    as_json,
    boolean,
    decode,
    integer,
    interval,
    moment,
    number,
    record,
    rounds_of,
    text,
)
from bench.store.files import commit_of
from bench.store.schema import CASES, GIVEN, REPEATED, RUNS, Column, Kind, Source

# The columns of a run's cases, from its document.


#: Columns that a case has of its own.
OWN = tuple(one for one in CASES if one.name not in REPEATED)
#: Those of them that are computed, in the order in which ``_computed`` gives them.
COMPUTED = tuple(one.name for one in OWN if one.source is Source.COMPUTED)
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

    Returns
    -------
    dict of str to list
        Those of ``OWN``; None where a value is missing.
    """
    benchmarks = document.benchmarks
    infos = [
        one.extra_info if isinstance(one.extra_info, ExtraInfo) else NOTHING
        for one in benchmarks
    ]
    holders: dict[Source, list[Any]] = {
        Source.STATS: [one.stats for one in benchmarks],
        Source.EXTRA_INFO: infos,
    }
    computed = [_computed(*one) for one in zip(benchmarks, infos, strict=True)]
    by_name = dict(zip(COMPUTED, zip(*computed, strict=True), strict=True)) if computed else {}
    memories = [record(one.memory) for one in infos]
    columns: dict[str, list[Any]] = {}
    for column in OWN:
        if column.source is Source.COMPUTED:
            columns[column.name] = list(by_name.get(column.name, ()))
        elif column.source is Source.MEMORY:
            read = READERS[column.kind]
            columns[column.name] = [read(one.get(column.key)) for one in memories]
        else:
            columns[column.name] = _read_case(column, holders[column.source])
    return columns


def _read_case(column: Column, holders: list[Any]) -> list[Any]:
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
    return (
        benchmark.name,
        text(benchmark.fullname) or benchmark.name,
        text(benchmark.group),
        as_json(benchmark.params),
        seconds,
        low,
        high,
        between_low,
        between_high,
        number(info.between_confidence),
        _of_each(processes, "median") or [seconds],
        _fast(benchmark, processes),
        _of_each(processes, "yardstick_seconds") or [],
        _of_each(processes, "layout") or [],
        _single_cpus(processes),
        rounds,
        _settled(info, processes),
    )


def _of_each(processes: list[Any], fact: str) -> list[float] | None:
    """Return a fact of every process; None where one of them lacks it."""
    found = [number(getattr(one, fact, None)) for one in processes]
    known = [one for one in found if one is not None]
    return known if len(known) == len(found) else None


def _single_cpus(processes: list[Any]) -> list[float]:
    """Return the CPU of each process; nothing where one was given none, or several."""
    given = [getattr(one, "cpus", None) for one in processes]
    if not all(isinstance(cpus, list) and len(cpus) == 1 for cpus in given):
        return []
    return [float(cpus[0]) for cpus in given if isinstance(cpus, list)]


def _fast(benchmark: Benchmark, processes: list[Any]) -> list[float]:
    """Return the fifth percentile of each process, of the raw rounds where it is not told."""
    told = _of_each(processes, "fifth_percentile")
    if told is not None:
        return told
    data = rounds_of(benchmark.stats) or []
    try:
        parts = [data[slice(*one.rounds)] for one in processes]
        return [fifth_percentile(part) for part in parts] if all(parts) else []
    except (AttributeError, TypeError):
        return []


def _settled(info: ExtraInfo, processes: list[Any]) -> bool | None:
    """Say whether a case's warm-up had settled, in all its processes."""
    holders = [one for one in processes if isinstance(one, Process)] or [info]
    told = [boolean(one.warm_up.settled) for one in holders if isinstance(one.warm_up, WarmUp)]
    known = [one for one in told if one is not None]
    return all(known) if known else None


# The row of a run, from its document.


def run_facts(document: Document) -> dict[str, Any]:
    """Return what is known of a run.

    Returns
    -------
    dict
        All of ``bench.store.schema.RUNS`` but ``run`` and ``path``; None where a value is
        missing.
    """
    machine, commit = record(document.machine_info), record(document.commit_info)
    bench = document.bench if isinstance(document.bench, Bench) else Bench()
    facts = record(machine.get("fingerprint")) or _foreign_facts(machine)
    revision = commit_of({"commit_info": {"id": text(commit.get("id"))}})
    return {
        "taken": moment(document.datetime),
        "commit": revision,
        "dirty": boolean(commit.get("dirty")) if revision else None,
        "branch": text(commit.get("branch")) if revision else None,
        "node": text(machine.get("node")),
        **{name: text(facts.get(name)) for name in ("cpu_model", "os", "python", "numpy")},
        "gpus": _names(facts.get("gpus")),
        "kernel_release": text(facts.get("kernel")),
        "fingerprint_id": text(machine.get("fingerprint_id")),
        "fingerprint": as_json(facts or None),
        "volatile": as_json(record(machine.get("volatile")) or None),
        "preset": text(bench.preset),
        "status": text(bench.status),
        "processes": integer(bench.processes),
        "command": as_json(bench.command),
        "took_seconds": number(bench.took_seconds),
        "n_cases": len(document.benchmarks),
        "n_skipped": _count(bench.skipped),
        "n_failed": _count(bench.failed),
        "n_incidents": _count(bench.incidents),
        "pytest_benchmark_version": text(document.version),
    }


def _foreign_facts(machine: Mapping[str, Any]) -> dict[str, Any]:
    """Give what pytest-benchmark tells of a machine the names that a fingerprint has."""
    cpu = record(machine.get("cpu"))
    system, release = machine.get("system"), machine.get("release")
    facts = {
        "cpu_model": cpu.get("brand_raw", cpu.get("brand")),  # py-cpuinfo before 5: brand
        "cores_logical": cpu.get("count"),
        "machine": machine.get("machine"),
        "os": system,
        "kernel": f"{system} {release}" if text(system) and text(release) else None,
        "python": machine.get("python_version"),
        "python_implementation": machine.get("python_implementation"),
    }
    return {name: fact for name, fact in facts.items() if fact is not None}


def _names(gpus: Any) -> str | None:
    """Join the GPUs' names."""
    if type(gpus) is not list:
        return None
    return ", ".join(text(record(gpu).get("name")) or "a GPU without a name" for gpu in gpus)


def _count(listed: Any) -> int | None:
    return len(listed) if type(listed) is list else None


# Parses run files into columns: the rows of their cases, and a row a run.


FACTS = tuple(one for one in RUNS if one.name not in GIVEN)


@dataclass
class Batch:
    """Some parsed runs.

    Attributes
    ----------
    cases : dict of str to list
        By the names of ``OWN``; all cases of a run, then those of the next.
    runs : dict of str to list
        By the names of ``FACTS``.
    files : list of Path
        Those that the runs are from.
    stamps : list of tuple of int
        Size in bytes and time of last change in ns of each file, when it was read.
    damaged : list of (Path, str)
        Files that are no runs, and why.
    """

    cases: dict[str, list[Any]] = field(default_factory=lambda: {one.name: [] for one in OWN})
    runs: dict[str, list[Any]] = field(default_factory=lambda: {one.name: [] for one in FACTS})
    files: list[Path] = field(default_factory=list)
    stamps: list[tuple[int, int]] = field(default_factory=list)
    damaged: list[tuple[Path, str]] = field(default_factory=list)


def parse(files: Iterable[Path]) -> Batch:
    """Parse run files."""
    batch = Batch()
    for file in files:
        try:
            content, stamp = _read(file)
            document = decode(content)
            cases = case_columns(document)
        except OSError as error:
            batch.damaged.append((file, f"it can't be read: {error.strerror or error}."))
            continue
        except DamageError as error:
            batch.damaged.append((file, str(error)))
            continue
        for name, values in cases.items():
            batch.cases[name].extend(values)
        for name, value in run_facts(document).items():
            batch.runs[name].append(value)
        batch.files.append(file)
        batch.stamps.append(stamp)
    return batch


def _read(file: Path) -> tuple[bytes, tuple[int, int]]:
    """Read a file, with the stamp that it had before: one that changes meanwhile is read again.

    So a stamp in the cache is never newer than what it stands for.
    """
    with file.open("rb") as opened:
        told = os.fstat(opened.fileno())
        return opened.read(), (told.st_size, told.st_mtime_ns)
