"""Which parts of the machine a case leans on, by what it does and how large its data are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bench.analyze.tracking.pools import (
    ARITHMETIC,
    CACHE,
    CONTROL_CASE,
    DISPATCH,
    MEMORY,
    PCIE,
    USUAL_CACHE_BYTES,
    Pool,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

FLOAT_BYTES = 4
#: An update reads and writes the parameters, their gradient and at times a momentum.
ARRAYS_OF_UPDATE = 3
#: Flops for each byte from which arithmetic can be what takes the time.
INTENSE = 8.0
COLUMNS = (
    *("case", "device", "loader", "n_samples", "n_features", "n_parameters"),
    *("flops", "bytes_moved", "batch_size"),
)


def leaning(
    series: pd.DataFrame, pools: Sequence[Pool], cache_bytes: int | None = None
) -> NDArray[np.bool_]:
    """Say which case leans on which part.

    Parameters
    ----------
    series : DataFrame
        A row for each series, with those of `COLUMNS` that are known.
    pools : sequence of Pool
    cache_bytes : int or None

    Returns
    -------
    ndarray of bool, shape (n_series, n_pools)
        Of a control, or a pool that is no part of the machine, False; and of the clock, which
        is taken out of what is judged.
    """
    rows = series.reindex(columns=list(COLUMNS)).to_dict("records")
    parts = [_parts(row, cache_bytes or USUAL_CACHE_BYTES) for row in rows]
    devices = [str(row["device"]) for row in rows]
    found = np.zeros((len(rows), len(pools)), dtype=bool)
    for column, pool in enumerate(pools):
        if pool.machine:
            part = pool.name.partition(",")[0]
            found[:, column] = [
                part in some and (pool.device == device or part == DISPATCH)
                for some, device in zip(parts, devices, strict=True)
            ]
    return found


def _parts(row: dict[str, object], cache_bytes: int) -> tuple[str, ...]:
    """Return the parts that a case leans on: every call is dispatched by the processor."""
    if row["case"] == CONTROL_CASE:
        return ()
    size = _work_bytes(row)
    parts = [DISPATCH]
    if np.isfinite(size):
        parts.append(MEMORY if size > cache_bytes else CACHE)
    else:
        parts += [MEMORY, CACHE]
    with np.errstate(invalid="ignore", divide="ignore"):
        if _number(row["flops"]) > INTENSE * _number(row["bytes_moved"]):
            parts.append(ARITHMETIC)
    if str(row["device"]).startswith("gpu") and row["case"] in {"loader", "notebook"}:
        parts.append(PCIE)
    return tuple(parts)


def _work_bytes(row: dict[str, object]) -> float:
    """Return the size of what a case works on; NaN where it is not known."""
    if row["case"] == "update":
        return ARRAYS_OF_UPDATE * FLOAT_BYTES * _number(row["n_parameters"])
    n_values = _number(row["n_samples"]) * _number(row["n_features"])
    return FLOAT_BYTES * n_values


def _number(value: object) -> float:
    return float("nan") if pd.isna(value) else float(str(value))  # type: ignore[call-overload]
