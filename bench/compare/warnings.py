"""What a reader of a comparison is warned of: a sentence each, with what to do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bench.compare.comparison import (
    KIND_NAMES,
    Difference,
    Side,
    cases,
    listed,
    of_all,
    side_of,
    unique,
    written,
)
from bench.compare.ratios import NONE, PROCESSES, ROUNDS, with_ratios
from bench.compare.rule import RULE
from bench.compare.stored import NAMED
from bench.stats.verdict import CaseVerdict, Verdict
from bench.store import facts
from bench.store.facts import baseline_positions, differ

if TYPE_CHECKING:
    from bench.compare.comparison import Paired
    from bench.compare.reading import Shared, StoredRun

# Warnings of any comparison: a sentence each, with what to do.


#: Cases that end after a fixed number of epochs, whatever the run's protocol.
TRAINING_ALIKE = ("epoch", "engine")
#: What has to be the same for two trainings to end at the same loss.
TRAINED_BY = ("seed", "sampling", "schedule", "learning_rate", "epochs", "momentum")
REMEDIES = {
    facts.HARDWARE: "measure both on one machine, or read the ratios as those of the machines",
    facts.SOFTWARE: "measure both with the same versions, or read the ratios as of these too",
    facts.SETTING: "measure both with the same settings, or read the ratios as of these too",
    facts.PRECISION: "set the same precision mode for both",
    facts.CODE: "measure both at one commit, or read the ratios as of the code too",
    facts.OTHER: "make them the same, or find out whether they matter",
}


@dataclass(frozen=True)
class Compared:
    """What warnings rest on.

    Attributes
    ----------
    rows : DataFrame
        Of the comparison, with all columns of the cases.
    runs : DataFrame
        A row for each side: its run.
    """

    sides: Sequence[Side]
    differences: Sequence[Difference]
    rows: pd.DataFrame
    runs: pd.DataFrame
    different_work: pd.DataFrame
    doubled: Sequence[str]


def warnings(compared: Compared) -> tuple[str, ...]:
    """Say what a reader has to know before the ratios.

    Returns
    -------
    tuple of str
        What makes ratios meaningless first, what makes them less sure last.
    """
    return tuple(sentence for check in CHECKS for sentence in check(compared))


def _other_work(compared: Compared) -> Iterator[str]:
    other = compared.different_work
    if len(other):
        names = other["name"].drop_duplicates()
        one = other.iloc[0]
        yield (
            f"{cases(len(names))} with the same name did other work and "
            f"{'is' if len(names) == 1 else 'are'} left out, as {one['name']} "
            f"({one['fact']}: {one['baseline_value']} and {one['side_value']}): measure both "
            f"with the same options."
        )


def _other_differences(compared: Compared) -> Iterator[str]:
    n_ratios = int((compared.rows["side"] > 0).sum())
    for kind, remedy in REMEDIES.items():
        found = [
            one
            for one in compared.differences
            if one.kind == kind and not one.expected and one.n_touched
        ]
        if found:
            differing = listed([written(one) for one in found])
            n_touched = max(one.n_touched for one in found)
            yield (
                f"The runs also differ in {KIND_NAMES.get(kind, kind)}, which "
                f"{of_all(n_touched, n_ratios)} may depend on ({differing}): {remedy}."
            )


def _losses(compared: Compared) -> Iterator[str]:
    rows = compared.rows
    if "loss" not in rows or "case" not in rows:
        return
    base = baseline_positions(rows)
    alike = rows["case"].isin(TRAINING_ALIKE).to_numpy(dtype=bool)
    for name in TRAINED_BY:
        if name in rows:
            values = rows[name].to_numpy(dtype=object)
            known = ~pd.isna(values)
            alike = alike & (known == known[base]) & ~differ(values, values[base])
    loss = rows["loss"].to_numpy(dtype=float, na_value=np.nan)
    off = np.abs(loss - loss[base]) / np.abs(loss[base])
    apart = alike & (off > RULE.loss_tolerance)
    if apart.any():
        worst = int(np.argmax(np.where(apart, off, 0.0)))
        n_apart = int(rows.loc[apart, "key"].nunique())
        yield (
            f"{cases(n_apart)} trained alike and ended at another loss, {rows['name'][worst]} "
            f"at {loss[worst]:.5f} instead of {loss[base[worst]]:.5f}: one side may compute "
            f"something else; run python -m bench check on both."
        )


def _untrusted(compared: Compared) -> Iterator[str]:
    names = compared.rows.loc[compared.rows["untrusted"], "name"].drop_duplicates()
    if len(names):
        yield (
            f"Most rounds of {cases(len(names))} were disturbed ({listed(list(names))}): do "
            f"not rely on their ratios; measure them again on a quiet machine."
        )


def _interrupted(compared: Compared) -> Iterator[str]:
    if "status" not in compared.runs:
        return
    names = unique(compared.runs.loc[compared.runs["status"].isin(["interrupted"]), "run"])
    if names:
        yield (
            f"{listed(names)} {'was' if len(names) == 1 else 'were'} interrupted and "
            f"{'holds' if len(names) == 1 else 'hold'} what was finished: measure the "
            f"rest with python -m bench run --resume where its journal is still there."
        )


def _too_narrow(compared: Compared) -> Iterator[str]:
    n_narrow = int((compared.rows["ratio_basis"] == ROUNDS).sum())
    if not n_narrow:
        return
    n_ratios = int((compared.rows["side"] > 0).sum())
    single = [side.run for side in compared.sides if side.processes == 1]
    own = compared.rows["case"].notna().any() if "case" in compared.rows else False
    measure = "measure with python -m bench run --processes 5"
    remedy = measure if own else "run each several times, and see whether it shows again"
    yield (
        f"The interval of {of_all(n_narrow, n_ratios)} is from the rounds of one process "
        f"each, which is too narrow between runs ({listed(unique(single))}): "
        f"{remedy}."
    )


def _no_interval(compared: Compared) -> Iterator[str]:
    n_without = int((compared.rows["ratio_basis"] == NONE).sum())
    if n_without:
        n_ratios = int((compared.rows["side"] > 0).sum())
        some = (
            f"{of_all(n_without, n_ratios)} {'has' if n_without == 1 else 'have'} no interval"
        )
        yield (
            f"{'No ratio has an interval' if n_without == n_ratios else some}, because there "
            f"were too few rounds or none were kept: measure longer, or in several processes."
        )


def _dirty(compared: Compared) -> Iterator[str]:
    names = unique([side.run for side in compared.sides if side.dirty])
    if names:
        yield (
            f"The code of {listed(names)} had changes that no commit holds: commit them and "
            f"measure again before you rely on what is said of the code."
        )


def _silent(compared: Compared) -> Iterator[str]:
    if "fingerprint_id" not in compared.runs:
        return
    names = unique(compared.runs.loc[compared.runs["fingerprint_id"].isna(), "run"])
    if names:
        yield (
            f"{listed(names)} {'tells' if len(names) == 1 else 'tell'} no fingerprint, so "
            f"settings and most versions can't be compared: make sure yourself that they were "
            f"the same."
        )


def _sharing_nothing(compared: Compared) -> Iterator[str]:
    sharing = set(compared.rows["side"])
    labels = [side.label for n, side in enumerate(compared.sides) if n not in sharing]
    if labels:
        yield (
            f"{listed(labels)} {'has' if len(labels) == 1 else 'have'} no case in common with "
            f"{compared.sides[0].label}: leave {'it' if len(labels) == 1 else 'them'} out, or "
            f"choose another baseline."
        )


def _doubled(compared: Compared) -> Iterator[str]:
    n = len(compared.doubled)
    if n:
        yield (
            f"{n} {'name stands' if n == 1 else 'names stand'} more than once in one run "
            f"({listed(compared.doubled)}) and can't be compared: give every benchmark a name "
            f"of its own."
        )


CHECKS = (
    *(_other_work, _other_differences, _losses, _untrusted, _interrupted),
    *(_too_narrow, _no_interval, _dirty, _silent, _sharing_nothing, _doubled),
)

# Warnings of a comparison of two stored runs.


ONE_AFTER_THE_OTHER = (
    "Two runs, one after the other, also differ by what the machine did in between: "
    "python -m bench ab measures both in turn, and tells smaller changes."
)
CHANGED = (Verdict.SLOWER, Verdict.FASTER)


def warned(
    runs: tuple[StoredRun, StoredRun],
    pairs: Paired,
    side_facts: Sequence[Mapping[str, str]],
    shared: Sequence[Shared],
    verdicts: Sequence[CaseVerdict],
) -> tuple[str, ...]:
    """Say what a reader has to know before the verdicts.

    Parameters
    ----------
    runs : tuple of StoredRun
        Before and now.
    pairs : Paired
        Their cases.
    side_facts : sequence of mapping, length 2
        The facts of each run.

    Returns
    -------
    tuple of str
        A sentence each; the last says what two runs can't tell.
    """
    return (
        *_of_files(runs, side_facts),
        *_controls(shared, verdicts),
        *_cautions(runs, pairs),
        ONE_AFTER_THE_OTHER,
    )


def _of_files(
    runs: tuple[StoredRun, StoredRun], side_facts: Sequence[Mapping[str, str]]
) -> Iterator[str]:
    if runs[0].path.resolve() == runs[1].path.resolve():
        yield "Both sides are the same file, so nothing can have changed: name another run."
    names = [one.get(NAMED, "") for one in side_facts]
    if all(names) and names[0] != names[1]:
        yield (
            f"The runs are from machines of different names ({names[0]} and {names[1]}): make "
            f"sure that it is one machine; two of the same model differ by some percent."
        )


def _controls(shared: Sequence[Shared], verdicts: Sequence[CaseVerdict]) -> Iterator[str]:
    """Say where the machine itself has changed, by what runs none of the code that is timed."""
    of_name = {one.name: one for one in verdicts}
    controls = [one for one in shared if one.control and of_name[one.name].ratio is not None]
    if not controls and any(one.own and of_name[one.name].ratio for one in shared):
        yield (
            "The runs share no control (bench_machine) that can be compared, so a slower "
            "machine can't be told from slower code: measure with the case machine too."
        )
    changed = [one.name for one in controls if of_name[one.name].verdict in CHANGED]
    if changed:
        yield (
            f"The machine has changed: {len(changed)} of {cases(len(controls))} that run none "
            f"of the code under test did ({listed(changed)}), and so may what leans on them."
        )
    by_kind: dict[str, list[float]] = defaultdict(list)
    for one in controls:
        ratio = of_name[one.name].ratio
        if ratio:
            by_kind[one.control].append(ratio)
    margin = min((one.margin for one in controls), default=0.0)
    for kind, ratios in by_kind.items():
        middle = float(np.median(ratios))
        if len(ratios) >= RULE.fewest_controls and abs(np.log(middle)) > np.log1p(margin):
            yield (
                f"The machine may have changed: of {len(ratios)} controls of {kind} the middle "
                f"one takes {middle:.3g} times as long."
            )


def _cautions(runs: tuple[StoredRun, StoredRun], pairs: Paired) -> tuple[str, ...]:
    """Say what is to be said of any stored runs; what differs is told case by case."""
    if pairs.rows.empty:
        return ()
    # So is what hangs on a single process: here no interval is taken from its rounds.
    rows = with_ratios(pairs.rows).assign(ratio_basis=PROCESSES)
    return warnings(
        Compared(
            sides=[
                side_of(one.name, None, n_cases, one.run)
                for one, n_cases in zip(runs, pairs.counts, strict=True)
            ],
            differences=(),
            rows=rows,
            runs=pd.DataFrame([one.run for one in runs]),
            different_work=pairs.rows.iloc[:0],
            doubled=pairs.doubled,
        )
    )
