"""The rule for two stored runs: what the processes of both say of every case."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtr

from bench.compare.comparison import differences, listed, written
from bench.compare.ratios import intervals, log_medians, of_pairs, welch
from bench.compare.rule import RULE
from bench.stats.medians import Floats
from bench.stats.verdict import Verdict, benjamini_hochberg
from bench.store import facts
from bench.store.facts import alike

if TYPE_CHECKING:
    from bench.compare.reading import Shared

Booleans = NDArray[np.bool_]

# The rule for two stored runs, by the processes of both.
#
# With d the difference of the mean logarithms of the processes' times, s its standard error
# and m the margin, a case is
#
# - ``slower`` where d is above log(1 + m): Welch's one-sided test (Welch 1947, *Biometrika*
#   34:28), or Student's of the pairs (see below), at 2.5%, adjusted for how many cases are
#   tested (Benjamini & Hochberg 1995, see `bench.stats.verdict`). A single case is slower
#   exactly when its 95% interval lies beyond the margin;
# - ``faster`` where -d is, by the same test;
# - ``same`` where the 95% interval lies within the margin on both sides (the two one-sided
#   tests of Schuirmann 1987, *J. Pharmacokinet. Biopharm.* 15:657, each at 2.5%);
# - ``unclear`` else, and where a side has one process: nothing is known then of how much
#   processes differ. Unless the times are so far apart that it can't matter; such a case is
#   ``slower`` or ``faster``, and never confirmed.
#
# Runs under the same controlled conditions are compared process by process: the two of a layout
# had the same CPUs too, so what these do to both is no noise. Of one code that holds for any
# list of layouts. Two codes lie otherwise in each layout, by chance: each layout is a draw of
# that too, the variance of the pairs holds it, and a list that happens to favour one of them is
# what the interval allows for.
#
# A change is **confirmed** where it shows twice: the processes of both sides are split into an
# earlier and a later half, and the ratio of each pair of halves is beyond the margin. With two
# processes a half is one of them. It catches a single process that went astray and processes
# that drifted; it is no second measurement, which only fresh processes are.


#: Of each of the two one-sided tests, so that both together go with the interval.
LEVEL = (1 - RULE.confidence) / 2


@dataclass(frozen=True)
class Judged:
    """What the rule says of many cases.

    Attributes
    ----------
    ratio, low, high : ndarray, shape (n_cases,)
        Seconds now over seconds before and its 95% interval; NaN where there is none.
    confirmed : ndarray of bool, shape (n_cases,)
        Of slower and faster ones: each half says so.
    alone : ndarray of bool, shape (n_cases,)
        The interval lies beyond the margin, whatever is said of the other cases.
    """

    verdict: list[Verdict]
    ratio: Floats
    low: Floats
    high: Floats
    confirmed: Booleans
    alone: Booleans


def judge(
    before: Sequence[Sequence[float]],
    now: Sequence[Sequence[float]],
    margins: Floats,
    in_pairs: Sequence[bool] = (),
) -> Judged:
    """Judge many cases together.

    Parameters
    ----------
    before, now : sequence of sequence of float
        For each case the time of every process, in the order in which they ran.
    margins : ndarray, shape (n_cases,)
        Shares.
    in_pairs : sequence of bool
        Of each case, whether its processes belong together one by one; none does by default.
    """
    base, side = log_medians(before), log_medians(now)
    change, edges = side.mean - base.mean, np.log1p(margins)
    error, dof = welch(side, base)
    for place in (place for place, paired in enumerate(in_pairs) if paired):
        error[place], dof[place] = of_pairs(before[place], now[place])
    slower = benjamini_hochberg(_p_beyond(change - edges, error, dof), LEVEL)
    faster = benjamini_hochberg(_p_beyond(-change - edges, error, dof), LEVEL)
    found = intervals(change, error, dof)
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = np.log(found.low), np.log(found.high)
    same = (low >= -edges) & (high <= edges)
    confirmed = _in_both_halves(before, now, edges)
    return Judged(
        verdict=[_verdict(*one) for one in zip(slower, faster, same, strict=True)],
        ratio=found.value,
        low=found.low,
        high=found.high,
        confirmed=(slower & confirmed[0]) | (faster & confirmed[1]),
        alone=(low > edges) | (high < -edges),
    )


def _verdict(slower: bool, faster: bool, same: bool) -> Verdict:
    if slower:
        return Verdict.SLOWER
    if faster:
        return Verdict.FASTER
    return Verdict.SAME if same else Verdict.UNCLEAR


def _p_beyond(beyond: Floats, error: Floats, dof: Floats) -> Floats:
    """Return how likely a mean so far beyond the edge would be, were it on it.

    NaN where a side has one process.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        p = stdtr(dof, -beyond / error)
    # Medians that are all the same leave no doubt on which side of the edge they are.
    certain = np.where(beyond > 0, 0.0, 1.0)
    return np.where(error == 0, certain, p)


