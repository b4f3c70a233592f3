"""The roofline: how near every case comes to what this machine was seen to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from bench.advise.rule import RULE
from bench.advise.theory import ARITHMETIC, MEMORY, theoretical
from bench.store import tidy
from bench.store.decoding import number
from bench.store.facts import own_bytes

# What the controls say that a device can do, and which declarations claim more.
#
# A kernel declares the bytes and flops of a step; over its time they give rates. No rate can
# be above what the device has been seen to reach: one that is shows an error in what is
# declared, not a fast kernel (Williams, Waterman & Patterson 2009, Commun. ACM 52:65, whose
# two ceilings these are).


#: Controls whose bytes are traffic of the device's own memory.
MEMORY_CONTROLS = ("triad", "device_to_device")
RATES = {"moved_bytes_per_second": "bytes", "flops_per_second": "flops"}


@dataclass(frozen=True)
class Peak:
    """The highest rates that a device's controls reached."""

    device: str
    bytes_per_second: float
    flops_per_second: float


def peaks(table: pd.DataFrame) -> dict[str, Peak]:
    """Find the peaks of each device.

    Parameters
    ----------
    table : DataFrame
        From ``bench.store.tidy.frame``.

    Returns
    -------
    dict of str to Peak
        By device; without those that have no controls of memory and arithmetic.
    """
    controls = tidy.of_case(table, "machine")
    found = {}
    for device, rows in controls.groupby("device", sort=False):
        memory = rows[rows["control"].isin(MEMORY_CONTROLS)]["moved_bytes_per_second"].max()
        flops = rows[rows["control"] == "matmul"]["flops_per_second"].max()
        if pd.notna(memory) and pd.notna(flops):
            found[str(device)] = Peak(str(device), float(memory), float(flops))
    return found


@dataclass(frozen=True)
class Excess:
    """A declared rate above the device's peak.

    Attributes
    ----------
    name : str
        The case.
    what : {'bytes', 'flops'}
    rate, peak : float
        Per second.
    """

    name: str
    what: str
    rate: float
    peak: float


def excesses(table: pd.DataFrame, room: float = RULE.max_above_controls) -> list[Excess]:
    """List the cases whose declared rates are above the peak of their device.

    Parameters
    ----------
    table : DataFrame
        From ``bench.store.tidy.frame``.
    room : float
        How many times the peak is still allowed.

    Returns
    -------
    list of Excess
        Empty also where no control was measured.
    """
    return [excess for peak in peaks(table).values() for excess in _above(table, peak, room)]


def _above(table: pd.DataFrame, peak: Peak, room: float) -> Iterator[Excess]:
    """Yield what is above one device's peak."""
    rows = table[(table["device"] == peak.device) & (table["case"] != "machine")]
    limits = {
        "moved_bytes_per_second": peak.bytes_per_second,
        "flops_per_second": peak.flops_per_second,
    }
    for column, limit in limits.items():
        if column not in rows:
            continue
        rates = pd.to_numeric(rows[column])
        for index in rows.index[rates > room * limit]:
            name = str(rows.loc[index, "name"])
            yield Excess(name, RATES[column], float(rates[index]), limit)


# The ceilings of a roofline: the highest arithmetic, and the bandwidth of every level.
#
# The roofline of Williams, Waterman & Patterson (2009, Commun. ACM 52:65) has one bandwidth,
# that of memory. Small data come from a cache, which is faster, so that ceiling has to follow
# the size of what is worked on (Ilic, Pratas & Sousa 2014, *Cache-aware roofline model*, IEEE
# Comput. Archit. Lett. 13:21). Here it is measured: the triad ``a = b + s c`` of
# ``bench_machine`` was timed at several sizes, by several libraries, and the best at each size
# is taken. Between two sizes the bandwidth is interpolated, both on log scales.
#
# - The working set of a triad is its three arrays: 12 bytes an element.
# - A small triad shows the call, not the cache. Whatever fits where more data fit can go as
#   fast as those, so each size gets the highest bandwidth of all sizes from it on.
# - The triad is on all cores where a library does it so. What runs on one core reaches less.
# - The triad writes to an array that it has not read; the processor reads it nevertheless, and
#   that is not counted. An update in place moves nothing uncounted and can reach more than the
#   triad: 1.6 times as much has been seen.


