"""Every case over the runs of each machine, as short as a page can hold it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.history.rule import RULE
from bench.history.series import FASTER, SLOWER, UNKNOWN, WITHIN
from bench.report.charts import chart
from bench.report.figures.style import COLOURS
from bench.report.numbers import change

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from bench.history.machine_history import WholeHistory
    from bench.stats.verdict import Change

# Every case over the runs of each machine, packed: four rows of whole numbers a case, written
# with commas. They are the seconds in a unit of the case's own, then half the width of the
# interval, that of the band, and the band's offset, in units of 0.0001 of the seconds.


#: At least so many digits of seconds are kept.
DIGITS = 5
BASIS_POINTS = 1e4
#: How a run is marked, in the page and in a letter.
MARKS = {"slower": "s", "faster": "f", "within the band": "w", "no band": "n", "left out": "o"}
LETTERS = {SLOWER: "s", FASTER: "f", WITHIN: "w", UNKNOWN: "n"}


@dataclass(frozen=True)
class _Grid:
    """Where the numbers of a case and run go."""

    cases: dict[str, int]
    runs: dict[str, int]

    def filled(self, table: pd.DataFrame, values: Any) -> NDArray[np.float64]:
        """Return a row a case and a column a run; NaN where a run lacks the case."""
        made = np.full((len(self.cases), len(self.runs)), np.nan)
        made[table["key"].map(self.cases), table["run"].map(self.runs)] = values
        return made

    def within(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the part of a table that is drawn."""
        kept: pd.DataFrame = table[table["run"].isin(self.runs) & table["key"].isin(self.cases)]
        return kept


def machine_rows(
    history: WholeHistory, points: pd.DataFrame, names: Sequence[str], since: pd.Timestamp
) -> dict[str, Any]:
    """Write down the runs of a machine.

    Parameters
    ----------
    history : WholeHistory
    points : DataFrame
        From ``bench.compare.over_time.points``; of any machines.
    names : sequence of str
        Of the cases that the page shows.
    since : Timestamp
        Older runs are not drawn.

    Returns
    -------
    dict
        ``name``; ``runs``; ``texts``, what changed at steps; ``series``, in the order of the
        names, None for a case that the machine has not.
    """
    runs = history.machine.runs
    runs = runs[runs["taken"] >= since]
    grid = _Grid(_places(names), _places(runs["run"]))
    measured = grid.within(points).drop_duplicates(["key", "run"])
    table = grid.within(history.table)
    table = table[table["seconds"].notna()]
    drawn = grid.filled(measured, measured["seconds"])
    judged = grid.filled(table, table["seconds"])
    seconds = np.where(np.isfinite(judged), judged, drawn)
    width = grid.filled(
        measured, (measured["high"] - measured["low"]) / 2 / measured["seconds"]
    )
    middle = grid.filled(table, np.sqrt(table["low"] * table["high"]) / table["seconds"] - 1)
    band = grid.filled(table, np.log(table["high"] / table["low"]) / 2)
    marks = np.where(np.isfinite(drawn) | np.isfinite(judged), "o", " ")
    letters = table["mark"].map(LETTERS)
    marks[table["key"].map(grid.cases), table["run"].map(grid.runs)] = letters
    texts: dict[str, int] = {}
    steps = _step_rows(history.changes, grid, texts)
    return {
        "name": history.machine.name,
        "runs": [_run(row) for _, row in runs.iterrows()],
        "texts": list(texts),
        "series": [
            _series(seconds[n], [width[n], middle[n], band[n]], marks[n], steps.get(n, []))
            for n in range(len(names))
        ],
    }


def _places(names: Any) -> dict[str, int]:
    return {str(name): place for place, name in enumerate(names)}


def _series(
    seconds: NDArray[np.float64],
    shares: Sequence[NDArray[np.float64]],
    marks: NDArray[np.str_],
    steps: list[list[Any]],
) -> dict[str, Any] | None:
    if not np.isfinite(seconds).any():
        return None
    exponent = int(np.floor(np.log10(np.nanmin(seconds)))) - DIGITS + 1
    named = zip(("half", "middle", "band"), shares, strict=True)
    return {
        "exponent": exponent,
        "seconds": _joined(seconds / 10.0**exponent),
        **{name: _joined(BASIS_POINTS * values) for name, values in named},
        "marks": "".join(marks),
        "steps": steps,
    }


