"""Each case over time: the page holds what the runs held, with bands, marks and steps."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bench.history.machine_history import Machine, WholeHistory
from bench.report.charts import history as charts
from bench.report.charts.chart import NothingToDrawError
from bench.report.charts.history import history_chart
from bench.stats.verdict import Change, Judgement

TAKEN = pd.date_range("2026-01-01", periods=4, freq="D", tz="UTC")
NAN = float("nan")


def runs(machine: str, n_runs: int = 4) -> pd.DataFrame:
    names = [f"{machine}{n}" for n in range(n_runs)]
    columns = {"run": names, "taken": TAKEN[:n_runs], "commit": ["c" * 40] * n_runs}
    table: pd.DataFrame = pd.DataFrame(columns)
    return table


def points(machine: str = "r", n_runs: int = 4) -> pd.DataFrame:
    """Return two cases: one with intervals; the other is missing in a run."""
    rows = [
        {
            "key": name,
            "run": f"{machine}{number}",
            "taken": TAKEN[number],
            "seconds": seconds * (1 + number / 7),
            "low": seconds * (1 + number / 7) * 0.98 if name == "a" else NAN,
            "high": seconds * (1 + number / 7) * 1.02 if name == "a" else NAN,
        }
        for name, seconds in (("a", 1.23456789e-5), ("b", 2e3))
        for number in range(n_runs)
        if not (name == "b" and number == 1)
    ]
    table: pd.DataFrame = pd.DataFrame(rows)
    return table


def made(machine: str = "r", n_runs: int = 4) -> WholeHistory:
    """Return a history: run 0 has no band, 2 is slower, 3 tells nothing."""
    table = points(machine, n_runs)
    # The median over processes is what is judged: not quite that over all rounds.
    table["seconds"] *= 1.001
    number = table["run"].str[-1].astype(int)
    table["mark"] = number.map({0: "", 1: "within", 2: "slower", 3: ""})
    banded = table["mark"] != ""
    table["low"] = np.where(banded, table["seconds"] * 0.9, NAN)
    table["high"] = np.where(banded, table["seconds"] * 1.05, NAN)
    table = table[number < 3]
    change = Change(
        name="a",
        last_before=datetime(2026, 1, 2, tzinfo=timezone.utc),
        first_after=datetime(2026, 1, 3, tzinfo=timezone.utc),
        run=f"{machine}2",
        ratio=1.05,
        low=1.04,
        high=1.06,
        what_changed=("kernel: 6 to 7", "restarted"),
    )
    judgement = Judgement("track", "before", "now", ())
    return WholeHistory(
        Machine(machine, runs(machine, n_runs)), table, judgement, (change,), (), 0, 0
    )


def told(chart: Any) -> dict[str, Any]:
    """Return what the page's script is told."""
    assert chart is not None
    assert chart.history is not None
    read: dict[str, Any] = json.loads(json.dumps(chart.history, allow_nan=False))
    return read


def test_a_number_a_case_and_run_with_its_interval() -> None:
    history = told(history_chart([made()], points()))
    (machine,) = history["machines"]
    assert history["cases"] == ["a", "b"]
    assert [run["run"] for run in machine["runs"]] == ["r0", "r1", "r2", "r3"]
    assert machine["runs"][0]["taken"] == "2026-01-01T00:00:00+00:00"
    first, second = machine["series"]
    assert (first["exponent"], first["seconds"]) == (-9, "12358,14123,15889,17637")
    assert (second["exponent"], second["seconds"]) == (-1, "20020,,25740,28571")
    assert first["half"] == "200,200,200,200"
    assert second["half"] == ""


def test_the_band_comes_back_from_its_middle_and_width() -> None:
    history = told(history_chart([made()], points()))
    first = history["machines"][0]["series"][0]
    middle, band = (first[name].split(",") for name in ("middle", "band"))
    assert [middle[0], band[0], middle[3], band[3]] == [""] * 4
    for n in (1, 2):
        ends = [(1 + int(middle[n]) / 1e4) * np.exp(s * int(band[n]) / 1e4) for s in (-1, 1)]
        assert ends == pytest.approx([0.9, 1.05], abs=2e-4)


def test_every_run_is_marked_and_what_tells_nothing_is_left_out() -> None:
    history = told(history_chart([made()], points()))
    first, second = history["machines"][0]["series"]
    assert first["marks"] == "nwso"
    assert second["marks"] == "n so"
    assert [history["marks"][letter] for letter in "nwso"] == [
        "no band",
        "within the band",
        "slower",
        "left out",
    ]


def test_a_step_stands_beside_the_run_that_it_begins_with() -> None:
    (machine,) = told(history_chart([made()], points()))["machines"]
    step = [2, "5.0% slower", "5.0% slower (4.0% to 6.0%)", 0]
    assert machine["series"][0]["steps"] == [step]
    assert machine["series"][1]["steps"] == []
    assert machine["texts"] == ["kernel: 6 to 7; restarted"]


def test_each_machine_has_its_own_runs_and_can_be_chosen() -> None:
    both = pd.concat([points(), points("q")])
    chart = history_chart([made("q"), made()], both)
    assert chart is not None
    assert chart.choices[0].options == ("q", "r")
    assert chart.choices[0].selected == "q"
    first, second = told(chart)["machines"]
    assert [run["run"] for run in first["runs"]] == ["q0", "q1", "q2", "q3"]
    assert [run["run"] for run in second["runs"]] == ["r0", "r1", "r2", "r3"]
    assert first["series"] == second["series"]


def test_a_case_that_a_machine_has_not_is_empty_there() -> None:
    other = points("q").replace({"key": {"b": "c"}})
    history = told(history_chart([made()], pd.concat([points(), other])))
    assert history["cases"] == ["a", "b"]
    one = made("q")
    history = told(history_chart([made(), one], pd.concat([points(), other])))
    assert history["cases"] == ["a", "b", "c"]
    assert history["machines"][0]["series"][2] is None


def test_of_very_many_the_newest_runs_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charts, "MOST_NUMBERS", 6)
    (machine,) = told(history_chart([made()], points()))["machines"]
    assert [run["run"] for run in machine["runs"]] == ["r1", "r2", "r3"]
    assert machine["series"][0]["marks"] == "wso"
    assert machine["series"][0]["steps"][0][0] == 1


def test_the_case_that_is_drawn_first_can_be_named() -> None:
    chart = history_chart([made()], points(), "b")
    assert chart is not None
    assert chart.choices[-1].selected == "b"
    unknown = history_chart([made()], points(), "none such")
    assert unknown is not None
    assert unknown.choices[-1].selected == "a"


def test_one_run_is_no_history() -> None:
    with pytest.raises(NothingToDrawError, match="No machine has two runs"):
        history_chart([made("r", 1)], points(n_runs=1))


def test_marks_differ_in_shape_and_what_stands_out_in_colour_too() -> None:
    shapes = [look.shape for look in charts.LOOKS]
    assert len(set(shapes)) == len(shapes)
    assert {look.name for look in charts.LOOKS} == set(charts.MARKS)
    colours = {look.name: look.colour for look in charts.LOOKS}
    standing_out = {colours.pop("slower"), colours.pop("faster")}
    assert len(standing_out) == 2
    assert standing_out.isdisjoint(colours.values())
