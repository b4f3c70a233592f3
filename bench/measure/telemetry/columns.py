"""Writes what went on during the rounds of a case down for a run file: a list per field."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from bench.measure.telemetry.change import Change, GpuChange
from bench.measure.telemetry.throttling import reason_names

if TYPE_CHECKING:
    from collections.abc import Sequence

#: A tenth of a microsecond: what the readings themselves take varies by more.
DIGITS = 7
#: What marks a round is kept. ``n_cpus`` is the fingerprint's to tell; what the others only
#: went into is ``foreign_cpu_seconds`` and ``waited_seconds``.
NO_COLUMN = {
    "uuid",
    "n_cpus",
    "gpus",
    "seconds",
    "busy_seconds",
    "own_cpu_seconds",
    "thread_cpu_seconds",
    "voluntary_switches",
    "run_delay_seconds",
}


def columns(changes: Sequence[Change]) -> dict[str, Any]:
    """Turn records into columns.

    Parameters
    ----------
    changes : sequence of Change
        One a round.

    Returns
    -------
    dict
        JSON-ready: to each field of ``Change`` its values, one a round, or a single one where
        all are the same. A field that is zero in every round is left out; one that is unknown
        in every round too, and its name stands in the list ``unread``. ``gpus`` is left out
        where there is none, else it holds the same of each by its UUID; throttle reasons are
        written as names.
    """
    found = _columns(Change, changes)
    by_gpu = zip(*(one.gpus for one in changes), strict=True)
    gpus = {of_one[0].uuid: _columns(GpuChange, of_one) for of_one in by_gpu}
    return {**found, "gpus": gpus} if gpus else found


def _columns(record: type, rows: Sequence[Any]) -> dict[str, Any]:
    """Turn records of one kind into columns."""
    kept: dict[str, Any] = {}
    unread: list[str] = []
    for field in fields(record):
        if field.name in NO_COLUMN or not rows:
            continue
        values = [_written(field.name, getattr(row, field.name)) for row in rows]
        if all(value is None for value in values):
            unread.append(field.name)
        elif all(value == values[0] for value in values):
            if values[0]:
                kept[field.name] = values[0]
        else:
            kept[field.name] = values
    return {**kept, "unread": unread}


def _written(name: str, value: float | None) -> float | list[str] | None:
    """Write one value down."""
    if value is None:
        return None
    if name == "throttle_reasons":
        return reason_names(int(value))
    return round(value, DIGITS)