def _joined(values: NDArray[np.float64]) -> str:
    """Write whole numbers with commas; nothing at all where there is none."""
    known = np.isfinite(values)
    if not known.any():
        return ""
    whole = np.round(np.where(known, values, 0.0)).astype(np.int64).tolist()
    return ",".join(str(n) if is_ else "" for n, is_ in zip(whole, known.tolist(), strict=True))


def _step_rows(
    changes: Sequence[Change], grid: _Grid, texts: dict[str, int]
) -> dict[int, list[list[Any]]]:
    """Put the steps of each case beside the run that they begin with."""
    found: dict[int, list[list[Any]]] = {}
    for one in changes:
        if one.name in grid.cases and one.run in grid.runs:
            told = "; ".join(one.what_changed) or "no fact that the runs tell"
            found.setdefault(grid.cases[one.name], []).append(
                [
                    grid.runs[one.run],
                    change(one.ratio),
                    change(one.ratio, one.low, one.high),
                    texts.setdefault(told, len(texts)),
                ]
            )
    return found


def _run(row: pd.Series) -> dict[str, Any]:
    commit = row.get("commit")
    return {
        "run": row["run"],
        "taken": row["taken"].isoformat(timespec="seconds"),
        "commit": commit[:10] if isinstance(commit, str) else None,
    }


# One case over many runs of a machine, unpacked by the page.


#: Beyond so many numbers the page would take too long to load: the newest runs are drawn.
MOST_NUMBERS = 250_000
FEWEST_RUNS = 2
#: Of a mark, in square pixels; of many runs only those that stand out keep their size.
STANDS_OUT = "datum.mark === 'slower' || datum.mark === 'faster'"
SIZE = {"expr": f"{STANDS_OUT} || length(data('source_0')) < 300 ? 60 : 18"}
QUANTITY = chart.Quantity("seconds", "seconds", "seconds_low", "seconds_high", "s", log=False)
TOLD = {"run": "run", "when": "taken (UTC)", "commit": "commit"}
OF_POINT = {**TOLD, "text": "95% interval", "expected": "expected", "mark": "mark"}
OF_STEP = {
    "change": "change point",
    "when": "since (UTC)",
    "run": "first run after it",
    "changed": "what changed",
}
#: Of a run at noon every day: the day, not noon.
WHEN = (
    "utcFormat(datum.value, utchours(datum.value) + utcminutes(datum.value) > 0"
    " ? '%b %d %H:%M' : utcmonth(datum.value) + utcdate(datum.value) > 1 ? '%b %d' : '%Y')"
)
TABULATED = {**TOLD, "mark": "mark", "expected": "expected", "change": "change point"}
#: Of the marks: what stands out is told apart by its shape and by its colour.
LOOKS = {
    "slower": ("triangle-up", COLOURS[2]),
    "faster": ("triangle-down", COLOURS[1]),
    "within the band": ("circle", COLOURS[0]),
    "no band": ("square", "#767676"),
    "left out": ("cross", "#767676"),
}
CAPTION = (
    f"One case at a time, over the runs of one machine, by what track judges: the fastest "
    f"third of a run's processes, each by the fifth percentile of its rounds; medians where "
    f"some run holds nothing else. The 95% interval is that of the run's median, drawn as wide "
    f"around it. The shaded band is where a run was to be expected at 95% by the earlier runs "
    f"with the same facts, from {RULE.fewest_earlier} of them on; a triangle lies outside of "
    f"it by more than the margin, which is a mark of that run alone and no verdict. Runs that "
    f"are left out were disturbed, interrupted, or did other work. An upright line is a change "
    f"point."
)


