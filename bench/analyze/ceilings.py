"""The ceilings of a roofline: the highest arithmetic, and the bandwidth of every level.

The roofline of Williams, Waterman & Patterson (2009, Commun. ACM 52:65) has one bandwidth,
that of memory. Small data come from a cache, which is faster, so that ceiling has to follow
the size of what is worked on (Ilic, Pratas & Sousa 2014, *Cache-aware roofline model*, IEEE
Comput. Archit. Lett. 13:21). Here it is measured: the triad ``a = b + s c`` of
``bench_machine`` was timed at several sizes, by several libraries, and the best at each size
is taken. Between two sizes the bandwidth is interpolated, both on log scales.

- The working set of a triad is its three arrays: 12 bytes an element.
- A small triad shows the call, not the cache. Whatever fits where more data fit can go as
  fast as those, so each size gets the highest bandwidth of all sizes from it on.
- The triad is on all cores where a library does it so. What runs on one core reaches less.
- The triad writes to an array that it has not read; the processor reads it nevertheless, and
  that is not counted. An update in place moves nothing uncounted and can reach more than the
  triad: 1.6 times as much has been seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.analyze import tidy
from bench.analyze.own_caches import own_bytes
from bench.analyze.peaks import peaks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

MEMORY, CACHE = "memory", "cache"
TRIAD_ARRAYS = 3
#: Where a device does not tell its caches: data are in memory where the triad is at most so
#: many times as fast as with the largest arrays.
MEMORY_WITHIN = 2.0


@dataclass(frozen=True)
class Bandwidth:
    """The bandwidth by what is worked on.

    Attributes
    ----------
    working_sets : tuple of float
        Bytes, ascending: where it is known.
    bytes_per_second : tuple of float
        The bandwidth there; it never rises with the working set.
    """

    working_sets: tuple[float, ...]
    bytes_per_second: tuple[float, ...]

    def of(self, working_set_bytes: float) -> float:
        """Return the bytes per second that data of this size can be moved with."""
        at, known = np.log(self.working_sets), np.log(self.bytes_per_second)
        return float(np.exp(np.interp(np.log(working_set_bytes), at, known)))


@dataclass(frozen=True)
class Ceilings:
    """What a device was seen to reach.

    Attributes
    ----------
    device : str
    flops_per_second : float
        Of the fastest matrix product, float32.
    bandwidth : Bandwidth
    caches : tuple of (str, float)
        Name and bytes of each level, ascending, all cores' together: so the triad fills
        them. Empty where the device does not tell.
    """

    device: str
    flops_per_second: float
    bandwidth: Bandwidth
    caches: tuple[tuple[str, float], ...] = ()

    def level(self, working_set_bytes: float) -> str:
        """Return where data of this size are: ``L1``, ``L2``, …, ``cache`` or ``memory``."""
        if self.caches:
            fitting = (name for name, size in self.caches if working_set_bytes <= size)
            return next(fitting, MEMORY)
        slowest = self.bandwidth.bytes_per_second[-1]
        near_memory = self.bandwidth.of(working_set_bytes) <= MEMORY_WITHIN * slowest
        return MEMORY if near_memory else CACHE

    def levels(self) -> dict[str, float]:
        """Return the highest bandwidth that was measured in each level, the nearest first."""
        found: dict[str, float] = {}
        known = self.bandwidth
        for size, rate in zip(known.working_sets, known.bytes_per_second, strict=True):
            found.setdefault(self.level(size), rate)
        return found


def ceilings(table: pd.DataFrame, fingerprint: Mapping[str, Any]) -> dict[str, Ceilings]:
    """Find the ceilings of each device.

    Parameters
    ----------
    table : DataFrame
        From ``bench.analyze.tidy.frame``.
    fingerprint : mapping
        Of the run's machine; it says how large the processor's caches are.

    Returns
    -------
    dict of str to Ceilings
        By device; without those of which no triad or no matrix product was timed.
    """
    highest = peaks(table)
    return {
        device: Ceilings(
            device=device,
            flops_per_second=highest[device].flops_per_second,
            bandwidth=bandwidth,
            caches=caches(fingerprint) if device.startswith("cpu") else (),
        )
        for (device,), bandwidth in bandwidths(table, ["device"]).items()
        if device in highest
    }


def bandwidths(table: pd.DataFrame, by: list[str]) -> dict[tuple[str, ...], Bandwidth]:
    """Find the best triads.

    Parameters
    ----------
    table : DataFrame
        From ``bench.analyze.tidy.frame``.
    by : list of str
        Columns: one bandwidth for each of their values.

    Returns
    -------
    dict of tuple of str to Bandwidth
        Without those of which no triad was timed.
    """
    controls = tidy.of_case(table, "machine")
    if controls.empty:
        return {}
    triads = controls[controls["control"] == "triad"]
    found = {}
    for key, rows in triads.groupby(by, sort=False):
        best = rows.groupby("n_bytes")["moved_bytes_per_second"].max().dropna().sort_index()
        if best.empty:
            continue
        never_rising = np.maximum.accumulate(best.to_numpy(dtype=float)[::-1])[::-1]
        sizes = TRIAD_ARRAYS * best.index.to_numpy(dtype=float)
        name = tuple(map(str, key)) if isinstance(key, tuple) else (str(key),)
        found[name] = Bandwidth(tuple(sizes.tolist()), tuple(never_rising.tolist()))
    return found


def caches(fingerprint: Mapping[str, Any]) -> tuple[tuple[str, float], ...]:
    """Name the processor's caches that hold data.

    Parameters
    ----------
    fingerprint : mapping

    Returns
    -------
    tuple of (str, float)
        ``L1``, ``L2``, … and the bytes of all usable cores' together, as far as they can be
        this machine's own; none where a size is not told.
    """
    listed: Sequence[Mapping[str, Any]] = fingerprint.get("caches") or ()
    cores = int(fingerprint.get("cores_usable") or 1)
    sizes = {}
    for one in listed:
        if one.get("type") != "Instruction":
            own = own_bytes(one)
            if own is None:
                return ()
            sizes[f"L{one['level']}"] = float(own) * -(-cores // (one["shared_by"] or cores))
    return tuple(sorted(sizes.items(), key=lambda one: one[1]))
