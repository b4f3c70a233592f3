"""Efficiency as JSON: the numbers behind the tables, nothing rounded."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from bench.analyze.ceilings import Ceilings
    from bench.analyze.efficiency import Efficiency

#: What tells a case, in both documents.
CASE = (
    "name",
    "case",
    "workload",
    "kernel",
    "backend",
    "device",
    "loader",
    "batch_size",
    "n_parameters",
    "n_tensors",
    "seconds",
)
PLACE = (
    "n_steps",
    "bytes_moved",
    "flops",
    "intensity",
    "working_set_bytes",
    "level",
    "moved_bytes_per_second",
    "flops_per_second",
    "ceiling_bytes_per_second",
    "ceiling_flops_per_second",
    "attainable_flops_per_second",
    "roof",
    "roof_share",
    "bound",
    "reason",
    "operators",
    "stepwise",
    "step_operators",
    "call_operators",
    "library_share",
    "fixed_share",
    "loading_share",
    "enqueued_share",
    "device_share",
    "device_operators",
)
PARALLEL = (
    "threads",
    "seconds_one_thread",
    *(
        f"{name}{end}"
        for name in ("speedup", "efficiency", "serial_fraction")
        for end in ("", "_low", "_high")
    ),
    "confidence",
    "interval_of",
)


def roofline_document(run: str, found: Efficiency) -> dict[str, Any]:
    """Return what one run says.

    Parameters
    ----------
    run : str
        The file's name.
    found : Efficiency

    Returns
    -------
    dict
        JSON-ready; None for what was not measured.
    """
    return {
        "run": run,
        "ceilings": {device: _ceilings(roof) for device, roof in found.roofs.items()},
        "cases": _records(found.cases, (*CASE, *PLACE)),
        "devices": [
            {
                "case": one.case,
                "what": one.what,
                "kernel": one.kernel,
                "gpu": one.gpu,
                "ratios": {str(size): ratio for size, ratio in one.ratios.items()},
                "faster_from": one.faster_from,
                "slower_up_to": one.slower_up_to,
            }
            for one in found.crossings
        ],
    }


def parallel_document(table: pd.DataFrame) -> dict[str, Any]:
    """Return what runs on several numbers of threads say.

    Parameters
    ----------
    table : DataFrame
        From ``bench.analyze.parallel_efficiency.efficiencies``.

    Returns
    -------
    dict
        JSON-ready; None for what was not measured.
    """
    return {"cases": _records(table, (*CASE, *PARALLEL))}


def _ceilings(roof: Ceilings) -> dict[str, Any]:
    """Return the ceilings of a device, and where they were measured."""
    return {
        "flops_per_second": roof.flops_per_second,
        "working_set_bytes": list(roof.bandwidth.working_sets),
        "bytes_per_second": list(roof.bandwidth.bytes_per_second),
        "levels": roof.levels(),
        "cache_bytes": dict(roof.caches),
    }


def _records(rows: pd.DataFrame, columns: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return rows as dicts of a few columns, without what is no number."""
    known = [name for name in columns if name in rows]
    return [
        {name: _plain(value) for name, value in one.items()}
        for one in rows[known].to_dict("records")
    ]


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