def history_chart(
    histories: Sequence[WholeHistory], points: pd.DataFrame, selected: str | None = None
) -> chart.Chart | None:
    """Draw each case over time.

    Parameters
    ----------
    histories : sequence of WholeHistory
        A machine each; the first is drawn from the start.
    points : DataFrame
        From ``bench.compare.over_time.points``.
    selected : str or None
        The case that is drawn from the start; by default the first by name.

    Returns
    -------
    Chart or None
        None where no machine has two runs that tell when they were taken.
    """
    shown = [one for one in histories if len(one.machine.runs) >= FEWEST_RUNS]
    runs = {str(run) for one in shown for run in one.machine.runs["run"]}
    drawn = points[points["run"].isin(runs)]
    names = sorted(dict.fromkeys(drawn["key"]))
    if not names:
        return None
    most = max(MOST_NUMBERS // len(names), FEWEST_RUNS)
    since = drawn.drop_duplicates("run")["taken"].sort_values().tail(most).iloc[0]
    machines = [one.machine.name for one in shown]
    choices = [chart.Choice("machine", "Machine", tuple(machines), machines[0])]
    selected = selected if selected in names else names[0]
    return chart.Chart(
        id="history-chart",
        title="Each case over time",
        caption=CAPTION,
        columns={},
        panels=(_picture(),),
        tabulated=TABULATED,
        quantities=(QUANTITY,),
        choices=(
            *(choices if len(machines) > 1 else ()),
            chart.Choice("case", "Case", tuple(names), selected),
        ),
        history={
            "cases": names,
            "marks": {letter: mark for mark, letter in MARKS.items()},
            "machines": [machine_rows(one, drawn, names, since) for one in shown],
        },
    )


def _picture() -> dict[str, Any]:
    x = {
        "field": "taken",
        "type": "temporal",
        "title": "taken (UTC)",
        "scale": {"type": "utc", "padding": 10},
        "axis": {"grid": True, "labelOverlap": True, "labelExpr": WHEN},
    }
    y = chart.quantitative("value", "", log=False, unit="s")
    line = {"type": "line", "strokeWidth": 1, "opacity": 0.6, "aria": False}
    point = {"type": "point", "filled": True, "size": SIZE, "opacity": 1}
    layers = [
        *_bands(x, y),
        chart.upright(x, y),
        chart.layer(line, {"x": x, "y": y}),
        *_steps(x),
        chart.layer(point, {"x": x, "y": y, **_looks(), "tooltip": chart.tooltip(OF_POINT)}),
    ]
    label = "A case over time, with the band in which each run was to be expected"
    return chart.framed(layers, label)


def _bands(x: dict[str, Any], y: dict[str, Any]) -> list[dict[str, Any]]:
    """Draw the band; of a run between two without one, a bar."""
    ends = {"x": x, "y": {**y, "field": "band_low"}, "y2": {"field": "band_high"}}
    look = {"opacity": 0.22, "color": COLOURS[-1], "aria": False}
    bar = {"type": "rule", "strokeWidth": 8, **look}
    return [chart.layer({"type": "area", **look}, ends), chart.layer(bar, ends, "datum.alone")]


def _steps(x: dict[str, Any]) -> list[dict[str, Any]]:
    """Draw change points, with a wider place that answers the pointer and no ink."""
    only = "isValid(datum.change)"
    told = {"x": x, "tooltip": chart.tooltip(OF_STEP)}
    rule = {"type": "rule", "strokeDash": [6, 3], "strokeWidth": 1.5, "aria": False}
    place = {"type": "rule", "strokeWidth": 14, "opacity": 0, "aria": False}
    text = {"type": "text", "angle": 270, "align": "right", "baseline": "bottom"}
    text |= {"dx": -2, "dy": -3, "aria": False}
    label = {"x": x, "y": {"value": 0}, "text": {"field": "change_label"}}
    return [
        chart.layer(rule, {"x": x}, only),
        chart.layer(text, label, only),
        chart.layer(place, told, only),
    ]


def _looks() -> dict[str, Any]:
    """Return the encoding of marks by colour and shape, with one legend for both."""

    def channel(values: list[str]) -> dict[str, Any]:
        scale = {"domain": list(LOOKS), "range": values}
        return {"field": "mark", "type": "nominal", "scale": scale, "legend": {"title": None}}

    shapes, colours = (list(values) for values in zip(*LOOKS.values(), strict=True))
    return {"color": channel(colours), "shape": channel(shapes)}
