"""What stands in the cells of a ladder, with the digits that the intervals allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.analyze.ladder import FOOT, sizes_of
from bench.report.digits import measured
from bench.report.ratio_text import quotient

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from bench.analyze.estimate import Estimate

NOTHING = "–"


def seconds_text(known: Estimate | None) -> str:
    """Write the time of an epoch; a dash for what was not measured."""
    if known is None:
        return NOTHING
    return measured(known.value, (known.high - known.low) / 2)


def faster_text(
    table: pd.DataFrame, times: Mapping[tuple[str, int], Estimate], name: str
) -> str:
    """Write how many times as fast as the foot of the ladder a rung is.

    Parameters
    ----------
    table : DataFrame
        From ``bench.analyze.ladder.ladder``.
    times : mapping of (str, int) to Estimate
        From ``bench.analyze.ladder.rung_times``.
    name : str
        Of the rung.

    Returns
    -------
    str
        At the smallest batch size; a dash where one of both was not measured.
    """
    size = sizes_of(table)[0]
    lowest = " + ".join(FOOT)
    foot, rung = times.get((lowest, size)), times.get((name, size))
    if foot is None or rung is None:
        return NOTHING
    return "1x" if name == lowest else quotient(foot, rung)
