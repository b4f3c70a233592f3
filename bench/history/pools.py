"""Series that are judged together: controls of one part of the machine, cases of a kernel."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.history.rule import RULE
from bench.history.series import History
from bench.stats.medians import Floats, weighted_median
from bench.stats.verdict import Margins
from bench.store.facts import own_bytes

# Series that are judged together: the controls of one part of the machine, cases of a kernel.
#
# A pool's series is the weighted median, run by run, of how far each of its members lies from
# its own earlier level: what moves them all moves it, and what moves one does not. The CPU
# frequency is the pool of all parts that never leave the processor, each of which counts as
# much: what they have in common.


#: Parts of the machine that controls measure.
MEMORY, CACHE, ARITHMETIC, DISPATCH, PCIE = "memory", "cache", "arithmetic", "dispatch", "PCIe"
COPIES = "small copies"
CPU_FREQUENCY = "clock"
#: Parts that never leave the processor's cores and caches, so that they tell its frequency.
FREQUENCY_PARTS = (DISPATCH, CACHE, ARITHMETIC, COPIES)
#: Arrays of a triad.
ARRAYS = 3
CONTROL_CASE = "machine"
#: By which a series is put into its pool.
POOL_COLUMNS = ("case", "kernel", "device", "control", "n_bytes")


@dataclass(frozen=True)
class Pool:
    """Series that are judged as one.

    Attributes
    ----------
    name : str
        ``memory``, or the kernel; with the device where that is no CPU.
    machine : bool
        Its members are controls.
    members : tuple of int
        Places of its series.
    parts : tuple of tuple of int
        Members that count as much together as those of any other part; empty where they are
        of one.
    """

    name: str
    machine: bool
    members: tuple[int, ...]
    device: str
    parts: tuple[tuple[int, ...], ...] = ()


def pools(series: pd.DataFrame, cache_bytes: int | None = None) -> tuple[Pool, ...]:
    """Put series into pools.

    Parameters
    ----------
    series : DataFrame
        A row for each: ``case``, ``kernel``, ``device``, ``control``, ``n_bytes``, of which
        any may be missing.
    cache_bytes : int or None
        Size of the processor's last level of cache.

    Returns
    -------
    tuple of Pool
        Every control is in one of a part of the machine, and those that tell the CPU
        frequency also in that. A kernel with one case is none.
    """
    places: dict[tuple[bool, str, str], list[int]] = {}
    rows = series.reindex(columns=list(POOL_COLUMNS)).itertuples(index=False, name=None)
    for place, (case, kernel, device, control, n_bytes) in enumerate(rows):
        if case == CONTROL_CASE:
            part = part_of(control, int(n_bytes), str(device), cache_bytes)
            places.setdefault((True, part, str(device)), []).append(place)
        elif isinstance(kernel, str):
            places.setdefault((False, f"{kernel}, {case}", str(device)), []).append(place)
    plain = []
    for (machine, name, device), members in places.items():
        if machine or len(members) > 1:
            full = name if device.startswith("cpu") else f"{name}, {device}"
            plain.append(Pool(full, machine, tuple(members), device))
    return (*plain, *_frequency_pool(plain))


def _frequency_pool(pools: Sequence[Pool]) -> Iterator[Pool]:
    """Put together what tells the CPU frequency, where there is enough."""
    chosen = [pool for pool in pools if pool.machine and pool.name in FREQUENCY_PARTS]
    if len({pool.name for pool in chosen}) >= RULE.fewest_frequency_parts:
        parts = tuple(pool.members for pool in chosen)
        yield Pool(
            CPU_FREQUENCY, True, tuple(chain.from_iterable(parts)), chosen[0].device, parts
        )


def part_of(control: str, n_bytes: int, device: str, cache_bytes: int | None = None) -> str:
    """Say which part of the machine a control measures.

    Parameters
    ----------
    n_bytes : int
        Of one of its arrays.
    """
    if control.startswith("empty"):
        return DISPATCH
    if control == "matmul":
        return ARITHMETIC
    far = ARRAYS * n_bytes > (cache_bytes or RULE.usual_cache_bytes)
    between = control in {"host_to_device", "device_to_host"}
    if between and device.startswith("gpu"):
        return PCIE if n_bytes >= RULE.min_bus_copy_bytes else DISPATCH
    if far:
        return MEMORY
    return CACHE if control == "triad" else COPIES


def pooled(deviations: Floats, pools: Sequence[Pool], std: Floats) -> Floats:
    """Make the series of pools.

    Parameters
    ----------
    deviations : ndarray, shape (n_runs, n_series)
        Of each series from its own earlier level, as logarithms; NaN where a run lacks it.
    std : ndarray, shape (n_series,)
        Between earlier runs: a member counts as the inverse of its runs' variance.

    Returns
    -------
    ndarray, shape (n_runs, n_pools)
        NaN for a run that has less than half of the members.
    """
    series = np.full((len(deviations), len(pools)), np.nan)
    weights = 1 / np.where(np.isfinite(std), std, np.inf) ** 2
    for column, pool in enumerate(pools):
        members = list(pool.members)
        some = deviations[:, members]
        there = 2 * np.sum(np.isfinite(some), axis=1) >= len(members)
        if there.any():
            series[there, column] = weighted_median(some[there], _weights(pool, weights))
    return series


def _weights(pool: Pool, weights: Floats) -> Floats:
    """Return the weights of the members, those of each part made to add up to 1."""
    parts = [weights[list(part)] for part in pool.parts or (pool.members,)]
    return np.concatenate([one / max(one.sum(), RULE.min_pool_weight) for one in parts])


def cache_bytes_of(fingerprint: Mapping[str, object]) -> int | None:
    """Return the size of the largest cache that a fingerprint tells, as far as it is own."""
    caches = fingerprint.get("caches")
    listed = caches if isinstance(caches, list) else []
    sizes = [own_bytes(one) for one in listed if isinstance(one, dict)]
    return max((size for size in sizes if size is not None), default=None)


# Which parts of the machine a case depends on, by what it does and how large its data are.


FLOAT_BYTES = 4
#: An update reads and writes the parameters, their gradient and at times a momentum.
ARRAYS_OF_UPDATE = 3
COLUMNS = (
    *("case", "device", "loader", "n_samples", "n_features", "n_parameters"),
    *("flops", "bytes_moved", "batch_size"),
)


def dependence(
    series: pd.DataFrame, pools: Sequence[Pool], cache_bytes: int | None = None
) -> NDArray[np.bool_]:
    """Say which case depends on which part.

    Parameters
    ----------
    series : DataFrame
        A row for each series, with those of `COLUMNS` that are known.

    Returns
    -------
    ndarray of bool, shape (n_series, n_pools)
        Of a control, or a pool that is no part of the machine, False; and of the CPU
        frequency, whose effect is taken out of what is judged.
    """
    rows = series.reindex(columns=list(COLUMNS)).to_dict("records")
    parts = [_parts(row, cache_bytes or RULE.usual_cache_bytes) for row in rows]
    devices = [str(row["device"]) for row in rows]
    depends = np.zeros((len(rows), len(pools)), dtype=bool)
    for column, pool in enumerate(pools):
        if pool.machine:
            part = pool.name.partition(",")[0]
            depends[:, column] = [
                part in some and (pool.device == device or part == DISPATCH)
                for some, device in zip(parts, devices, strict=True)
            ]
    return depends


def _parts(row: dict[str, object], cache_bytes: int) -> tuple[str, ...]:
    """Return the parts that a case depends on: every call is dispatched by the processor."""
    if row["case"] == CONTROL_CASE:
        return ()
    size = _work_bytes(row)
    parts = [DISPATCH]
    if np.isfinite(size):
        parts.append(MEMORY if size > cache_bytes else CACHE)
    else:
        parts += [MEMORY, CACHE]
    with np.errstate(invalid="ignore", divide="ignore"):
        if _number(row["flops"]) > RULE.min_flops_per_byte * _number(row["bytes_moved"]):
            parts.append(ARITHMETIC)
    if str(row["device"]).startswith("gpu") and row["case"] in {"loader", "notebook"}:
        parts.append(PCIE)
    return tuple(parts)


def _work_bytes(row: dict[str, object]) -> float:
    """Return the size of what a case works on; NaN where it is not known."""
    if row["case"] == "update":
        return ARRAYS_OF_UPDATE * FLOAT_BYTES * _number(row["n_parameters"])
    return FLOAT_BYTES * _number(row["n_samples"]) * _number(row["n_features"])


def _number(value: object) -> float:
    return float("nan") if pd.isna(value) else float(str(value))  # type: ignore[call-overload]


# What the rule takes, made of a history: the runs that count, pools, margins.


@dataclass(frozen=True)
class Watched:
    """What is the same for all runs of a history.

    Attributes
    ----------
    controls : ndarray of bool, shape (n_series,)
        Series that are judged in their pool alone.
    on_processor : ndarray of bool, shape (n_series,)
        Series that the CPU frequency may move.
    dependence : ndarray of bool, shape (n_series, n_pools)
    margins : ndarray, shape (n_series,)
        As logarithms.
    pool_margins : ndarray, shape (n_pools,)
    """

    pools: tuple[Pool, ...]
    controls: NDArray[np.bool_]
    on_processor: NDArray[np.bool_]
    dependence: NDArray[np.bool_]
    margins: Floats
    pool_margins: Floats


@dataclass(frozen=True)
class Material:
    """What the rule takes.

    Attributes
    ----------
    logs : ndarray, shape (n_counted_runs, n_series)
        NaN where a run tells nothing, or has another fingerprint.
    rows : ndarray of int
        Which runs of the history these are; the last is today's.
    """

    logs: Floats
    rows: NDArray[np.intp]
    watched: Watched


def material(history: History, comparable: NDArray[np.bool_], margins: Margins) -> Material:
    """Prepare a history for the rule.

    Parameters
    ----------
    comparable : ndarray of bool, shape (n_runs, n_series)
        Where a run has a series on the facts of the last run.

    Returns
    -------
    Material
        Runs that hold at least half of the last one's cases count alone, where there are
        enough of them; else all do.
    """
    logs = np.where(comparable, history.logs, np.nan)
    today = history.there[-1]
    held = np.sum((history.there & comparable)[:, today], axis=1)
    whole = held >= RULE.min_share_of_cases * max(int(today.sum()), 1)
    usable = np.any(np.isfinite(logs), axis=1)
    counted = usable & whole if np.sum((usable & whole)[:-1]) >= RULE.fewest_earlier else usable
    counted[-1] = True
    rows = np.flatnonzero(counted)
    return Material(logs[rows], rows, watched(history.runs, history.series, margins))


def watched(runs: pd.DataFrame, series: pd.DataFrame, margins: Margins) -> Watched:
    """Put series into pools, and say which depend on what.

    Parameters
    ----------
    runs, series : DataFrame
        Of a history.
    margins : Margins
        A part of the machine is called by its name, ``machine: memory``.
    """
    cache_bytes = cache_bytes_of(stored_record(runs.iloc[-1], "fingerprint"))
    parts = pools(series, cache_bytes)
    own = np.log1p([margins.of(str(key)) for key in series["key"]])
    pooled = [
        np.log1p(margins.of(f"machine: {pool.name}"))
        if pool.machine
        else float(np.median(own[list(pool.members)]))
        for pool in parts
    ]
    controls = series["case"].astype(object).eq(CONTROL_CASE).fillna(value=False)
    return Watched(
        pools=parts,
        controls=controls.to_numpy(dtype=bool),
        on_processor=series["device"].astype(str).str.startswith("cpu").to_numpy(dtype=bool),
        dependence=dependence(series, parts, cache_bytes),
        margins=np.asarray(own, dtype=float),
        pool_margins=np.array(pooled, dtype=float),
    )


def stored_record(run: pd.Series, column: str) -> dict[str, object]:
    """Read a column of JSON of a run; empty where there is none."""
    try:
        record = json.loads(str(run.get(column)))
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}
