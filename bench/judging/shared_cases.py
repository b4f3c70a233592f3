"""Cases that two runs share: the times of both, and what forbids a claim."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.analyze.comparing.against_baseline import LISTS
from bench.judging.refusals import refusals

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    import pandas as pd

    from bench.analyze.verdicts.margins import Margins
    from bench.judging.refusals import Refusal
    from bench.judging.stored_run import StoredRun


@dataclass(frozen=True)
class Shared:
    """A case that both runs have.

    Attributes
    ----------
    name : str
    before, now : tuple of float
        The median of every process, in seconds.
    margin : float
    own : bool
        It is of this suite, which can measure it again.
    control : str
        What of the machine it measures; empty for a case that runs a kernel.
    refusal : Refusal or None
        Why it can't be compared.
    untrusted : str
        Why no claim is made of it; else empty.
    """

    name: str
    before: tuple[float, ...]
    now: tuple[float, ...]
    margin: float
    own: bool
    control: str
    refusal: Refusal | None
    untrusted: str


def shared_cases(
    runs: tuple[StoredRun, StoredRun],
    rows: pd.DataFrame,
    told: Sequence[Mapping[str, str]],
    margins: Margins,
) -> list[Shared]:
    """Take together what the two runs hold of each case.

    Parameters
    ----------
    runs : tuple of StoredRun
        Before and now.
    rows : DataFrame
        The cases that both have, from ``bench.analyze.comparing.pairing.paired``.
    told : sequence of mapping, length 2
        The facts of each run.
    margins : Margins

    Returns
    -------
    list of Shared
        In the order of the run before.
    """
    refused = refusals(rows, told)
    sides = [rows[rows["side"] == side].set_index("key").to_dict("index") for side in (0, 1)]
    return [
        Shared(
            name=str(key),
            before=_medians(before),
            now=_medians(sides[1][key]),
            margin=margins.of(str(key)),
            own=isinstance(before["case"], str),
            control=before["control"] if isinstance(before["control"], str) else "",
            refusal=refused.get(str(key)),
            untrusted=_untrusted(runs, (before, sides[1][key])),
        )
        for key, before in sides[0].items()
    ]


def _medians(row: Mapping[Any, Any]) -> tuple[float, ...]:
    """Return the processes' medians; that of all rounds where a file holds nothing else."""
    medians = row["process_seconds"]
    if isinstance(medians, LISTS) and len(medians):
        return tuple(map(float, medians))
    return (float(row["seconds"]),)


def _untrusted(
    runs: tuple[StoredRun, StoredRun], rows: tuple[Mapping[Any, Any], Mapping[Any, Any]]
) -> str:
    """Say why no claim is made of a case."""
    cut_short = [one.name for one in runs if one.interrupted]
    if cut_short:
        names = " and ".join(dict.fromkeys(cut_short))
        return (
            f"{names} was interrupted, so it holds what was finished, perhaps of fewer "
            f"processes: finish it with python -m bench run --resume, or measure again."
        )
    sides = zip(("before", "now"), rows, strict=True)
    disturbed = [name for name, row in sides if row["untrusted"] is True]
    if disturbed:
        return (
            f"Most of its rounds {' and '.join(disturbed)} were disturbed: measure it again on "
            f"a quiet machine."
        )
    return ""
