"""Every case over the runs of each machine, as short as a page can hold it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.compare.over_time import over_time, points
from bench.history.machine_history import WholeHistory
from bench.history.rule import RULE
from bench.history.series import FASTER, SLOWER, UNKNOWN, WITHIN
from bench.report.charts import chart
from bench.report.charts.chart import COLOURS
from bench.report.comparison_text import called, furthest
from bench.report.numbers import change
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


def machine_rows(
    history: WholeHistory, points: pd.DataFrame, names: Sequence[str], since: pd.Timestamp
) -> dict[str, Any]:
    """Write down the runs of a machine.

    Parameters
    ----------
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
    measured = points[points["run"].isin(runs["run"])]
    table = history.table.dropna(subset="seconds")

    def grid(rows: pd.DataFrame, values: Any) -> pd.DataFrame:
        """Return a row a case and a column a run; NaN where a run lacks the case."""
        cells = rows.assign(value=values).pivot_table("value", "key", "run", aggfunc="first")
        wide: pd.DataFrame = cells.reindex(index=names, columns=runs["run"])
        return wide

    drawn = grid(measured, measured["seconds"])
    judged = grid(table, table["seconds"])
    seconds = judged.fillna(drawn).to_numpy(float)
    half = (measured["high"] - measured["low"]) / 2 / measured["seconds"]
    middle = np.sqrt(table["low"] * table["high"]) / table["seconds"] - 1
    band = np.log(table["high"] / table["low"]) / 2
    shares = [
        grid(rows, values).to_numpy(float)
        for rows, values in ((measured, half), (table, middle), (table, band))
    ]
    others = np.where(np.isfinite(seconds), "o", " ")
    marks = grid(table, table["mark"].map(LETTERS)).to_numpy()
    marks = np.where(pd.isna(marks), others, marks)
    texts: dict[str, int] = {}
    steps = _step_rows(history.changes, list(runs["run"]), texts)
    return {
        "name": history.machine.name,
        "runs": [_run(row) for _, row in runs.iterrows()],
        "texts": list(texts),
        "series": [
            _series(seconds[n], [one[n] for one in shares], marks[n], steps.get(name, []))
            for n, name in enumerate(names)
        ],
    }


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
    changes: Sequence[Change], runs: Sequence[str], texts: dict[str, int]
) -> dict[str, list[list[Any]]]:
    """Put the steps of each case beside the run that they begin with."""
    found: dict[str, list[list[Any]]] = defaultdict(list)
    for one in changes:
        if one.run in runs:
            of_text = texts.setdefault(what_changed(one), len(texts))
            sizes = (change(one.ratio), change(one.ratio, one.low, one.high))
            found[one.name].append([runs.index(one.run), *sizes, of_text])
    return found


def what_changed(one: Change) -> str:
    """Write what changed between the runs before a step and after it."""
    return "; ".join(one.what_changed) or "no fact that the runs tell"


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
NO_HISTORY = "No machine has two runs that tell when they were taken."
SECONDS = chart.Quantity("seconds", "seconds", "seconds_low", "seconds_high", "s", log=False)
TOLD = {"run": "run", "when": "taken (UTC)", "commit": "commit"}
OF_POINT = {**TOLD, "text": "95% interval", "expected": "expected", "mark": "mark"}
OF_STEP = {
    "change": "change point",
    "when": "since (UTC)",
    "run": "first run after it",
    "changed": "what changed",
}
#: Of the marks: what stands out is told apart by its shape and by its colour.
LOOKS = (
    chart.Member("slower", "", COLOURS[2], "triangle-up"),
    chart.Member("faster", "", COLOURS[1], "triangle-down"),
    chart.Member("within the band", "", COLOURS[0], "circle"),
    chart.Member("no band", "", "#767676", "square"),
    chart.Member("left out", "", "#767676", "cross"),
)
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
TAKEN = chart.Axis("taken", "taken (UTC)", kind="time")
#: What is drawn of a case over time, with its marks or without.
TIMES = (replace(chart.INTERVAL, by=()), chart.Layer("line", size=1, opacity=0.6))
STEP = chart.Only("change")
BAND = chart.Layer("area", y="band_low", y2="band_high", colour=COLOURS[-1], opacity=0.22)
OVER_TIME = chart.Panel(
    "A case over time, with the band in which each run was to be expected",
    TAKEN,
    chart.Axis(log=False, unit="s"),
    (
        BAND,
        # Of a run between two without a band.
        replace(BAND, mark="interval", size=8, only=chart.Only("alone", (True,))),
        *TIMES,
        chart.Layer("rule", across="x", only=STEP, size=1.5, dash=(6, 3)),
        chart.Layer("text", across="x", only=STEP, text="change_label"),
        # A wider place that answers the pointer, without ink.
        chart.Layer("rule", across="x", only=STEP, size=14, opacity=0, tooltip=OF_STEP),
        chart.points(
            OF_POINT, 60, crowd=chart.Crowd(300, 18, chart.Only("mark", ("slower", "faster")))
        ),
    ),
)


