"""Stored runs side by side: what is compared, in what else they differ, and every ratio."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from bench.compare import warnings
from bench.compare.comparison import (
    AXES,
    Comparison,
    Difference,
    NotComparedError,
    Paired,
    Place,
    Side,
    decided,
    differences,
    expecting,
    paired,
    places,
    put_first,
    side_of,
)
from bench.compare.ratios import with_ratios
from bench.store import facts
from bench.store.facts import CASE_COLUMNS, alike, facts_of

# The labels of the sides: as short as tells them apart.


#: More facts, or longer ones, make no name.
MOST_FACTS, MOST_CHARACTERS = 2, 40
#: Facts are called by the end of their name where that says enough.
KINDS = {"version": facts.SOFTWARE, "setting": facts.SETTING}


def labels(
    sides: Sequence[Place],
    runs: pd.DataFrame,
    side_facts: Sequence[Mapping[str, str]],
    found: Sequence[Difference],
    axis: str,
) -> list[str]:
    """Name the sides.

    Parameters
    ----------
    runs : DataFrame
        A row for each side: its run.
    side_facts : sequence of mapping
        The facts of each side's run.
    axis : str
        What is compared.

    Returns
    -------
    list of str
        All different.
    """
    names = [run for run, _ in sides]
    if axis == "device":
        devices = [str(device) for _, device in sides]
        whole = [f"{device}, {run}" for run, device in sides]
        return devices if len(set(devices)) == len(devices) else whole
    candidates = _candidates(runs, side_facts, found, axis)
    return next((one for one in candidates if _apart(one)), names)


def _candidates(
    runs: pd.DataFrame,
    side_facts: Sequence[Mapping[str, str]],
    found: Sequence[Difference],
    axis: str,
) -> Iterator[list[str]]:
    """Yield what the sides might be called, the most telling first."""
    if axis == "machine":
        models = [one.get("cpu_model", "") for one in side_facts]
        yield models
        gpus = [one.get("gpus.0.name", "no GPU") for one in side_facts]
        yield [f"{model}, {gpu}" for model, gpu in zip(models, gpus, strict=True)]
        nodes = [one.get("node", "") for one in side_facts]
        yield [f"{model} ({node})" for model, node in zip(models, nodes, strict=True)]
    if axis in KINDS:
        yield from _by_facts(found, KINDS[axis])
    if axis == "version":
        yield [one.get("commit", "") for one in side_facts]
    if axis != "run":
        yield [_moment(taken) for taken in runs["taken"]]


def _by_facts(found: Sequence[Difference], kind: str) -> Iterator[list[str]]:
    """Yield names made of the few facts that differ, as in ``mxnet 1.9.1``."""
    differing = [one for one in found if one.kind == kind and one.n_touched]
    if 0 < len(differing) <= MOST_FACTS:
        ends = [one.fact.rpartition(".")[2] for one in differing]
        columns = zip(*(tuple(one.values) for one in differing), strict=True)
        yield [
            ", ".join(f"{end} {value}" for end, value in zip(ends, values, strict=True))
            for values in columns
        ]


def _moment(taken: pd.Timestamp) -> str:
    return "" if pd.isna(taken) else f"{taken:%Y-%m-%d %H:%M}"


def _apart(names: Sequence[str]) -> bool:
    """Say whether no two are called the same, and each is called something short."""
    short = all(0 < len(name) <= MOST_CHARACTERS for name in names)
    return short and len(set(names)) == len(names)


# A comparison in few numbers: a mean for each group of cases, and the largest changes.
#
# The mean of ratios is geometric: it is the only one that does not depend on which side is the
# baseline (Fleming & Wallace 1986, *How not to lie with statistics: the correct way to
# summarize benchmark results*, Commun. ACM 29:218). It has no interval here: the cases of a
# group share a machine, a library and most of their code, so they are not independent, and
# their number says less than it seems to.


#: What makes a group of cases, with or without the last.
GROUP = ("side", "case", "device", "backend", "kernel")
#: Changes that are told in each direction.
MOST_CHANGES = 5


def summary(rows: pd.DataFrame, *, kernels: bool = True) -> pd.DataFrame:
    """Take the ratios of each kernel together, or of each backend.

    Parameters
    ----------
    rows : DataFrame
        Of a comparison.
    kernels : bool
        False takes all kernels of a backend together.

    Returns
    -------
    DataFrame
        A row for each side but the baseline, ``case``, ``device``, ``backend`` and
        ``kernel``: ``n`` cases, ``ratio``, the geometric mean of theirs, ``lowest`` and
        ``highest`` of them; ``n_slower`` and ``n_faster``, those whose interval excludes 1.
        Foreign benchmarks are one group, whose ``case`` is missing.
    """
    against = rows[(rows["side"] > 0) & rows["ratio"].notna()]
    group = GROUP if kernels else GROUP[:-1]
    for name in group:
        if name not in against:
            against = against.assign(**{name: None})
    marked = against.assign(
        log_ratio=np.log(against["ratio"].astype(float)),
        slower=against["ratio_low"] > 1,
        faster=against["ratio_high"] < 1,
    )
    grouped = marked.groupby(list(group), sort=False, dropna=False)
    together = grouped.agg(
        n=("ratio", "size"),
        log_ratio=("log_ratio", "mean"),
        lowest=("ratio", "min"),
        highest=("ratio", "max"),
        n_slower=("slower", "sum"),
        n_faster=("faster", "sum"),
    ).reset_index()
    together.insert(len(group) + 1, "ratio", np.exp(together["log_ratio"]))
    result: pd.DataFrame = together.drop(columns="log_ratio")
    return result


def changes(rows: pd.DataFrame, most: int = MOST_CHANGES) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the cases that changed most, of those whose interval excludes 1.

    Parameters
    ----------
    rows : DataFrame
        Of a comparison.
    most : int
        In each direction.

    Returns
    -------
    slower, faster : DataFrame
        Rows of the comparison, the largest change first. Untrusted cases are left out.
    """
    baseline = rows.loc[(rows["side"] == 0) & rows["untrusted"], "key"]
    sound = rows[(rows["side"] > 0) & ~rows["untrusted"] & ~rows["key"].isin(baseline)]
    slower = sound[sound["ratio_low"] > 1].sort_values("ratio", ascending=False)
    faster = sound[sound["ratio_high"] < 1].sort_values("ratio")
    return slower.head(most), faster.head(most)


