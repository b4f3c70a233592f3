"""The roofline: how near every case comes to what this machine was seen to do.

With the arithmetic intensity I = flops / bytes of a case, no more can be attained than

    min(peak flops per second, I x bandwidth)

(Williams, Waterman & Patterson 2009, Commun. ACM 52:65). The bandwidth is that of the level
which holds the case's working set (``bench.analyze.ceilings``). Bytes and flops are those
that a kernel declares (``kernels.cost``): the traffic of its operators as they are written.

The working set is

- of an epoch: every sample once, ``n_samples (n_features + 1)`` float32 values. Permuted
  copies and what a step allocates are not counted, so it is the least that it can be;
- of a step: its batch, ``batch_size (n_features + 1)`` values, the same one every time;
- of an update: what is read and written of each updated parameter. Weight, gradient and a
  third array, the result or the velocity: 12 bytes; 6 in float16; 8 where weights and
  gradients in float16 have a float32 copy of the weights.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bench.analyze import tidy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.analyze.ceilings import Ceilings

#: Cases whose kernels declare what they move and compute.
DECLARING = ("epoch", "step", "update")
VALUE_BYTES = 4
WORKING_BYTES = {"float32": 12, "float16": 6, "mixed": 8}
ARITHMETIC = "arithmetic"


def place(table: pd.DataFrame, roofs: Mapping[str, Ceilings]) -> pd.DataFrame:
    """Put every case under its roof.

    Parameters
    ----------
    table : DataFrame
        From ``bench.analyze.tidy.frame``.
    roofs : mapping of str to Ceilings
        From ``bench.analyze.ceilings.ceilings``, by device.

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
          ceiling (see ``bench.analyze.ceilings``).
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

    Parameters
    ----------
    rows : DataFrame
    name : str

    Returns
    -------
    Series of float
        NaN where there is no such column, or no number in it.
    """
    values = rows[name] if name in rows else pd.Series(np.nan, index=rows.index)
    numbers: pd.Series = pd.to_numeric(values, errors="coerce").astype(float)
    return numbers


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

    Returns
    -------
    Series of float
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
