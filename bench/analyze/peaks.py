"""What the controls say that a device can do, and which declarations claim more.

A kernel declares the bytes and flops of a step; over its time they give rates. No rate can
be above what the device has been seen to reach: one that is shows an error in what is
declared, not a fast kernel (Williams, Waterman & Patterson 2009, Commun. ACM 52:65, whose
two ceilings these are).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from bench.analyze import tidy

if TYPE_CHECKING:
    from collections.abc import Iterator

#: How far above the highest control a rate may lie. Controls are timed at a few sizes, on a
#: noisy machine, and move three arrays; an update in place moves two, and where they just
#: fit the second cache it was seen to reach 1.6 times the triad.
ROOM = 2.0
#: Controls whose bytes are traffic of the device's own memory.
MEMORY_CONTROLS = ("triad", "device_to_device")
RATES = {"moved_bytes_per_second": "bytes", "flops_per_second": "flops"}


@dataclass(frozen=True)
class Peak:
    """The highest rates that a device's controls reached.

    Attributes
    ----------
    device : str
    bytes_per_second, flops_per_second : float
    """

    device: str
    bytes_per_second: float
    flops_per_second: float


def peaks(table: pd.DataFrame) -> dict[str, Peak]:
    """Find the peaks of each device.

    Parameters
    ----------
    table : DataFrame
        From ``bench.analyze.tidy.frame``.

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


def excesses(table: pd.DataFrame, room: float = ROOM) -> list[Excess]:
    """List the cases whose declared rates are above the peak of their device.

    Parameters
    ----------
    table : DataFrame
        From ``bench.analyze.tidy.frame``.
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
