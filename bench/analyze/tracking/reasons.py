"""Why a case of a history is judged as it is: one sentence, with what to do if that helps."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from bench.analyze.verdicts.percent import percent
from bench.analyze.verdicts.verdict import Verdict

if TYPE_CHECKING:
    from bench.analyze.verdicts.verdict import CaseVerdict

#: A clock that moved a case by less is not spoken of.
WORTH_TELLING = 0.01
AGAIN = "measure again, or wait for the next run"


def missing(last: pd.Series, now: pd.Series, unmeasured: str = "") -> str:
    """Say of a case that this run lacks why, and when it was last there."""
    if unmeasured:
        return f"It is missing now ({unmeasured.rstrip('.')}); {last['run']} has it."
    when = "" if pd.isna(last["taken"]) else f", {last['taken']:%Y-%m-%d}"
    if str(now.get("status")) == "interrupted":
        return (
            f"It is missing: the run was interrupted. The last with it is {last['run']}{when}."
        )
    presets = [one.get("preset") for one in (last, now)]
    told = all(isinstance(one, str) for one in presets) and presets[0] != presets[1]
    behind = f" The presets are {presets[0]} and {presets[1]}." if told else ""
    return f"It is missing now; the last run with it is {last['run']}{when}.{behind}"


def too_few(n_earlier: int, fewest: int) -> str:
    """Say that there are too few earlier runs."""
    if n_earlier >= fewest:
        return (
            "Too few of the earlier runs are older than the last three: wait for the next run."
        )
    verb = "are" if n_earlier > 1 else "is"
    there = "no earlier run" if n_earlier == 0 else f"only {runs(n_earlier)} before"
    return (
        f"There {verb} {there} that it can be judged by; it takes {fewest} to say how far runs "
        f"lie apart."
    )


def moved(one: CaseVerdict, cause: str = "", pool: tuple[str, float] | None = None) -> str:
    """Say why a case is slower or faster.

    Parameters
    ----------
    one : CaseVerdict
    cause : str
    pool : tuple of (str, float), optional
        The kernel whose cases together are, and by how much, as a logarithm.

    Returns
    -------
    str
    """
    word = "slower" if one.verdict is Verdict.SLOWER else "faster"
    last = "This run is" if one.n_now == 1 else f"The last {one.n_now} runs are"
    told = (
        f"{last} {word} by more than the margin and the spread of {runs(one.n_before)} before"
    )
    if pool is not None:
        name, change = pool
        told += f"; the cases of {name} together by {percent(abs(math.expm1(change)))}"
    if cause == "code":
        told += "; the controls that it leans on did not move"
    elif cause:
        told += f"; the controls of {cause.partition('(')[2].rstrip(')')} moved with it"
    return f"{told}." if one.confirmed else f"{told}. Nothing confirms it yet: {AGAIN}."


def by_clock(moved: float) -> str:
    """Say what was taken out of a case, where that is worth a sentence.

    Parameters
    ----------
    moved : float
        By how much the case took longer for the processor's clock, a logarithm.

    Returns
    -------
    str
        With a space before it, or empty.
    """
    share = math.expm1(moved)
    if abs(share) < WORTH_TELLING:
        return ""
    word = "slower" if share > 0 else "faster"
    by = f"{percent(abs(share))} {word}"
    return f" The processor's clock made it {by} besides; that is taken out."


def same(one: CaseVerdict) -> str:
    """Say why a case is the same."""
    last = "this run" if one.n_now == 1 else f"the last {one.n_now} runs"
    return f"The interval of {last} against {runs(one.n_before)} before lies within the margin."


def unclear(low: float, high: float, edge: float) -> str:
    """Say why nothing can be said of a case with earlier runs enough."""
    if low > edge or high < -edge:
        return f"It lies beyond the margin, but one of so many cases may by chance: {AGAIN}."
    return (
        "Runs lie too far apart to exclude a change beyond the margin: measure in more "
        "processes, or give a wider margin."
    )


def of_controls(n: int, told: str) -> str:
    """Say how many controls a part of the machine was judged by."""
    return f"By {'1 control' if n == 1 else f'{n} controls together'}. {told}"


def runs(n: int) -> str:
    """Write a number of runs."""
    return "1 run" if n == 1 else f"{n} runs"
