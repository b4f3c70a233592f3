"""One case over many runs, of all that the page holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bench.report.charts.chart import DIGITS, Chart, Choice, Quantity
from bench.report.charts.specs import framed, quantitative, tooltip, upright

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

#: Beyond so many numbers the page would take too long to load: the newest runs are drawn.
MOST_NUMBERS = 250_000
QUANTITY = Quantity("seconds", "seconds", "seconds_low", "seconds_high", "s", log=False)
TOLD = {"run": "run", "taken": "taken", "commit": "commit", "text": "95% interval"}


def history_chart(points: pd.DataFrame, runs: pd.DataFrame) -> Chart | None:
    """Draw each case over time.

    Parameters
    ----------
    points : DataFrame
        From ``bench.analyze.comparing.over_time.points``.
    runs : DataFrame
        From ``bench.loading``.

    Returns
    -------
    Chart or None
        None where fewer than two runs tell when they were taken.
    """
    order = list(dict.fromkeys(points.sort_values("taken")["run"]))
    names = sorted(dict.fromkeys(points["key"]))
    if len(order) < 2:
        return None
    order = order[-max(MOST_NUMBERS // max(len(names), 1), 2) :]
    kept = points[points["run"].isin(order)].drop_duplicates(["key", "run"])
    of_run = runs.drop_duplicates("run").set_index("run")
    widths = 1e4 * (kept["high"] - kept["low"]) / 2 / kept["seconds"]
    seconds = _matrix(kept, kept["seconds"], names, order)
    return Chart(
        id="history-chart",
        title="Each case over time",
        caption=(
            f"One case at a time over {len(order)} runs, with 95% intervals (as wide to both "
            f"sides)."
        ),
        columns={},
        panels=(_picture(),),
        tabulated={name: title for name, title in TOLD.items() if name != "text"},
        quantities=(QUANTITY,),
        choices=(Choice("name", "Case", tuple(names), names[0]),),
        history={
            "cases": names,
            "runs": [_run(name, of_run.loc[name]) for name in order],
            "seconds": _short(seconds),
            "half_width_bp": _whole(_matrix(kept, widths, names, order)),
        },
    )


def _matrix(kept: pd.DataFrame, values: pd.Series, names: list[str], order: list[str]) -> Any:
    """Return a row a case and a column a run; NaN where a run lacks the case."""
    rows = {name: place for place, name in enumerate(names)}
    columns = {name: place for place, name in enumerate(order)}
    filled = np.full((len(names), len(order)), np.nan)
    filled[kept["key"].map(rows), kept["run"].map(columns)] = values.to_numpy(float)
    return filled


def _short(values: NDArray[np.float64]) -> list[list[Any]]:
    """Round to as many digits as the page holds, all at once."""
    with np.errstate(divide="ignore", invalid="ignore"):
        place = DIGITS - 1 - np.floor(np.log10(np.abs(values)))
    scale = 10.0 ** np.where(np.isfinite(place), place, 0.0)
    return _listed(np.round(values * scale) / scale, np.isnan(values))


def _whole(values: NDArray[np.float64]) -> list[list[Any]]:
    """Round to whole numbers, None where there is none."""
    missing = np.isnan(values)
    return _listed(np.round(np.where(missing, 0.0, values)).astype(np.int64), missing)


def _listed(values: NDArray[Any], missing: NDArray[np.bool_]) -> list[list[Any]]:
    """Return rows of numbers, None where there is none."""
    rows = values.astype(object)
    rows[missing] = None
    listed: list[list[Any]] = rows.tolist()
    return listed


def _run(name: str, row: pd.Series) -> dict[str, Any]:
    commit = row.get("commit")
    return {
        "run": name,
        "taken": row["taken"].isoformat(),
        "commit": commit[:10] if isinstance(commit, str) else None,
    }


def _picture() -> dict[str, Any]:
    x = {
        "field": "taken",
        "type": "temporal",
        "title": "taken (UTC)",
        "scale": {"type": "utc", "padding": 10},
        "axis": {"grid": True, "labelOverlap": True},
    }
    y = quantitative("value", "", log=False, unit="s")
    return framed(
        [
            upright(x, y),
            {
                "mark": {"type": "line", "strokeWidth": 1, "opacity": 0.6, "aria": False},
                "encoding": {"x": x, "y": y},
            },
            {
                "mark": {"type": "circle", "size": 40, "opacity": 1},
                "encoding": {"x": x, "y": y, "tooltip": tooltip(TOLD)},
            },
        ],
        "A case over time",
    )