CACHE = "cache"
TRIAD_ARRAYS = 3


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
    flops_per_second : float
        Of the fastest matrix product, float32.
    caches : tuple of (str, float)
        Name and bytes of each level, ascending, all cores' together: so the triad fills
        them. Empty where the device does not tell.
    theoretical : mapping of str to float
        From `theoretical`.
    """

    device: str
    flops_per_second: float
    bandwidth: Bandwidth
    caches: tuple[tuple[str, float], ...] = ()
    theoretical: Mapping[str, float] = field(default_factory=dict)

    def level(self, working_set_bytes: float) -> str:
        """Return where data of this size are: ``L1``, ``L2``, …, ``cache`` or ``memory``."""
        if self.caches:
            fitting = (name for name, size in self.caches if working_set_bytes <= size)
            return next(fitting, MEMORY)
        slowest = self.bandwidth.bytes_per_second[-1]
        near_memory = self.bandwidth.of(working_set_bytes) <= RULE.memory_within * slowest
        return MEMORY if near_memory else CACHE

    def levels(self) -> dict[str, float]:
        """Return the highest bandwidth that was measured in each level, the nearest first."""
        found: dict[str, float] = {}
        known = self.bandwidth
        for size, rate in zip(known.working_sets, known.bytes_per_second, strict=True):
            found.setdefault(self.level(size), rate)
        return found

    def theoretical_shares(self) -> dict[str, float]:
        """Return how much of each theoretical peak was measured, by the names of these."""
        measured = {**self.levels(), ARITHMETIC: self.flops_per_second}
        return {
            name: measured[name] / peak
            for name, peak in self.theoretical.items()
            if name in measured
        }


def ceilings(table: pd.DataFrame, fingerprint: Mapping[str, Any]) -> dict[str, Ceilings]:
    """Find the ceilings of each device.

    Parameters
    ----------
    table : DataFrame
        From ``bench.store.tidy.frame``.
    fingerprint : mapping
        Of the run's machine; it says how large the caches are, and what a GPU consists of.

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
            caches=caches(fingerprint, device),
            theoretical=theoretical(_gpu(fingerprint, device)),
        )
        for (device,), bandwidth in bandwidths(table, ["device"]).items()
        if device in highest
    }


