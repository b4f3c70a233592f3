"""What one run says of efficiency: the roofs, the cases under them, the devices compared."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bench.analyze import tidy
from bench.analyze.ceilings import Ceilings, ceilings
from bench.analyze.device_crossing import Crossing, crossings
from bench.analyze.evidence import bounded
from bench.analyze.roofline import DECLARING, place
from bench.analyze.thread_counts import fingerprint

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import pandas as pd


class NothingToSayError(Exception):
    """A run without what efficiency rests on; the message is one sentence."""


@dataclass(frozen=True)
class Efficiency:
    """What a run says.

    Attributes
    ----------
    roofs : dict of str to Ceilings
        By device.
    cases : DataFrame
        From ``bench.analyze.evidence.bounded``.
    crossings : list of Crossing
        Of the devices.
    """

    roofs: dict[str, Ceilings]
    cases: pd.DataFrame
    crossings: list[Crossing]

    def only(self, kernels: Collection[str], modules: Collection[str]) -> Efficiency:
        """Keep some kernels and cases; what bounds them is judged from all."""
        kept = narrowed(self.cases, kernels, modules)
        return replace(self, cases=kept, crossings=crossings(kept))


def assess(run: Mapping[str, Any]) -> Efficiency:
    """Place every case of a run, judge it, and compare the devices.

    Parameters
    ----------
    run : mapping
        The run file.

    Returns
    -------
    Efficiency

    Raises
    ------
    NothingToSayError
        When no device has both a triad and a matrix product, or no case under these
        declares what it moves and computes.
    """
    table = tidy.frame(run)
    roofs = ceilings(table, fingerprint(run))
    if not roofs:
        raise NothingToSayError(
            "there is no roof without the controls triad and matmul; --cases epoch,machine "
            "measures them, unless --kernels or --batch-sizes narrows the run."
        )
    placed = place(table, roofs)
    if placed.empty:
        raise NothingToSayError(
            f"no {', '.join(DECLARING[:-1])} or {DECLARING[-1]} on {', '.join(roofs)} "
            f"declares what it moves and computes."
        )
    cases = bounded(table, placed)
    return Efficiency(roofs, cases, crossings(cases))


def narrowed(
    cases: pd.DataFrame, kernels: Collection[str], modules: Collection[str]
) -> pd.DataFrame:
    """Keep some kernels and cases.

    Parameters
    ----------
    cases : DataFrame
        With ``kernel`` and ``case``.
    kernels : collection of str
    modules : collection of str
        Of ``epoch``, ``step``, ``update``.

    Returns
    -------
    DataFrame
    """
    wanted = cases["kernel"].isin(list(kernels)) & cases["case"].isin(list(modules))
    kept: pd.DataFrame = cases[wanted]
    return kept
