"""Compares stored runs: what is compared, in what else they differ, and every ratio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.analyze.comparing import cautions
from bench.analyze.comparing.against_baseline import with_ratios
from bench.analyze.comparing.comparison import (
    AXES,
    CASE_COLUMNS,
    Comparison,
    NotComparedError,
    Side,
)
from bench.analyze.comparing.differences import decided, differences, expecting
from bench.analyze.comparing.facts import facts_of, known
from bench.analyze.comparing.labels import labels
from bench.analyze.comparing.pairing import paired, places, put_first
from bench.analyze.comparing.work import alike

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from bench.analyze.comparing.pairing import Paired, Place

#: What is computed of a case, after the columns that say which it is.
COMPUTED = (
    *("key", "side", "run", "seconds", "low", "high", "basis"),
    *("ratio", "ratio_low", "ratio_high", "ratio_basis", "untrusted"),
)


def compare(
    cases: pd.DataFrame,
    runs: pd.DataFrame,
    axis: str = "auto",
    baseline: str | None = None,
) -> Comparison:
    """Set stored runs against one another, case by case.

    Parameters
    ----------
    cases, runs : DataFrame
        The tables of ``bench.loading``: a row for each case and run, and one for each run.
    axis : str
        What is compared, of ``AXES``. ``auto``: devices, where several runs share none, or
        a single run holds several; else what the fingerprints differ in.
    baseline : str or None
        A run, a device, or both as in ``RUN, gpu(0)``; None for the first.

    Returns
    -------
    Comparison
        A ratio is seconds of the side over seconds of the baseline: above 1 is slower.

    Raises
    ------
    NotComparedError
        Where no two sides share a case.
    """
    if axis not in {"auto", *AXES}:
        raise NotComparedError(
            f"{axis} can't be compared; choose from auto, {', '.join(AXES)}."
        )
    by_device = axis == "device" or (axis == "auto" and _devices_are_meant(cases, runs))
    sides = put_first(places(cases, runs, by_device=by_device), baseline)
    _check_several(sides)
    of_run = runs.set_index("run", drop=False)
    of_sides = of_run.loc[[run for run, _ in sides]]
    facts = {str(run): facts_of(row) for run, row in of_run.iterrows()}
    told = [facts[run] for run, _ in sides]
    pairs = paired(cases, sides)
    precisions = {run: one["precision"] for run, one in facts.items() if "precision" in one}
    same, different_work = alike(pairs.rows, precisions)
    _check_shared(pairs, same, different_work)
    found = differences(told, same)
    chosen = "device" if by_device else decided(found) if axis == "auto" else axis
    named = _sides(sides, of_sides, labels(sides, of_sides, told, found, chosen), pairs)
    found = expecting(found, chosen)
    rows = with_ratios(same)
    warned = cautions.warnings(
        cautions.Compared(chosen, named, found, rows, of_sides, different_work, pairs.doubled)
    )
    columns = [name for name in (*CASE_COLUMNS, *COMPUTED) if name in rows]
    return Comparison(
        chosen, named, found, warned, rows[columns], pairs.partial, different_work
    )


def _devices_are_meant(cases: pd.DataFrame, runs: pd.DataFrame) -> bool:
    """Say whether the runs were measured on several devices, and share none of them."""
    told = cases[cases["device"].notna()]
    of_runs = [set(devices) for _, devices in told.groupby("run", sort=False)["device"]]
    if not of_runs:
        return False
    several = len(set.union(*of_runs)) > 1
    return several and (len(runs) == 1 or not set.intersection(*of_runs))


def _check_several(sides: Sequence[Place]) -> None:
    """Raise where there is nothing to set against anything."""
    if len(sides) > 1:
        return
    raise NotComparedError(
        "a comparison needs two runs, or a run with cases on two devices; name another run."
    )


def _check_shared(pairs: Paired, same: pd.DataFrame, other: pd.DataFrame) -> None:
    """Raise where the baseline shares no case with any side."""
    if len(same):
        return
    if len(other):
        fact, one, another = other.loc[0, ["fact", "baseline_value", "side_value"]]
        raise NotComparedError(
            f"the cases that are called the same did other work ({fact}: {one} and {another}); "
            f"measure both with the same options."
        )
    if pairs.doubled:
        raise NotComparedError(
            "every case that the runs share stands more than once in one of them, so which is "
            "which can't be told; name runs that hold each case once."
        )
    raise NotComparedError(
        "the first has no case in common with any other; name runs of the same cases, or "
        "another baseline."
    )


def _sides(
    sides: Sequence[Place], of_sides: pd.DataFrame, names: Sequence[str], pairs: Paired
) -> tuple[Side, ...]:
    """Describe the sides."""
    described = of_sides.reindex(columns=["taken", "commit", "dirty", "processes"])
    rows = described.itertuples(index=False, name=None)
    return tuple(
        Side(
            label=label,
            run=run,
            device=device,
            taken=taken,
            commit=str(commit) if known(commit) else None,
            dirty=known(dirty) and bool(dirty),
            processes=int(processes) if known(processes) else 1,
            n_cases=n_cases,
        )
        for (run, device), label, n_cases, (taken, commit, dirty, processes) in zip(
            sides, names, pairs.counts, rows, strict=True
        )
    )