def _in_both_halves(
    before: Sequence[Sequence[float]], now: Sequence[Sequence[float]], edges: Floats
) -> tuple[Booleans, Booleans]:
    """Say which cases each half of the processes shows to be slower, and which faster."""
    slower, faster = np.ones(len(edges), dtype=bool), np.ones(len(edges), dtype=bool)
    for earlier in (True, False):
        base, side = (
            log_medians(
                [one[: len(one) // 2] if earlier else one[len(one) // 2 :] for one in run]
            )
            for run in (before, now)
        )
        change = side.mean - base.mean  # NaN without a process, which shows nothing
        slower &= change > edges
        faster &= change < -edges
    return slower, faster


# Why cases can't be compared: other work, or another machine.


#: Facts of these kinds make times another thing. The code is what one compares; a protocol
#: says how long is measured, not what; and a fact that nobody has classified may matter.
REFUSING = (facts.HARDWARE, facts.SOFTWARE, facts.SETTING, facts.PRECISION, facts.OTHER)
#: What the runs are called in the table of cases: two of one name are two all the same.
SIDES = ("before", "now")
#: The machine's name is no part of its fingerprint: containers get a new one each time.
NAMED = "node"


@dataclass(frozen=True)
class Refusal:
    """Why a case can't be compared.

    Attributes
    ----------
    reason : str
        One sentence.
    fact : str
        What differs.
    """

    reason: str
    fact: str


def refusals(rows: pd.DataFrame, side_facts: Sequence[Mapping[str, str]]) -> dict[str, Refusal]:
    """Find the cases that both sides have and that can't be compared.

    Parameters
    ----------
    rows : DataFrame
        From ``bench.compare.comparison.paired``, of two runs that are called `SIDES`.
    side_facts : sequence of mapping, length 2
        The facts of each side's run.

    Returns
    -------
    dict of str to Refusal
        By the key of the case; other work is told before another machine.
    """
    return {**dict(_of_machines(rows, side_facts)), **dict(_of_work(rows, side_facts))}


def _of_work(
    rows: pd.DataFrame, side_facts: Sequence[Mapping[str, str]]
) -> Iterator[tuple[str, Refusal]]:
    """Yield the cases that are called the same and did other work."""
    precisions = {
        run: one["precision"]
        for run, one in zip(SIDES, side_facts, strict=True)
        if "precision" in one
    }
    same, other = alike(rows, precisions)
    by_name = {str(name): group for name, group in other.groupby("name", sort=False)}
    unlike = rows[(rows["side"] == 1) & ~rows["key"].isin(same["key"])]
    for key, name in zip(unlike["key"], unlike["name"], strict=True):
        differing = by_name[str(name)].drop_duplicates("fact")
        names = list(map(str, differing["fact"]))
        values = [
            f"{fact}: {before} before, {now} now"
            for fact, before, now in zip(
                names, differing["baseline_value"], differing["side_value"], strict=True
            )
        ]
        yield str(key), Refusal(f"It did other work ({listed(values)}).", listed(names))


def _of_machines(
    rows: pd.DataFrame, side_facts: Sequence[Mapping[str, str]]
) -> Iterator[tuple[str, Refusal]]:
    """Yield the cases that depend on a fact in which the fingerprints differ.

    Cases of one backend and kind of device depend on the same facts.
    """
    side = rows[rows["side"] == 1]
    on_gpu = side["device"].astype(str).str.startswith("gpu")
    backend = side["backend"].astype(object).where(side["backend"].notna(), "")
    for _, group in side.groupby([backend, on_gpu], sort=False):
        found = [
            one
            for one in differences(side_facts, group)
            if one.n_touched and one.kind in REFUSING and one.fact != NAMED
        ]
        if found:
            values = listed([written(one) for one in found])
            refusal = Refusal(
                f"The runs differ in what it depends on ({values}).",
                listed([one.fact for one in found]),
            )
            yield from ((str(key), refusal) for key in group["key"])


# The reason of a verdict: one sentence, with what to do where that helps.


SHARPER = "use python -m bench ab, which measures both in turn"


def reason(verdict: Verdict, *, confirmed: bool) -> str:
    """Say why a case is slower, faster or the same."""
    if verdict is Verdict.SAME:
        return "Its interval lies within the margin."
    beyond = f"It is {verdict.value} by more than the margin"
    if confirmed:
        return f"{beyond}, in each half of the processes too."
    return f"{beyond}, but not in each half of the processes: measure again, or {SHARPER}."


def single(case: Shared) -> str:
    """Say why a case is slower or faster of which a side has one process."""
    return (
        f"The times differ more than {RULE.most_processes_differ:g}-fold, which processes do "
        f"not, and the middle halves of their rounds do not overlap; that one process can't "
        f"confirm: {_remedy(case, RULE.processes_for_interval)}."
    )


def unclear(case: Shared, ratio: float, *, alone: bool, n_tested: int) -> str:
    """Say why nothing can be told of a case that was measured.

    Parameters
    ----------
    ratio : float
        NaN where there is none.
    alone : bool
        Its interval lies beyond the margin.
    n_tested : int
        Cases that were tested with it.
    """
    sides = {"before": case.before, "now": case.now}
    single = [side for side, medians in sides.items() if len(medians) == 1]
    if single:
        where = "Each side holds" if len(single) == 2 else f"The run {single[0]} holds"
        blind = "which can't tell how much processes differ"
        return f"{where} one process, {blind}: {_remedy(case, RULE.processes_for_interval)}."
    if not math.isfinite(ratio):
        return "A time that is not above zero has no ratio: measure again."
    if alone:
        return (
            f"Beyond the margin on its own, but not as one of {n_tested} cases, some of which "
            f"are so by chance: {_remedy(case, _more(case))}."
        )
    return f"Its interval reaches over the edge of the margin: {_remedy(case, _more(case))}."


def _more(case: Shared) -> int:
    """Return how many processes to ask for next: at least twice as many as there are."""
    return max(RULE.processes_for_change, 2 * min(len(case.before), len(case.now)))


def _remedy(case: Shared, processes: int) -> str:
    """Say what to do about it; other suites' files hold one process each."""
    if case.own:
        return f"measure both with python -m bench run --processes {processes}, or {SHARPER}"
    return "store many runs, and judge the newest by their spread with python -m bench track"
