"""Why two cases of the same name can't be compared: other work, or another machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.analyze.comparing import facts
from bench.analyze.comparing.differences import differences
from bench.analyze.comparing.wording import listed, written
from bench.analyze.comparing.work import alike

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd

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


def refusals(rows: pd.DataFrame, told: Sequence[Mapping[str, str]]) -> dict[str, Refusal]:
    """Find the cases that both sides have and that can't be compared.

    Parameters
    ----------
    rows : DataFrame
        From ``bench.analyze.comparing.pairing.paired``, of two runs that are called `SIDES`.
    told : sequence of mapping, length 2
        The facts of each side's run.

    Returns
    -------
    dict of str to Refusal
        By the key of the case; other work is told before another machine.
    """
    found = dict(_of_machines(rows, told))
    found.update(_of_work(rows, told))
    return found


def _of_work(
    rows: pd.DataFrame, told: Sequence[Mapping[str, str]]
) -> Iterator[tuple[str, Refusal]]:
    """Yield the cases that are called the same and did other work."""
    precisions = {
        run: one["precision"]
        for run, one in zip(SIDES, told, strict=True)
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
    rows: pd.DataFrame, told: Sequence[Mapping[str, str]]
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
            for one in differences(told, group)
            if one.n_touched and one.kind in REFUSING and one.fact != NAMED
        ]
        if found:
            values = listed([written(one) for one in found])
            refusal = Refusal(
                f"The runs differ in what it depends on ({values}).",
                listed([one.fact for one in found]),
            )
            yield from ((str(key), refusal) for key in group["key"])
