"""The history of a machine as a matrix: a row for each run, a column for each series."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.history.rule import RULE
from bench.history.run_times import DriftCorrection, by_medians, correct_drift, log_times
from bench.stats.medians import Floats
from bench.store import facts
from bench.store.facts import ABSENT, alike, case_keys, facts_of

Facts = Mapping[str, str]
Group = tuple[str | None, bool]

# The history of a machine as a matrix: a row for each run, a column for each series.


#: What decides whether two cases of one name did the same work.
WORK = (
    *("n_samples", "n_features", "n_parameters", "n_tensors", "n_bytes", "precision"),
    *("momentum", "density", "sampling", "backend", "tolerance", "learning_rate", "schedule"),
)
#: Columns of the cases that are read.
HISTORY_COLUMNS = (
    *("name", "fullname", "case", "workload", "kernel", "device", "loader", "batch_size"),
    *("control", "seconds", "process_seconds", "process_fifth_percentiles"),
    *("process_yardsticks", "process_cpus"),
    *("rounds", "disturbed_rounds", "untrusted"),
    *("flops", "bytes_moved"),
    *WORK,
)


@dataclass(frozen=True)
class History:
    """What the runs of a machine measured.

    Attributes
    ----------
    runs : DataFrame
        In order, the run that is judged the last; columns of ``bench.store``.
    series : DataFrame
        A row for each case, by the run that has it last: ``key`` and `COLUMNS`.
    logs : ndarray, shape (n_runs, n_series)
        Logarithm of the time of a case in a run (see ``bench.history.run_times``); NaN where
        it tells nothing.
    there : ndarray of bool, shape (n_runs, n_series)
        Where a run has the case, whatever that is worth.
    troubles : mapping of str to str
        Of a case of the last run that tells nothing: why, a sentence.
    other_work : mapping of str to (str, str, str)
        Of a case that did other work in all earlier runs that have it: the fact, its value
        then, its value now.
    n_other_work : int
        Single measurements that were left out for other work.
    by_medians : frozenset of str
        Cases that medians of processes stand for, since a run holds nothing else.
    drift_correction : DriftCorrection
        How cases go with the yardstick.
    """

    runs: pd.DataFrame
    series: pd.DataFrame
    logs: Floats
    there: NDArray[np.bool_]
    troubles: Mapping[str, str]
    other_work: Mapping[str, tuple[str, str, str]]
    n_other_work: int
    by_medians: frozenset[str] = frozenset()
    drift_correction: DriftCorrection = field(default_factory=DriftCorrection)


def history(
    cases: pd.DataFrame,
    runs: pd.DataFrame,
    medians_of: Collection[str] = (),
    drift_correction: DriftCorrection | None = None,
) -> History:
    """Put runs of one machine in order.

    Parameters
    ----------
    cases : DataFrame
        Of these runs, with those of `COLUMNS` that there are.
    runs : DataFrame
        In order, the run that is judged the last.
    medians_of : collection of str
        Cases that medians of processes stand for in any case.
    drift_correction : DriftCorrection, optional
        How cases go with the yardstick; else it is estimated from these runs.
    """
    place = pd.Series(range(len(runs)), index=runs["run"])
    table = cases.reindex(columns=["run", *HISTORY_COLUMNS]).assign(
        key=case_keys(cases), place=place.reindex(cases["run"]).to_numpy()
    )
    table = table[table["place"].notna()]
    newest = table.sort_values("place", kind="stable").drop_duplicates("key", keep="last")
    series = newest.reset_index(drop=True)
    columns = pd.Index(series["key"]).get_indexer(pd.Index(table["key"]))
    rows = table["place"].to_numpy(dtype=int)
    there = np.zeros((len(runs), len(series)), dtype=bool)
    there[rows, columns] = True
    logs = np.full(there.shape, np.nan)
    plain = by_medians(table) | set(medians_of)
    times, correction = correct_drift(table, log_times(table, plain), plain, drift_correction)
    trouble = _troubles(table, times)
    unlike, other = _other_work(table, series)
    sound = np.array([not one for one in trouble], dtype=bool) & ~unlike
    logs[rows[sound], columns[sound]] = times[sound]
    today = rows == len(runs) - 1
    troubles = {
        str(key): why
        for key, why, is_today in zip(table["key"].tolist(), trouble, today, strict=True)
        if is_today and why
    }
    # A missing text of pandas is neither the same as another nor not: here it is None.
    known = series.astype(object).where(series.notna(), None)
    n_unlike = int(unlike.sum())
    return History(
        runs, known, logs, there, troubles, other, n_unlike, frozenset(plain), correction
    )


def _troubles(table: pd.DataFrame, logs: Floats) -> list[str]:
    """Say of each measurement why nothing follows from it; empty where something does."""
    rounds = table["rounds"].to_numpy(dtype=float, na_value=np.nan)
    disturbed = table["disturbed_rounds"].to_numpy(dtype=float, na_value=0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.nan_to_num(disturbed / rounds)
    # One case that was disturbed all through says little of the others.
    capped = pd.Series(np.minimum(share, RULE.max_disturbed_of_case))
    of_run = capped.groupby(table["run"].to_numpy()).transform("mean").to_numpy()
    untrusted = table["untrusted"].isin([True]).to_numpy()
    twice = table.duplicated(["key", "place"], keep=False).to_numpy()
    most = RULE.max_disturbed_of_case
    busy = "the machine did other work meanwhile: measure again when it is quiet"
    reasons = [""] * len(table)
    for n in np.flatnonzero(twice | untrusted | (share > most) | ~np.isfinite(logs)):
        reasons[n] = (
            "It stands in the run more than once, and which is which can't be told."
            if twice[n]
            else "It holds no time above zero."
            if not np.isfinite(logs[n])
            else f"More than {most:.0%} of its rounds were disturbed; {busy}."
        )
    for n in np.flatnonzero(of_run > RULE.max_disturbed_of_run):
        reasons[n] = reasons[n] or (
            f"{100 * of_run[n]:.0f}% of all rounds of the run were disturbed; {busy}."
        )
    return reasons


def _other_work(
    table: pd.DataFrame, series: pd.DataFrame
) -> tuple[NDArray[np.bool_], dict[str, tuple[str, str, str]]]:
    """Say which measurements are of other work than the newest of their name.

    Thousands of runs did a few kinds of work between them: each kind is compared once.
    """
    facts = ["key", *(name for name in WORK if table[name].notna().any()), "case"]
    plain = table[facts].astype(object)
    kinds = plain.where(plain.notna(), None)
    numbers = kinds.groupby(facts, sort=False, dropna=False).ngroup().to_numpy()
    first = table.assign(kind=numbers).drop_duplicates("kind")
    rows = pd.concat([series.assign(side=0, kind=-1), first.assign(side=1)], ignore_index=True)
    # Several kinds of one name are several sides.
    rows.loc[rows["side"] == 1, "side"] = 1 + rows[rows["side"] == 1].groupby("key").cumcount()
    same, other = alike(rows, {})
    left_out = set(first["kind"]) - set(same["kind"])
    unlike = np.isin(numbers, list(left_out))
    earlier = table["place"].to_numpy() < table["place"].max()
    sound = set(table["key"][earlier & ~unlike].tolist())
    differing = {
        str(row.name_): (str(row.fact), str(row.side_value), str(row.baseline_value))
        for row in other.rename(columns={"name": "name_"}).itertuples()
    }
    of_name = dict(zip(series["name"].astype(str), series["key"].astype(str), strict=True))
    gone = {
        of_name[name]: why for name, why in differing.items() if of_name.get(name) not in sound
    }
    return unlike, gone


SLOWER, FASTER, WITHIN, UNKNOWN = "slower", "faster", "within", ""


#: What a machine is recognised by. Its GPUs belong to the series on them, and what a setting
#: or new microcode changes to the series.
IDENTITY = ("node", "cpu_model", "cores_physical", "memory_bytes", "machine")


#: A library that is loaded into the process, but belongs to no backend: that one run has it
#: says that something else is installed.
UNOWNED = "threads.pools."


CODE_FACTS = ("commit", "dirty")


_scope = lru_cache(maxsize=1024)(facts.scope_of)


# Which runs are of the same machine, and which have the facts of a case in common.


def other_machine(
    one: Mapping[str, str], other: Mapping[str, str], *, any_node: bool = False
) -> str:
    """Say by which fact two runs are of different machines.

    Parameters
    ----------
    one, other : mapping of str to str
        From ``bench.store.facts.facts_of``.
    any_node : bool
        The machine's name is none of them, as where every run has a container of its own.

    Returns
    -------
    str
        Empty where they are of one.
    """
    for fact in IDENTITY:
        values = (one.get(fact, facts.ABSENT), other.get(fact, facts.ABSENT))
        if facts.ABSENT in values or (fact == "node" and any_node):
            continue
        if values[0] != values[1] and not (fact == "memory_bytes" and _near(*values)):
            return fact
    return ""


def _near(one: str, other: str) -> bool:
    sizes = [float(text) for text in (one, other) if text.isdigit()]
    return len(sizes) == 2 and abs(sizes[0] - sizes[1]) <= RULE.memory_tolerance * max(sizes)


def differing(one: Mapping[str, str], other: Mapping[str, str]) -> tuple[str, ...]:
    """List the facts that make two runs of one machine different series, for any case.

    Returns
    -------
    tuple of str
        The code and the protocol are none: they are what a series is watched for.
    """
    return tuple(
        fact
        for fact in sorted({*one, *other})
        if _differs(fact, one.get(fact), other.get(fact))
    )


def _differs(fact: str, one: str | None, other: str | None) -> bool:
    if one == other or fact in {*IDENTITY, *CODE_FACTS} or facts.scope_of(fact).nothing:
        return False
    if one is not None and other is not None:
        return True
    if fact.startswith(UNOWNED) and facts.scope_of(fact).backend is None:
        return False
    return fact.startswith(facts.ABSENCE_TELLS) or facts.kind_of(fact) == facts.OTHER


def touching(differences: Sequence[str], backend: str | None, *, gpu: bool) -> tuple[str, ...]:
    """Return the facts that cases of a backend may depend on.

    Parameters
    ----------
    differences : sequence of str
        From `differing`.
    backend : str or None
        None for a case of another suite, which may depend on what all depend on.
    gpu : bool
        Whether they run on one.
    """
    scopes = ((fact, _scope(fact)) for fact in differences)
    return tuple(
        fact
        for fact, scope in scopes
        if scope.backend in {None, backend} and (gpu or not scope.gpu)
    )


MOST_TOLD = 3


PASSED_OVER = (*CODE_FACTS, "preset")


@dataclass(frozen=True)
class SameFacts:
    """Runs that can be compared.

    Attributes
    ----------
    kinds : ndarray of int, shape (n_runs, n_series)
        Runs with the same number of a series have all facts in common that it depends on.
    changed : mapping of str to str
        Of a case of the last run that no earlier run with its facts has: what is different
        from the newest of the earlier ones.
    """

    kinds: NDArray[np.intp]
    changed: Mapping[str, str]

    @property
    def comparable(self) -> NDArray[np.bool_]:
        """Where a run's facts that a series depends on are those of the last run."""
        return np.asarray(self.kinds == self.kinds[-1], dtype=bool)