def history_chart(
    histories: Sequence[WholeHistory], drawn: pd.DataFrame, selected: str | None = None
) -> chart.Chart:
    """Draw each case over time.

    Parameters
    ----------
    histories : sequence of WholeHistory
        A machine each; the first is drawn from the start.
    drawn : DataFrame
        From ``bench.compare.over_time.points``.
    selected : str or None
        The case that is drawn from the start; by default the first by name.

    Raises
    ------
    NothingToDrawError
        When no machine has two runs that tell when they were taken.
    """
    shown = [one for one in histories if len(one.machine.runs) >= FEWEST_RUNS]
    runs = {str(run) for one in shown for run in one.machine.runs["run"]}
    drawn = drawn[drawn["run"].isin(runs)]
    names = sorted(dict.fromkeys(drawn["key"]))
    if not names:
        raise chart.NothingToDrawError(NO_HISTORY)
    most = max(MOST_NUMBERS // len(names), FEWEST_RUNS)
    since = drawn.drop_duplicates("run")["taken"].sort_values().tail(most).iloc[0]
    machines = tuple(one.machine.name for one in shown)
    choices = (
        chart.Choice("machine", "Machine", machines, machines[0]),
        chart.Choice("case", "Case", tuple(names), selected if selected in names else names[0]),
    )
    return chart.Chart(
        id="history-chart",
        title="Each case over time",
        caption=CAPTION,
        rows=pd.DataFrame(),
        panels=(OVER_TIME,),
        tabulated={**TOLD, "mark": "mark", "expected": "expected", "change": "change point"},
        quantities=(SECONDS,),
        choices=choices if len(machines) > 1 else choices[1:],
        key=chart.Key("mark", LOOKS),
        history={
            "cases": names,
            "marks": {letter: mark for mark, letter in MARKS.items()},
            "machines": [machine_rows(one, drawn, names, since) for one in shown],
        },
    )


#: Cases of the figure: those whose last run is furthest from the earlier ones.
MOST_CASES = 12
EARLIER = chart.Layer("rule", across="y", y="earlier", dash=(2, 2))
MOVED = chart.Panel(
    "A case over time",
    TAKEN,
    chart.Axis(unit="s"),
    (*TIMES, EARLIER, chart.points({}, 30, by=())),
)


def moved_chart(cases: pd.DataFrame, runs: pd.DataFrame) -> chart.Chart:
    """Draw the cases whose last run moved most, from the largest step on.

    Parameters
    ----------
    cases, runs : DataFrame
        The tables of ``bench.store``.

    Raises
    ------
    NothingToDrawError
        When no case is in two runs that tell when they were taken.
    """
    chosen, n_known = furthest(over_time(cases, runs), MOST_CASES)
    if chosen.empty:
        raise chart.NothingToDrawError("No case is in two runs that tell when they were taken.")
    names = {row["key"]: called(row) for _, row in chosen.iterrows()}
    rows = points(cases, runs)
    rows = pd.concat([rows[rows["key"] == key] for key in names])
    earlier = rows.groupby("key")["seconds"].apply(lambda times: times.iloc[:-1].median())
    part = "" if len(names) == n_known else f", {len(names)} of {n_known} cases"
    return chart.Chart(
        id="over-time-chart",
        title=f"The largest steps of the last run{part}",
        caption="Dotted: the median of the runs before.",
        rows=rows.assign(case=rows["key"].map(names), earlier=rows["key"].map(earlier)),
        panels=(MOVED,),
        tabulated={},
        quantities=(chart.Quantity("seconds", "seconds", "low", "high", "s"),),
    )
