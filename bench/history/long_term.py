"""Steps and slow drift over a whole history, with runs and days, and what changed then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import median

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.history.pools import Watched, pooled, stored_record
from bench.history.rule import RULE
from bench.history.series import History
from bench.history.verdicts import Judged, Verdicts, counted
from bench.stats.change_points import Slope, Step, drift, steps
from bench.stats.medians import NORMAL_MAD, Floats
from bench.stats.verdict import Change, Drift, Judgement
from bench.store.facts import ABSENT, facts_of, flatten

# Steps and drifts of a series of numbers, with the runs and days of a history.


DAYS_OF_A_MONTH = 30
DAY_NS = 86_400e9


def days_of(runs: pd.DataFrame) -> Floats:
    """Say how many days after the first each run was taken.

    Parameters
    ----------
    runs : DataFrame
        In order; ``taken``.

    Returns
    -------
    ndarray, shape (n_runs,)
    """
    taken = runs["taken"].to_numpy(dtype="datetime64[ns]").astype(np.int64)
    days: Floats = (taken - taken[0]) / DAY_NS
    return days


def change_of(
    name: str,
    runs: pd.DataFrame,
    rows: NDArray[np.intp],
    step: Step,
    what_changed: tuple[str, ...],
) -> Change:
    """Describe a step.

    Parameters
    ----------
    runs : DataFrame
        Of the whole history: ``taken`` and ``run``.
    rows : ndarray of int
        Which of them the series has.
    step : Step
        Its place is one among these.
    what_changed : tuple of str
        Which facts did.
    """
    before, after = (int(rows[place]) for place in (step.place - 1, step.place))
    return Change(
        name=name,
        last_before=runs["taken"].iloc[before].to_pydatetime(),
        first_after=runs["taken"].iloc[after].to_pydatetime(),
        run=str(runs["run"].iloc[after]),
        ratio=float(np.exp(step.size)),
        low=float(np.exp(step.low)),
        high=float(np.exp(step.high)),
        what_changed=what_changed,
    )


def drift_of(name: str, runs: pd.DataFrame, rows: NDArray[np.intp], slope: Slope) -> Drift:
    """Describe a slow change.

    Parameters
    ----------
    runs : DataFrame
        Of the whole history: ``taken``.
    rows : ndarray of int
        Which of them the series has.
    """
    month = [
        float(np.exp(DAYS_OF_A_MONTH * one)) for one in (slope.a_day, slope.low, slope.high)
    ]
    return Drift(
        name=name,
        since=runs["taken"].iloc[int(rows[0])].to_pydatetime(),
        n_runs=len(rows),
        ratio_a_month=month[0],
        low=month[1],
        high=month[2],
        ratio=float(np.exp(slope.total)),
    )


# Which facts changed between two runs, or over a step: versions, code, frequencies, heat, load.


MOST_TOLD = 8


def what_changed(runs: pd.DataFrame, place: int) -> tuple[str, ...]:
    """Say what changed between a run and the one before.

    Parameters
    ----------
    runs : DataFrame
        Of one machine, in order; columns of ``bench.store``.
    place : int
        Of the first run after the step.

    Returns
    -------
    tuple of str
        ``kernel: Linux 6.1 to Linux 6.8``, the facts first, then what clocks, temperature
        and load were in the median of a few runs on each side.
    """
    before, after = (facts_of(runs.iloc[n]) for n in (place - 1, place))
    changed = [
        f"{fact}: {before.get(fact, ABSENT)} to {after.get(fact, ABSENT)}"
        for fact in sorted({*before, *after})
        if before.get(fact) != after.get(fact) and fact != "preset"
    ]
    changed += [*_booted(runs, place), *_readings(runs, place)]
    left = len(changed) - MOST_TOLD
    return (*changed[:MOST_TOLD], *([f"and {left} more"] if left > 0 else []))


def _volatile(run: pd.Series) -> Mapping[str, object]:
    record = stored_record(run, "volatile")
    load = record.pop("load_average", None)
    flat: dict[str, object] = dict(flatten(record))
    return flat | ({"load_average": load[0]} if isinstance(load, list) and load else {})


def _booted(runs: pd.DataFrame, place: int) -> Iterator[str]:
    """Describe a restart between the two runs."""
    before, after = (_volatile(runs.iloc[n]).get("boot_utc") for n in (place - 1, place))
    if isinstance(before, str) and isinstance(after, str) and before[:16] != after[:16]:
        yield f"restarted {after[:16].replace('T', ' ')}"


def _readings(runs: pd.DataFrame, place: int) -> Iterator[str]:
    sides = (
        range(max(place - RULE.readings_beside, 0), place),
        range(place, min(place + RULE.readings_beside, len(runs))),
    )
    read = [[_volatile(runs.iloc[n]) for n in side] for side in sides]
    for name, unit, share, amount in RULE.readings:
        before, after = (_middle([one.get(name) for one in side]) for side in read)
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


# Steps and slow drift of every kernel and part of the machine, through all fingerprints.


def tell(
    history: History,
    found: Iterable[tuple[str, NDArray[np.intp], Sequence[Step], Slope | None]],
) -> tuple[tuple[Change, ...], tuple[Drift, ...]]:
    """Describe steps and drifts.

    Parameters
    ----------
    found : iterable of (str, ndarray of int, sequence of Step, Slope or None)
        Of each series its name, the runs that it has, its steps, and its drift.

    Returns
    -------
    changes : tuple of Change
        The newest first; none of what drifts.
    """
    texts: dict[tuple[bytes, int], tuple[str, ...]] = {}
    changes, drifts = [], []
    for name, rows, steps_of_it, slope in found:
        if slope is not None:
            drifts.append(drift_of(name, history.runs, rows, slope))
            continue
        for step in steps_of_it:
            at = (rows.tobytes(), step.place)
            if at not in texts:
                texts[at] = what_changed(history.runs.iloc[rows], step.place)
            changes.append(change_of(name, history.runs, rows, step, texts[at]))
    changes.sort(key=lambda one: one.first_after, reverse=True)
    return tuple(changes), tuple(drifts)


def long_term(
    history: History, watched: Watched
) -> Iterator[tuple[str, NDArray[np.intp], Sequence[Step], Slope | None]]:
    """Find steps and drifts of pools, and of the cases that are in none, for `tell`."""
    days = days_of(history.runs)
    for name, logs, margin in _series(history, watched):
        rows = np.flatnonzero(np.isfinite(logs))
        found = steps(logs[rows], margin)
        yield name, rows, found, drift(logs[rows], days[rows], found, margin)


def _series(history: History, watched: Watched) -> Iterator[tuple[str, Floats, float]]:
    """Yield pools, and the cases that are in none, each with its name and margin."""
    logs = history.logs
    known = np.any(np.isfinite(logs), axis=0)
    centred = logs - np.nanmedian(np.where(known, logs, 0.0), axis=0)
    std = NORMAL_MAD * np.nanmedian(np.abs(np.where(known, centred, 0.0)), axis=0)
    together = pooled(centred, watched.pools, np.maximum(std, RULE.min_std))
    for column, pool in enumerate(watched.pools):
        what = "machine:" if pool.machine else "kernel"
        yield f"{what} {pool.name}", together[:, column], float(watched.pool_margins[column])
    pooled_already = {member for pool in watched.pools for member in pool.members}
    for column, key in enumerate(history.series["key"].astype(str)):
        if column not in pooled_already:
            yield key, logs[:, column], float(watched.margins[column])


# The judgement of the newest run of a history.


def sum_up(run: Judged, verdicts: Verdicts) -> Judgement:
    """Add steps and drift to the verdicts of a run; warnings and sources are still missing."""
    history = run.history
    changes, drifts = tell(history, long_term(history, run.material.watched))
    return Judgement(
        kind="track",
        before=counted(len(run.material.rows) - 1, "earlier run"),
        now=str(history.runs["run"].iloc[-1]),
        cases=verdicts.cases,
        added=verdicts.added,
        machine=verdicts.machine,
        changes=changes,
        drifts=drifts,
    )
