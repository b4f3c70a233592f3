"""Reads or counts what an advice rests on, and finds the answer for every kernel."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

import data
from bench.advise import statistical_cost
from bench.advise.answer import Conditions, Counted, Found, KernelAnswer, Subject, answer
from bench.advise.rule import RULE
from bench.advise.statistical_cost import StatisticalFit
from bench.convergence.step_counts import Statistics, steps_table
from bench.convergence.tuning import Setting
from bench.measure.protocol import Protocol, plan_training
from bench.plan.matrix import BATCH_SIZES, DEFAULT
from bench.stats.fits import RefusalError
from bench.store import tidy
from bench.store.decoding import moment
from kernels.rule import UpdateRule
from kernels.sampling import SAMPLINGS

# Whether a run's times and the steps counted here are of the same training.


#: What a run tells of how a case was trained.
TOLD = ("seed", "sampling", "schedule", "learning_rate")


def rule_of(row: Any) -> UpdateRule:
    """Return the update rule of a case; plain SGD where a run tells of none."""
    momentum = row.get("momentum")
    return (
        UpdateRule() if momentum is None or pd.isna(momentum) else UpdateRule(float(momentum))
    )


def why_unfit(rows: pd.DataFrame, subject: Subject) -> str | None:
    """Say why a run's times can't be put together with steps counted here.

    Parameters
    ----------
    rows : DataFrame
        The epochs of one kernel, from ``bench.store.tidy``.

    Returns
    -------
    str or None
        None where they can.
    """
    if "loss_by_epoch" not in rows or not rows["loss_by_epoch"].map(_is_curve).all():
        return (
            "the run has no loss curve, so nothing shows that its kernel trains as the steps "
            "are counted"
        )
    row = rows.sort_values("batch_size").iloc[-1]
    untold = [name for name in TOLD if name not in row or pd.isna(row[name])]
    if untold:
        return f"the run does not tell how its kernel was trained ({', '.join(untold)})"
    expected = _losses(row, subject.workload)
    recorded = [float(loss) for loss in row["loss_by_epoch"]][: len(expected)]
    apart = max(
        abs(there - here) / here for there, here in zip(recorded, expected, strict=False)
    )
    if not apart <= RULE.loss_tolerance:
        return (
            f"the losses that the run recorded at batch size {int(row['batch_size'])} are up "
            f"to {apart:.0%} from those that the same training gives here: the data or the "
            "code have changed"
        )
    return None


def _is_curve(value: Any) -> bool:
    """Say whether these are losses; one that was not finite is written as null."""
    several = isinstance(value, (list, tuple)) and len(value) > 1
    return several and all(isinstance(loss, (int, float)) for loss in value)


def _losses(row: pd.Series, name: str) -> list[float]:
    """Return the losses after each epoch that float64 gives for the run's own training."""
    workload = data.load(name)
    protocol = Protocol(
        epochs=len(row["loss_by_epoch"]) - 1,
        seconds_per_case=0.0,
        seed=int(row["seed"]),
        sampling=row["sampling"],
        schedule=row["schedule"],
        learning_rate=float(row["learning_rate"]),
    )
    plan = plan_training(workload, int(row["batch_size"]), protocol, rule_of(row))
    thetas = [one.theta for one in plan.expected]
    return [
        workload.loss(plan.start.weight, plan.start.bias),
        *(workload.loss(theta[:-1], float(theta[-1])) for theta in thetas),
    ]


# The steps that a workload needs, counted and fitted.


def silent(text: str) -> None:
    """Tell nobody."""


def conditions_of(setting: Setting) -> Conditions:
    """Return what is told of a setting."""
    return Conditions(
        setting.tolerance, setting.schedule, setting.sampling, setting.rule.momentum
    )


def counted(
    workload: str,
    setting: Setting,
    batch_sizes: Iterable[int],
    tell: Callable[[str], object] = silent,
) -> Counted:
    """Count the steps to the target at several batch sizes, and fit them.

    Parameters
    ----------
    tell : callable
        Is told what is being counted, where it is not in the cache.

    Raises
    ------
    DataError
        For a workload whose optimum has no loss.
    """
    statistics = Statistics(data.load(workload), setting)
    n_samples = statistics.workload.n_samples
    sizes = sorted({size for size in batch_sizes if size <= n_samples})
    statistics.count(sizes, tell)
    table = steps_table(statistics, sizes)
    theory = None
    if table["expected_steps"].notna().any():
        unseen = {"steps": table["expected_steps"], "steps_low": None, "steps_high": None}
        theory = _fitted(table.assign(**unseen), n_samples, setting.sampling)
    return Counted(
        workload=workload,
        conditions=conditions_of(setting),
        target_loss=statistics.target_loss,
        loss_optimum=statistics.workload.optimum.loss,
        table=table,
        fit=_fitted(table, n_samples, setting.sampling, in_epochs=True),
        expected=theory,
        noise_scale=statistics.noise_scale(),
    )


def _fitted(
    table: pd.DataFrame, n_samples: int, sampling: str, *, in_epochs: bool = False
) -> StatisticalFit | RefusalError:
    try:
        return statistical_cost.fit(table, n_samples, sampling, in_epochs=in_epochs)
    except RefusalError as error:
        return error


# The answer for every kernel of a run.


LOADER = "inmemory"


class NothingComparableError(Exception):
    """Runs that can't be put together; the message is one sentence."""


@dataclass(frozen=True)
class Axis:
    """A learning-rate schedule and a way of sampling."""

    schedule: str = "constant"
    sampling: str = SAMPLINGS[0]


def rows_of(documents: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return the cases of runs of one machine, the newest of each.

    Parameters
    ----------
    documents : sequence of mapping
        From ``bench.store.files.read_run``.

    Returns
    -------
    DataFrame
        From ``bench.store.tidy.frame``.

    Raises
    ------
    NothingComparableError
        Where they are of different machines.
    """
    infos = (document.get("machine_info", {}) for document in documents)
    prints = {str(info.get("fingerprint_id")) for info in infos}
    if len(prints) > 1:
        raise NothingComparableError(
            "the runs are of different machines or libraries (their fingerprints differ), so "
            "their times can't be put together; name runs of one machine"
        )
    tables = [
        tidy.frame(document)
        for document in sorted(
            documents, key=lambda one: str(moment(one.get("datetime")) or "")
        )
    ]
    table: pd.DataFrame = pd.concat(tables, ignore_index=True)
    newest: pd.DataFrame = table.drop_duplicates("name", keep="last")
    return newest


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
                measured = epochs.loc[epochs["workload"] == workload, "batch_size"]
                sizes = {*map(int, measured), *usual_sizes(subject.n_samples)}
                known[place] = counted(subject.workload, setting, sizes, tell)
            steps = known.get(place)
            one = _answer(subject, rows, steps, _same(timed, setting), refusal)
            if number == 0:
                answers.append(one)
                conditions.append(place[1])
            elif steps is not None:
                others.append((steps, one))
    return Found(tuple(answers), tuple(conditions), known, tuple(others))


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
