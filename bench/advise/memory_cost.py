"""What a sample more in the batch costs in memory, and what a training takes besides.

A straight line through the peak of each batch size, ``bytes(B) = intercept + slope B``, by
least squares (Draper & Smith 1998, *Applied Regression Analysis*, 3rd ed., chapter 1)::

    slope     = sum (B_i - B_mean) y_i / S,    S = sum (B_i - B_mean)^2
    intercept = y_mean - slope B_mean

Both are weighted sums of the peaks, the slope with weights ``c_i = (B_i - B_mean) / S``, the
intercept with ``1 / n - c_i B_mean``. So where no peak is further off than ``noise``, neither
is off by more than ``noise`` times the sum of its weights' absolute values. What is smaller
than that, the peaks do not show. Peaks that are on no line, because a library does something
else at some batch size, are taken to be off by the largest distance from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from bench.advise.rule import RULE

#: What is measured of a case, by the fact that holds it.
HOST, ALLOCATOR, DEVICE = ("host_case_bytes", "allocator_peak_bytes", "device_footprint_bytes")


@dataclass(frozen=True)
class Line:
    """Peak memory against batch size.

    Attributes
    ----------
    bytes_per_sample : float
        The slope; NaN for fewer than three batch sizes, as is all that follows from it.
    intercept_bytes : float
        What there is whatever the batch size; below zero where the line does not hold.
    slope_noise, intercept_noise : float
        How far off they may be because the peaks are.
    """

    bytes_per_sample: float
    intercept_bytes: float
    slope_noise: float
    intercept_noise: float


def line(
    batch_sizes: Sequence[float], peaks: Sequence[float], noise_bytes: float = 0.0
) -> Line:
    """Draw a line through the peaks of some batch sizes.

    Parameters
    ----------
    peaks : sequence of float
        In bytes, one for each batch size; several of one batch size are allowed.
    noise_bytes : float
        How far off any of them may be.
    """
    B, y = np.asarray(batch_sizes, dtype=float), np.asarray(peaks, dtype=float)
    if len(np.unique(B)) < RULE.fewest_sizes_of_line:
        return Line(np.nan, np.nan, np.nan, np.nan)
    intercept, slope = np.linalg.lstsq(np.column_stack([np.ones_like(B), B]), y, rcond=None)[0]
    distances = y - (intercept + slope * B)
    centred = B - B.mean()
    weights = centred / (centred @ centred)
    deviation = float(np.abs(distances).max())
    off = max(noise_bytes, deviation if deviation > RULE.rounding_bytes else 0.0)
    return Line(
        bytes_per_sample=float(slope),
        intercept_bytes=float(intercept),
        slope_noise=float(off * np.abs(weights).sum()),
        intercept_noise=float(off * np.abs(1 / len(B) - weights * B.mean()).sum()),
    )


def known(memory: Mapping[str, Any], quantity: str) -> float | None:
    """Return what the memory pass of a case told, where it is what it says.

    Parameters
    ----------
    memory : mapping
        ``extra_info["memory"]`` of a case.
    quantity : {HOST, ALLOCATOR, DEVICE}

    Returns
    -------
    float or None
        None also for a host's peak that is only an upper bound.
    """
    if quantity == HOST and not memory.get("host_peak_is_exact"):
        return None
    told = memory.get(quantity)
    return None if told is None else float(told)


def noise(memory: Mapping[str, Any], quantity: str) -> float:
    """Return how far off a case's memory may be, in bytes; what is counted exactly, zero.

    Parameters
    ----------
    quantity : {HOST, ALLOCATOR, DEVICE}
    """
    return float(memory.get("host_noise_bytes") or 0) if quantity == HOST else 0.0


def lines(rows: pd.DataFrame, quantity: str) -> dict[tuple[str, str, str], Line]:
    """Draw a line for every kernel of every workload and device.

    Parameters
    ----------
    rows : DataFrame
        Cases with ``workload``, ``device``, ``kernel``, ``batch_size`` and ``memory``, from
        ``bench.store.tidy.frame``.
    quantity : {HOST, ALLOCATOR, DEVICE}

    Returns
    -------
    dict of (workload, device, kernel) to Line
        Without kernels of which nothing is known.
    """
    points: dict[tuple[str, str, str], list[tuple[float, float, float]]] = {}
    for _, row in rows.iterrows():
        memory = row["memory"]
        peak = known(memory, quantity) if isinstance(memory, dict) else None
        if peak is None:
            continue
        cell = (str(row["workload"]), str(row["device"]), str(row["kernel"]))
        points.setdefault(cell, []).append(
            (float(row["batch_size"]), peak, noise(memory, quantity))
        )
    drawn = {}
    for cell, of_cell in points.items():
        sizes, peaks, noises = zip(*of_cell, strict=True)
        drawn[cell] = line(sizes, peaks, max(noises))
    return drawn