# The comparison of stored runs.


#: What is computed of a case, after the columns that say which it is.
COMPUTED = (
    *("key", "side", "run", "seconds", "low", "high", "basis"),
    *("ratio", "ratio_low", "ratio_high", "ratio_basis", "untrusted"),
)


def compare(
    cases: pd.DataFrame, runs: pd.DataFrame, axis: str = "auto", baseline: str | None = None
) -> Comparison:
    """Set stored runs against one another, case by case.

    Parameters
    ----------
    cases, runs : DataFrame
        The tables of ``bench.store``: a row for each case and run, and one for each run.
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
    side_facts = [facts[run] for run, _ in sides]
    pairs = paired(cases, sides)
    precisions = {run: one["precision"] for run, one in facts.items() if "precision" in one}
    same, different_work = alike(pairs.rows, precisions)
    _check_shared(pairs, same, different_work)
    found = differences(side_facts, same)
    chosen = "device" if by_device else decided(found) if axis == "auto" else axis
    named = _sides(sides, of_sides, labels(sides, of_sides, side_facts, found, chosen), pairs)
    found = expecting(found, chosen)
    rows = with_ratios(same)
    warned = warnings.warnings(
        warnings.Compared(named, found, rows, of_sides, different_work, pairs.doubled)
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
    return len(set.union(*of_runs)) > 1 and (len(runs) == 1 or not set.intersection(*of_runs))


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
    rows = (row for _, row in of_sides.iterrows())
    return tuple(
        side_of(label, device, n_cases, row)
        for (_, device), label, n_cases, row in zip(
            sides, names, pairs.counts, rows, strict=True
        )
    )
