"""Which way of training is fastest on a device, and how sure that is.

Ways of training are compared by the time until the loss is near the optimum, each at the
batch size that suits it, since that is what a user waits for. Where whole trainings were
timed, that time counts; else the steps that the workload needs times the measured time of a
step. Only where no steps could be counted are epochs compared, all at one batch size.

Two are told apart where their intervals do not overlap and, if one process measured all,
where they are further apart than processes are from each other (`Rule.process_difference`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from bench.advise.answer import KernelAnswer
from bench.advise.rule import RULE
from bench.stats.estimate import Estimate

#: Reading the samples as they lie: a limit for the others, and no stochastic descent.
UNSHUFFLED = "sequential"


@dataclass(frozen=True)
class Contender:
    """One way of training, at the batch size that suits it.

    Attributes
    ----------
    low, high : float
        Of its 95% interval; NaN where it is not known.
    """

    kernel: str
    batch_size: int
    seconds: float
    low: float
    high: float

    @property
    def known(self) -> Estimate:
        """Its time with the interval."""
        return Estimate(self.seconds, self.low, self.high)


@dataclass(frozen=True)
class Ranking:
    """The ways of training on one workload and device, the fastest first.

    Attributes
    ----------
    quantity : {'measured', 'computed', 'epoch'}
        Seconds to the target, timed as whole trainings; steps counted times the time of a
        step; or seconds of an epoch.
    contenders : tuple of Contender
        At least one.
    n_processes : int
        That measured each.
    """

    workload: str
    device: str
    quantity: str
    contenders: tuple[Contender, ...]
    n_processes: int

    @property
    def winner(self) -> Contender:
        """The fastest."""
        return self.contenders[0]

    @property
    def rivals(self) -> tuple[Contender, ...]:
        """Those that may be as fast, as far as these numbers go."""
        first = self.winner
        if not math.isfinite(first.high):
            return self.contenders[1:]
        room = RULE.process_difference if self.n_processes < 2 else 0.0
        return tuple(
            one
            for one in self.contenders[1:]
            if not one.low > first.high or one.seconds < (1 + room) * first.seconds
        )


def fair(epochs: pd.DataFrame) -> pd.DataFrame:
    """Keep trainings that can be set against one another.

    Parameters
    ----------
    epochs : DataFrame
        ``epoch`` cases.

    Returns
    -------
    DataFrame
        Those with batches from memory, in random order, and without momentum, which is
        another update.
    """
    ours = epochs["loader"] == "inmemory"
    if "momentum" in epochs:
        ours &= epochs["momentum"].fillna(0) == 0
    if "sampling" in epochs:
        ours &= epochs["sampling"] != UNSHUFFLED
    kept: pd.DataFrame = epochs[ours]
    return kept


def rankings(
    epochs: pd.DataFrame, answers: Sequence[KernelAnswer], n_processes: int
) -> list[Ranking]:
    """Compare the ways of training on every workload and device.

    Parameters
    ----------
    epochs : DataFrame
        ``epoch`` cases, with ``low`` and ``high`` (``bench.store.tidy``); the `fair` ones
        count.
    answers : sequence of KernelAnswer
        Of the same run; may be empty.

    Returns
    -------
    list of Ranking
        By workload and device, as they come.
    """
    found = []
    for (workload, device), rows in fair(epochs).groupby(["workload", "device"], sort=False):
        here = [
            one
            for one in answers
            if (one.subject.workload, one.subject.device) == (workload, device)
            and one.subject.kernel in set(rows["kernel"])
        ]
        quantity, contenders = _to_target(rows, here)
        if not contenders:
            quantity, contenders = "epoch", _of_epochs(rows)
        if contenders:
            fastest_first = tuple(sorted(contenders, key=lambda one: one.seconds))
            found.append(
                Ranking(str(workload), str(device), quantity, fastest_first, n_processes)
            )
    return found


def _to_target(
    rows: pd.DataFrame, answers: Sequence[KernelAnswer]
) -> tuple[str, list[Contender]]:
    """Return the time of each kernel to the target; measured only where all are."""
    measured = [one for one in answers if one.table["measured_seconds"].notna().any()]
    if measured and len(measured) == len(answers):
        return "measured", [_best_measured(one) for one in measured]
    computed = [_best_computed(one, rows) for one in answers]
    return "computed", [one for one in computed if one is not None]


def _suiting(one: KernelAnswer, times: str) -> pd.Series:
    """Return the row of the advised batch size, or of a soonest that is clearly sooner."""
    rows = one.table.sort_values(times)
    soonest: pd.Series = rows.iloc[0]
    if one.advice is not None:
        advised = rows[rows["batch_size"] == one.advice.recommended]
        as_good = advised[advised[times] <= (1 + RULE.as_good_share) * soonest[times]]
        return soonest if as_good.empty else as_good.iloc[0]
    return soonest


def _best_measured(one: KernelAnswer) -> Contender:
    row = _suiting(one, "measured_seconds")
    return Contender(
        one.subject.kernel,
        int(row["batch_size"]),
        float(row["measured_seconds"]),
        float(row["measured_low"]),
        float(row["measured_high"]),
    )


def _best_computed(one: KernelAnswer, rows: pd.DataFrame) -> Contender | None:
    """Return steps times the time of a step where that is shortest, as the epoch is known."""
    if not one.table["product_seconds"].notna().any():
        return None
    row = _suiting(one, "product_seconds")
    of_case = rows[
        (rows["kernel"] == one.subject.kernel) & (rows["batch_size"] == row["batch_size"])
    ].iloc[0]
    seconds = float(row["product_seconds"])
    return Contender(
        one.subject.kernel,
        int(row["batch_size"]),
        seconds,
        seconds * float(of_case["low"] / of_case["seconds"]),
        seconds * float(of_case["high"] / of_case["seconds"]),
    )


def _of_epochs(rows: pd.DataFrame) -> list[Contender]:
    """Return the epochs of all kernels at the batch size that most of them share."""
    sizes = rows.groupby("batch_size")["kernel"].nunique()
    if sizes.empty:
        return []
    common = sizes[sizes == sizes.max()].index.min()
    return [
        Contender(
            str(row["kernel"]),
            int(common),
            float(row["seconds"]),
            float(row["low"]),
            float(row["high"]),
        )
        for _, row in rows[rows["batch_size"] == common].iterrows()
    ]


# The ladder: kernels from the slowest to the fastest, and what each rung saves.


#: The published loop with the loader it was published with: the foot of the ladder.
FOOT = ("nd.autograd", "dataloader")
FOOT_SAVES = "nothing: the published loop with the loader that it came with"
#: Batch sizes that a ladder shows, as far as they were measured.
SIZES = (1, 10, 100, 1500)


def rung_names(rows: pd.DataFrame) -> pd.Series:
    """Return what each case is called on the ladder: its loader only where it is another."""
    loaded = rows["kernel"] + " + " + rows["loader"].astype(str)
    names: pd.Series = rows["kernel"].where(rows["loader"] == "inmemory", loaded)
    return names


def ladder(rows: pd.DataFrame) -> pd.DataFrame:
    """Order the kernels of one workload and device by their time at the smallest batch.

    Parameters
    ----------
    rows : DataFrame
        ``epoch`` cases of one workload and device, from ``bench.store.tidy``.

    Returns
    -------
    DataFrame
        A row a rung, slowest first, indexed by its name: ``seconds at B`` for each size
        that was measured (the column is the size itself), ``times``, how many times as
        fast as the foot at the smallest size (NaN where the foot was not measured), and
        ``saves``. Loaders other than memory are shown for the foot's kernel only, kernels
        with momentum not at all. Empty where fewer than four kernels were measured at one
        of the sizes.
    """
    shown = (rows["loader"] == "inmemory") | (rows["kernel"] == FOOT[0])
    if "momentum" in rows:  # another update: not a rung of the same ladder
        shown &= rows["momentum"].fillna(0) == 0
    chosen: pd.DataFrame = rows[rows["batch_size"].isin(SIZES) & shown]
    if chosen["kernel"].nunique() < RULE.fewest_rungs:
        nothing: pd.DataFrame = chosen.iloc[0:0]
        return nothing
    chosen = chosen.assign(rung=rung_names(chosen))
    seconds = chosen.pivot_table(index="rung", columns="batch_size", values="seconds")
    seconds.columns = pd.Index([int(size) for size in seconds.columns], dtype=object)
    smallest = min(seconds.columns)
    seconds = seconds.sort_values(smallest, ascending=False)
    foot = " + ".join(FOOT)
    base = seconds[smallest].get(foot, float("nan"))
    first = chosen.drop_duplicates("rung").set_index("rung").reindex(seconds.index)
    says = first["saves"].astype(object).fillna("") if "saves" in first else ""
    result: pd.DataFrame = seconds.assign(times=base / seconds[smallest], saves=says)
    result.loc[result.index == foot, "saves"] = FOOT_SAVES
    return result


def sizes_of(table: pd.DataFrame) -> list[int]:
    """Return the batch sizes that a ladder shows, ascending."""
    return sorted(column for column in table if isinstance(column, int))
