"""What a reader of a comparison is warned of: a sentence each, with what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bench.analyze.comparing import facts
from bench.analyze.comparing.ratios import NONE, ROUNDS
from bench.analyze.comparing.wording import cases, kind_name, listed, of_all, unique, written
from bench.analyze.comparing.work import baseline_positions, differ

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.analyze.comparing.comparison import Difference, Side

#: Losses of cases that train alike are no further apart, relative: float32 rounds at 6e-8,
#: and a training repeats that some thousand times.
LOSS_ROOM = 1e-4
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
    axis : str
    sides : sequence of Side
    differences : sequence of Difference
    rows : DataFrame
        Of the comparison, with all columns of the cases.
    runs : DataFrame
        A row for each side: its run.
    different_work : DataFrame
    doubled : sequence of str
    """

    axis: str
    sides: Sequence[Side]
    differences: Sequence[Difference]
    rows: pd.DataFrame
    runs: pd.DataFrame
    different_work: pd.DataFrame
    doubled: Sequence[str]


def warnings(compared: Compared) -> tuple[str, ...]:
    """Say what a reader has to know before the ratios.

    Parameters
    ----------
    compared : Compared

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
            told = listed([written(one) for one in found])
            n_touched = max(one.n_touched for one in found)
            yield (
                f"The runs also differ in {kind_name(kind)}, which "
                f"{of_all(n_touched, n_ratios)} may depend on ({told}): {remedy}."
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
            told = ~pd.isna(values)
            alike = alike & (told == told[base]) & ~differ(values, values[base])
    loss = rows["loss"].to_numpy(dtype=float, na_value=np.nan)
    off = np.abs(loss - loss[base]) / np.abs(loss[base])
    apart = alike & (off > LOSS_ROOM)
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
    cut_short = compared.runs["status"].isin(["interrupted"])
    names = unique(compared.runs.loc[cut_short, "run"])
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
