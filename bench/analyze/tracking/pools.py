"""Series that are judged together: the controls of one part of the machine, cases of a kernel.

A pool's series is the weighted median, run by run, of how far each of its members lies from
its own earlier level: what moves them all moves it, and what moves one does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from bench.analyze.tracking.spread import Floats

#: Parts of the machine that controls measure.
MEMORY, CACHE, ARITHMETIC, DISPATCH, PCIE = "memory", "cache", "arithmetic", "dispatch", "PCIe"
COPIES = "small copies"
#: The last level of cache where the fingerprint tells none.
USUAL_CACHE_BYTES = 32 * 2**20
#: Arrays of a triad.
ARRAYS = 3
#: Beyond so many bytes a copy to or from a device is one of its bus, not of a call.
LEAST_COPY_BYTES = 2**20
CONTROL_CASE = "machine"
#: By which a series is put into its pool.
COLUMNS = ("case", "kernel", "device", "control", "n_bytes")


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
    device : str
    """

    name: str
    machine: bool
    members: tuple[int, ...]
    device: str


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
        Every control is in one, of the machine. A kernel with one case is none.
    """
    found: dict[tuple[bool, str, str], list[int]] = {}
    rows = series.reindex(columns=list(COLUMNS)).itertuples(index=False, name=None)
    for place, (case, kernel, device, control, n_bytes) in enumerate(rows):
        if case == CONTROL_CASE:
            part = part_of(control, int(n_bytes), str(device), cache_bytes)
            found.setdefault((True, part, str(device)), []).append(place)
        elif isinstance(kernel, str):
            found.setdefault((False, f"{kernel}, {case}", str(device)), []).append(place)
    return tuple(
        Pool(_named(name, device), machine, tuple(members), device)
        for (machine, name, device), members in found.items()
        if machine or len(members) > 1
    )


def _named(name: str, device: str) -> str:
    return name if device.startswith("cpu") else f"{name}, {device}"


def part_of(control: str, n_bytes: int, device: str, cache_bytes: int | None = None) -> str:
    """Say which part of the machine a control measures.

    Parameters
    ----------
    control : str
    n_bytes : int
        Of one of its arrays.
    device : str
    cache_bytes : int or None

    Returns
    -------
    str
    """
    if control.startswith("empty"):
        return DISPATCH
    if control == "matmul":
        return ARITHMETIC
    far = ARRAYS * n_bytes > (cache_bytes or USUAL_CACHE_BYTES)
    between = control in {"host_to_device", "device_to_host"}
    if between and device.startswith("gpu"):
        return PCIE if n_bytes >= LEAST_COPY_BYTES else DISPATCH
    if far:
        return MEMORY
    return CACHE if control == "triad" else COPIES


def pooled(deviations: Floats, found: Sequence[Pool], spread: Floats) -> Floats:
    """Make the series of pools.

    Parameters
    ----------
    deviations : ndarray, shape (n_runs, n_series)
        Of each series from its own earlier level, as logarithms; NaN where a run lacks it.
    found : sequence of Pool
    spread : ndarray, shape (n_series,)
        Between earlier runs: a member counts for the less, the further its runs lie apart, as
        the inverse of their variance.

    Returns
    -------
    ndarray, shape (n_runs, n_pools)
        NaN for a run that has less than half of the members.
    """
    made = np.full((len(deviations), len(found)), np.nan)
    weights = 1 / np.where(np.isfinite(spread), spread, np.inf) ** 2
    for column, pool in enumerate(found):
        members = list(pool.members)
        some = deviations[:, members]
        there = 2 * np.sum(np.isfinite(some), axis=1) >= len(members)
        if there.any():
            made[there, column] = _weighted_median(some[there], weights[members])
    return made


def _weighted_median(values: Floats, weights: Floats) -> Floats:
    """Return the weighted median of each row, between the two values where it lies."""
    order = np.argsort(values, axis=1)  # NaN comes last
    ordered = np.take_along_axis(values, order, axis=1)
    weight = np.where(np.isfinite(ordered), weights[order], 0.0)
    if not weight.any():
        return np.nanmedian(values, axis=1)
    share = np.cumsum(weight, axis=1) - weight / 2
    share /= np.sum(weight, axis=1, keepdims=True)
    share[~np.isfinite(ordered)] = np.inf
    after = np.argmax(share >= 0.5, axis=1)
    before = np.maximum(after - 1, 0)
    rows = np.arange(len(values))
    low, high = share[rows, before], share[rows, after]
    part = np.where(high > low, (0.5 - low) / np.where(high > low, high - low, 1.0), 1.0)
    part = np.where(np.isfinite(part), np.clip(part, 0.0, 1.0), 0.0)
    median: Floats = (1 - part) * ordered[rows, before] + part * np.nan_to_num(
        ordered[rows, after]
    )
    return median


def cache_bytes_of(fingerprint: Mapping[str, object]) -> int | None:
    """Return the size of the largest cache that a fingerprint tells.

    Parameters
    ----------
    fingerprint : mapping

    Returns
    -------
    int or None
    """
    caches = fingerprint.get("caches")
    listed = caches if isinstance(caches, list) else []
    sizes = [one.get("size_bytes") for one in listed if isinstance(one, dict)]
    return max((size for size in sizes if isinstance(size, int)), default=None)
