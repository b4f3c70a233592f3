"""Which facts changed between two runs, or over a step: versions, code, clocks, heat, load."""

from __future__ import annotations

import json
from statistics import median
from typing import TYPE_CHECKING

from bench.analyze.comparing.facts import ABSENT, facts_of, flatten

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

#: Runs on each side that say how the machine was doing.
BESIDE = 5
#: What changes by the minute, with its unit and from how much on it is told: a share of the
#: value before, and an amount.
READINGS = (
    ("cpu_clock_mhz", "MHz", 0.05, 50.0),
    ("temperature_celsius", "C", 0.0, 5.0),
    ("load_average", "", 0.25, 0.5),
    ("pressure_percent.cpu", "%", 0.5, 2.0),
    ("gpus.0.sm_clock_mhz", "MHz", 0.05, 50.0),
    ("gpus.0.temperature_celsius", "C", 0.0, 5.0),
    ("gpus.0.power_watts", "W", 0.1, 10.0),
)
MOST_TOLD = 8


def what_changed(runs: pd.DataFrame, place: int) -> tuple[str, ...]:
    """Say what changed between a run and the one before.

    Parameters
    ----------
    runs : DataFrame
        Of one machine, in order; columns of ``bench.loading``.
    place : int
        Of the first run after the step.

    Returns
    -------
    tuple of str
        ``kernel: Linux 6.1 to Linux 6.8``, the facts first, then what clocks, temperature
        and load were in the median of a few runs on each side.
    """
    before, after = (facts_of(runs.iloc[n]) for n in (place - 1, place))
    told = [
        f"{fact}: {before.get(fact, ABSENT)} to {after.get(fact, ABSENT)}"
        for fact in sorted({*before, *after})
        if before.get(fact) != after.get(fact) and fact != "preset"
    ]
    told += _booted(runs, place)
    told += _readings(runs, place)
    left = len(told) - MOST_TOLD
    return (*told[:MOST_TOLD], *([f"and {left} more"] if left > 0 else []))


def _volatile(run: pd.Series) -> Mapping[str, object]:
    try:
        found = json.loads(str(run.get("volatile")))
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    load = found.pop("load_average", None)
    flat: dict[str, object] = dict(flatten(found))
    return flat | ({"load_average": load[0]} if isinstance(load, list) and load else {})


def _booted(runs: pd.DataFrame, place: int) -> Iterator[str]:
    """Tell of a restart between the two runs."""
    before, after = (_volatile(runs.iloc[n]).get("boot_utc") for n in (place - 1, place))
    if isinstance(before, str) and isinstance(after, str) and before[:16] != after[:16]:
        yield f"restarted {after[:16].replace('T', ' ')}"


def _readings(runs: pd.DataFrame, place: int) -> Iterator[str]:
    sides = (range(max(place - BESIDE, 0), place), range(place, min(place + BESIDE, len(runs))))
    read = [[_volatile(runs.iloc[n]) for n in side] for side in sides]
    for name, unit, share, amount in READINGS:
        values = [_middle([one.get(name) for one in side]) for side in read]
        before, after = values
        if before is None or after is None:
            continue
        if abs(after - before) >= max(share * abs(before), amount):
            spaced = f" {unit}" if unit else ""
            yield f"{name}: {before:.4g} to {after:.4g}{spaced}"


def _middle(values: list[object]) -> float | None:
    numbers = []
    for value in values:
        try:
            numbers.append(float(str(value)))
        except ValueError:
            continue
    return median(numbers) if numbers else None
