"""Finds the answer for every kernel of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

import data
from bench.advising.counting import conditions_of, counted, silent
from bench.advising.fitness import rule_of, why_unfit
from bench.analyze import tidy
from bench.analyze.findings import Conditions, Counted, Found
from bench.analyze.kernel_answer import KernelAnswer, Subject, answer
from bench.analyze.refusal import RefusalError
from bench.convergence.setting import Setting
from bench.selection.presets import BATCH_SIZES, DEFAULT
from kernels.sampling import SAMPLINGS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

LOADER = "inmemory"


class NothingComparableError(Exception):
    """Runs that can't be put together; the message is one sentence."""


@dataclass(frozen=True)
class Axis:
    """A learning-rate schedule and a way of sampling.

    Attributes
    ----------
    schedule : str
    sampling : str
    """

    schedule: str = "constant"
    sampling: str = SAMPLINGS[0]


def rows_of(documents: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return the cases of runs of one machine, the newest of each.

    Parameters
    ----------
    documents : sequence of mapping
        From ``bench.store.read_run``.

    Returns
    -------
    DataFrame
        From ``bench.analyze.tidy.frame``.

    Raises
    ------
    NothingComparableError
        Where they are of different machines.
    """
    prints = {str(_fingerprint(document)) for document in documents}
    if len(prints) > 1:
        raise NothingComparableError(
            "the runs are of different machines or libraries (their fingerprints differ), so "
            "their times can't be put together; name runs of one machine"
        )
    tables = [
        tidy.frame(document)
        for document in sorted(documents, key=lambda one: str(one.get("datetime")))
    ]
    table: pd.DataFrame = pd.concat(tables, ignore_index=True)
    newest: pd.DataFrame = table.drop_duplicates("name", keep="last")
    return newest


def _fingerprint(document: Mapping[str, Any]) -> Any:
    return document.get("machine_info", {}).get("fingerprint_id")


def find(
    table: pd.DataFrame,
    tolerance: float,
    axes: Sequence[Axis] = (),
    tell: Callable[[str], object] = silent,
) -> Found:
    """Answer for every kernel of a table.

    Parameters
    ----------
    table : DataFrame
        From `rows_of`.
    tolerance : float
        The target, as a share above the optimum's loss.
    axes : sequence of Axis
        Schedules and samplings; the first is the one that the answer is for, which else is
        that of the run.
    tell : callable

    Returns
    -------
    Found
        Without an answer where the table holds no epoch of a training.
    """
    epochs = tidy.of_case(table, "epoch")
    epochs = epochs[epochs["loader"] == LOADER]
    targets = tidy.of_case(table, "target")
    answers, conditions, others = [], [], []
    known: dict[tuple[str, Conditions], Counted] = {}
    for (workload, device, kernel), rows in epochs.groupby(
        ["workload", "device", "kernel"], sort=False
    ):
        first = rows.iloc[0]
        subject = Subject(
            str(workload),
            str(device),
            str(kernel),
            str(first.get("backend") or ""),
            data.n_samples(str(workload)),
        )
        timed = targets[
            (targets["workload"] == workload)
            & (targets["device"] == device)
            & (targets["kernel"] == kernel)
        ]
        refusal = why_unfit(rows, subject)
        for number, axis in enumerate(axes or (_axis(first),)):
            setting = _setting(first, axis, tolerance)
            place = (subject.workload, conditions_of(setting))
            if refusal is None and place not in known:
                sizes = {*_sizes(epochs, subject), *usual_sizes(subject.n_samples)}
                known[place] = counted(subject.workload, setting, sizes, tell)
            steps = known.get(place)
            one = _answer(subject, rows, steps, _same(timed, setting), refusal)
            if number == 0:
                answers.append(one)
                conditions.append(place[1])
            elif steps is not None:
                others.append((steps, one))
    return Found(tuple(answers), tuple(conditions), known, tuple(others))


def _sizes(epochs: pd.DataFrame, subject: Subject) -> list[int]:
    of_workload = epochs[epochs["workload"] == subject.workload]
    return [int(size) for size in of_workload["batch_size"].unique()]


def usual_sizes(n_samples: int) -> tuple[int, ...]:
    """Return the batch sizes whose steps are counted whatever a run holds."""
    return tuple(size for size in BATCH_SIZES if size <= n_samples <= DEFAULT.most_steps * size)


def _axis(row: Mapping[str, Any]) -> Axis:
    """Return the schedule and the sampling that a case was measured with."""
    return Axis(
        str(row.get("schedule") or "constant"), str(row.get("sampling") or SAMPLINGS[0])
    )


def _setting(row: Mapping[str, Any], axis: Axis, tolerance: float) -> Setting:
    """Return what the steps depend on; a kernel that reads samples as they lie still does."""
    lies = row.get("sampling") == "sequential"
    return Setting(
        tolerance=tolerance,
        schedule=axis.schedule,
        sampling="sequential" if lies else axis.sampling,  # type: ignore[arg-type]
        rule=rule_of(row),
    )


def _same(timed: pd.DataFrame, setting: Setting) -> pd.DataFrame:
    """Return the measured times to the same target, by the same steps."""
    if timed.empty:
        return timed
    near = (timed["tolerance"].astype(float) - setting.tolerance).abs() < 1e-12
    same: pd.DataFrame = timed[
        near & (timed["schedule"] == setting.schedule) & (timed["sampling"] == setting.sampling)
    ]
    return same


def _answer(
    subject: Subject,
    rows: pd.DataFrame,
    steps: Counted | None,
    timed: pd.DataFrame,
    refusal: str | None,
) -> KernelAnswer:
    """Answer for one kernel in one setting."""
    if steps is None:
        no_steps = pd.DataFrame(columns=["batch_size", "steps", "learning_rate"], dtype=float)
        return answer(subject, rows, no_steps, RefusalError(str(refusal)), timed.iloc[0:0])
    return answer(subject, rows, steps.table, steps.fit, timed)