def bandwidths(table: pd.DataFrame, by: list[str]) -> dict[tuple[str, ...], Bandwidth]:
    """Find the best triads.

    Parameters
    ----------
    table : DataFrame
        From ``bench.store.tidy.frame``.
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


def caches(fingerprint: Mapping[str, Any], device: str) -> tuple[tuple[str, float], ...]:
    """Name a device's caches that hold data.

    Returns
    -------
    tuple of (str, float)
        Of the processor ``L1``, ``L2``, … and the bytes of all usable cores' together, as far
        as they can be this machine's own; none where a size is not told. Of a GPU ``L2``, the
        one that all its multiprocessors share; none where the driver does not tell its size.
    """
    if not device.startswith("cpu"):
        l2_bytes = number(_gpu(fingerprint, device).get("l2_bytes"))
        return (("L2", l2_bytes),) if l2_bytes else ()
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


def _gpu(fingerprint: Mapping[str, Any], device: str) -> Mapping[str, Any]:
    """Return what a fingerprint tells of a GPU; nothing of another device."""
    listed: Sequence[Mapping[str, Any]] = fingerprint.get("gpus") or ()
    return {f"gpu({one.get('index')})": one for one in listed}.get(device, {})


# The roofline: how near every case comes to what this machine was seen to do.
#
# With the arithmetic intensity I = flops / bytes of a case, no more can be attained than
#
#     min(peak flops per second, I x bandwidth)
#
# (Williams, Waterman & Patterson 2009, Commun. ACM 52:65). The bandwidth is that of the level
# which holds the case's working set (``bench.advise.roofline``). Bytes and flops are those
# that a kernel declares (``kernels.cost``): the traffic of its operators as they are written.
#
# The working set is
#
# - of an epoch: every sample once, ``n_samples (n_features + 1)`` float32 values. Permuted
#   copies and what a step allocates are not counted, so it is the least that it can be;
# - of a step: its batch, ``batch_size (n_features + 1)`` values, the same one every time;
# - of an update: what is read and written of each updated parameter. Weight, gradient and a
#   third array, the result or the velocity: 12 bytes; 6 in float16; 8 where weights and
#   gradients in float16 have a float32 copy of the weights.


#: Cases whose kernels declare what they move and compute.
DECLARING = ("epoch", "step", "update")
VALUE_BYTES = 4
WORKING_BYTES = {"float32": 12, "float16": 6, "mixed": 8}


def place(table: pd.DataFrame, roofs: Mapping[str, Ceilings]) -> pd.DataFrame:
    """Put every case under its roof.

    Parameters
    ----------
    table : DataFrame
        From ``bench.store.tidy.frame``.
    roofs : mapping of str to Ceilings
        From ``bench.advise.roofline.ceilings``, by device.

    Returns
    -------
    DataFrame
        The epochs, steps and updates that declare bytes and flops, on devices that have a
        roof, with these columns beside their own:

        - ``n_steps``: in one call that was timed; 1 but for an epoch;
        - ``intensity``: flops per byte;
        - ``working_set_bytes``, and its ``level``: ``L1``, …, ``cache`` or ``memory``;
        - ``ceiling_bytes_per_second``, of that level; ``ceiling_flops_per_second``;
        - ``attainable_flops_per_second``, and ``roof``: what sets it, ``arithmetic`` or the
          level;
        - ``roof_share``: of the attainable, what is reached; above 1 where the triad is no
          ceiling (see ``bench.advise.roofline``).
    """
    cases = pd.concat([tidy.of_case(table, case) for case in DECLARING])
    moved, flops = column(cases, "bytes_moved"), column(cases, "flops")
    known = (moved > 0) & (flops > 0) & cases["device"].isin(list(roofs))
    cases, moved, flops = cases[known], moved[known], flops[known]
    intensity = flops / moved
    sizes = working_sets(cases)
    pairs = list(zip(cases["device"], sizes, strict=True))
    bandwidth = np.array([roofs[device].bandwidth.of(size) for device, size in pairs])
    peak = np.array([roofs[device].flops_per_second for device, _ in pairs])
    levels = [roofs[device].level(size) for device, size in pairs]
    attainable = np.minimum(peak, intensity * bandwidth)
    placed: pd.DataFrame = cases.assign(
        n_steps=n_steps(cases),
        intensity=intensity,
        working_set_bytes=sizes,
        level=levels,
        ceiling_bytes_per_second=bandwidth,
        ceiling_flops_per_second=peak,
        attainable_flops_per_second=attainable,
        roof=np.where(peak <= intensity * bandwidth, ARITHMETIC, levels),
        roof_share=flops / column(cases, "seconds") / attainable,
    )
    return placed


def column(rows: pd.DataFrame, name: str) -> pd.Series:
    """Return a column as numbers.

    Returns
    -------
    Series of float
        NaN where there is no such column, or no number in it.
    """
    values = rows[name] if name in rows else pd.Series(np.nan, index=rows.index)
    return pd.to_numeric(values, errors="coerce").astype(float)


def n_steps(cases: pd.DataFrame) -> pd.Series:
    """Return the steps in one timed call: an epoch's, its short last one included, or 1."""
    of_an_epoch = -(-column(cases, "n_samples") // column(cases, "batch_size"))
    steps: pd.Series = of_an_epoch.where(cases["case"] == "epoch", 1.0)
    return steps


def working_sets(cases: pd.DataFrame) -> pd.Series:
    """Return the bytes that each case works on again and again.

    Parameters
    ----------
    cases : DataFrame
        Epochs, steps and updates.
    """
    sample_bytes = VALUE_BYTES * (column(cases, "n_features") + 1)
    samples = column(cases, "n_samples").where(
        cases["case"] == "epoch", column(cases, "batch_size")
    )
    precision = cases.get("precision", pd.Series(np.nan, index=cases.index))
    per_parameter = precision.map(WORKING_BYTES).fillna(WORKING_BYTES["float32"])
    parameters = column(cases, "n_updated").fillna(column(cases, "n_parameters"))
    sizes: pd.Series = (samples * sample_bytes).where(
        cases["case"] != "update", parameters * per_parameter
    )
    return sizes
