"""One case over many runs of a machine, of all that the page holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.analyze.tracking.rule import RULE
from bench.report.charts.chart import Chart, Choice, Quantity
from bench.report.charts.history_rows import MARKS, machine_rows
from bench.report.charts.specs import framed, quantitative, tooltip, upright
from bench.report.lines import COLOURS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from bench.analyze.histories.whole import WholeHistory

#: Beyond so many numbers the page would take too long to load: the newest runs are drawn.
MOST_NUMBERS = 250_000
FEWEST_RUNS = 2
#: Of a mark, in square pixels; of many runs only those that stand out keep their size.
STANDS_OUT = "datum.mark === 'slower' || datum.mark === 'faster'"
SIZE = {"expr": f"{STANDS_OUT} || length(data('source_0')) < 300 ? 60 : 18"}
QUANTITY = Quantity("seconds", "seconds", "seconds_low", "seconds_high", "s", log=False)
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
) -> Chart | None:
    """Draw each case over time.

    Parameters
    ----------
    histories : sequence of WholeHistory
        A machine each; the first is drawn from the start.
    points : DataFrame
        From ``bench.analyze.comparing.over_time.points``.
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
    choices = [Choice("machine", "Machine", tuple(machines), machines[0])]
    selected = selected if selected in names else names[0]
    return Chart(
        id="history-chart",
        title="Each case over time",
        caption=CAPTION,
        columns={},
        panels=(_picture(),),
        tabulated=TABULATED,
        quantities=(QUANTITY,),
        choices=(
            *(choices if len(machines) > 1 else ()),
            Choice("case", "Case", tuple(names), selected),
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
    y = quantitative("value", "", log=False, unit="s")
    line = {"type": "line", "strokeWidth": 1, "opacity": 0.6, "aria": False}
    return framed(
        [
            *_bands(x, y),
            upright(x, y),
            {"mark": line, "encoding": {"x": x, "y": y}},
            *_steps(x),
            {
                "mark": {"type": "point", "filled": True, "size": SIZE, "opacity": 1},
                "encoding": {"x": x, "y": y, **_looks(), "tooltip": tooltip(OF_POINT)},
            },
        ],
        "A case over time, with the band in which each run was to be expected",
    )


def _bands(x: dict[str, Any], y: dict[str, Any]) -> list[dict[str, Any]]:
    """Draw the band; of a run between two without one, a bar."""
    ends = {"x": x, "y": {**y, "field": "band_low"}, "y2": {"field": "band_high"}}
    look = {"opacity": 0.22, "color": COLOURS[-1], "aria": False}
    alone = [{"filter": "datum.alone"}]
    bar = {"type": "rule", "strokeWidth": 8, **look}
    return [
        {"mark": {"type": "area", **look}, "encoding": ends},
        {"transform": alone, "mark": bar, "encoding": ends},
    ]


def _steps(x: dict[str, Any]) -> list[dict[str, Any]]:
    """Draw change points, with a wider place that answers the pointer and no ink."""
    only = [{"filter": "isValid(datum.change)"}]
    told = {"x": x, "tooltip": tooltip(OF_STEP)}
    rule = {"type": "rule", "strokeDash": [6, 3], "strokeWidth": 1.5, "aria": False}
    place = {"type": "rule", "strokeWidth": 14, "opacity": 0, "aria": False}
    text = {"type": "text", "angle": 270, "align": "right", "baseline": "bottom"}
    text |= {"dx": -2, "dy": -3, "aria": False}
    label = {"x": x, "y": {"value": 0}, "text": {"field": "change_label"}}
    return [
        {"transform": only, "mark": rule, "encoding": {"x": x}},
        {"transform": only, "mark": text, "encoding": label},
        {"transform": only, "mark": place, "encoding": told},
    ]


def _looks() -> dict[str, Any]:
    """Return the encoding of marks by colour and shape, with one legend for both."""

    def channel(values: list[str]) -> dict[str, Any]:
        scale = {"domain": list(LOOKS), "range": values}
        return {"field": "mark", "type": "nominal", "scale": scale, "legend": {"title": None}}

    shapes, colours = (list(values) for values in zip(*LOOKS.values(), strict=True))
    return {"color": channel(colours), "shape": channel(shapes)}