def same_facts(history: History) -> SameFacts:
    """Compare the facts of all runs."""
    all_facts = [facts_of(row) for _, row in history.runs.iterrows()]
    backends = [None if pd.isna(one) else str(one) for one in history.series["backend"]]
    gpus = [str(one).startswith("gpu") for one in history.series["device"]]
    groups = list(zip(backends, gpus, strict=True))
    distinct = sorted(set(groups), key=str)
    of_group = np.array([distinct.index(one) for one in groups], dtype=int)
    kinds = _kinds(all_facts, distinct)[:, of_group]
    there, other = history.there, kinds[:-1] != kinds[-1]
    alone = there[-1] & ~np.any(~other & there[:-1], axis=0) & np.any(other, axis=0)
    changed = {}
    for place in np.flatnonzero(alone):
        newest = all_facts[int(np.flatnonzero(other[:, place])[-1])]
        key = str(history.series["key"].iloc[place])
        changed[key] = _different(all_facts[-1], newest, groups[place])
    return SameFacts(kinds, changed)


def _kinds(all_facts: Sequence[Facts], groups: Sequence[Group]) -> NDArray[np.intp]:
    """Give runs of each group the number of the newest run whose facts they share."""
    kinds = np.zeros((len(all_facts), len(groups)), dtype=np.intp)
    firsts: list[list[int]] = [[] for _ in groups]
    known: dict[tuple[tuple[str, str], ...], NDArray[np.intp]] = {}
    for row in reversed(range(len(all_facts))):
        key = tuple(sorted((f, v) for f, v in all_facts[row].items() if f not in PASSED_OVER))
        if key not in known:
            known[key] = _row(all_facts, row, groups, firsts)
        kinds[row] = known[key]
    return kinds


def _row(
    all_facts: Sequence[Facts], row: int, groups: Sequence[Group], firsts: list[list[int]]
) -> NDArray[np.intp]:
    """Find of each group the newer run that has this one's facts; else it begins a kind."""
    of_group = np.full(len(groups), row, dtype=np.intp)
    against: dict[int, tuple[str, ...]] = {}
    for column, (backend, gpu) in enumerate(groups):
        for first in firsts[column][: RULE.most_fingerprints]:
            if first not in against:
                against[first] = differing(all_facts[first], all_facts[row])
            if not touching(against[first], backend, gpu=gpu):
                of_group[column] = first
                break
        else:
            firsts[column].append(row)
    return of_group


def _different(now: Facts, before: Facts, group: Group) -> str:
    """Say in which facts that a group depends on a run differs from one before."""
    backend, gpu = group
    return "; ".join(
        f"{fact}: {before.get(fact, ABSENT)} before, {now.get(fact, ABSENT)} now"
        for fact in touching(differing(now, before), backend, gpu=gpu)[:MOST_TOLD]
    )
