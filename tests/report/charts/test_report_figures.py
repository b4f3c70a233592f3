from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from bench.compare.side_by_side import compare
from bench.report.charts.chart import NothingToDrawError
from bench.report.charts.efficiency import memory_chart, phases_chart
from bench.report.charts.figures import (
    MOST_KERNELS,
    comparison_figures,
    report_figures,
    run_figures,
)
from bench.report.charts.files import FigureError, save_figures
from bench.report.charts.speed import speed_chart
from bench.report.charts.static import figure
from bench.report.page.one_run import Material
from bench.store import tidy
from bench.store.files import read_run
from bench.store.table import Loaded
from tests.compare.made_up_runs import case, run, table
from tests.report.charts.test_target_figure import answer
from tests.store import made_up_run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes

REFERENCE = Path(__file__).parents[3] / "results" / "reference"


def epochs(**facts: Any) -> pd.DataFrame:
    """Return the epochs of the made-up run, each with some facts more."""
    document = copy.deepcopy(made_up_run.document())
    for benchmark in document["benchmarks"]:
        benchmark["extra_info"] |= {"n_samples": 1500, "backend": "mxnet", **facts}
    return tidy.of_case(tidy.interval_frame(document), "epoch")


def segments(axes: Axes) -> list[tuple[float, float, float]]:
    """Return place, lower and upper end of every upright line."""
    return sorted(
        (float(x), float(low), float(high))
        for collection in axes.collections
        for (x, low), (_, high) in collection.get_segments()  # type: ignore[attr-defined]
    )


def test_speed_has_the_intervals_of_times_and_rates() -> None:
    rows = epochs()
    rows = rows[(rows["kernel"] == "nd.autograd")]
    left, right = figure(speed_chart(rows), quantities=(0, 1)).axes
    assert segments(left) == [(10, 0.125, 0.75), (1500, 0.004, 0.004)]
    rates = [(10, 1500 / 0.75, 1500 / 0.125), (1500, 375_000, 375_000)]
    assert segments(right) == pytest.approx(np.array(rates))


def test_a_time_without_an_interval_has_no_bar() -> None:
    rows = epochs()
    rows.loc[rows["batch_size"] == 10, ["low", "high"]] = np.nan
    (left,) = figure(speed_chart(rows)).axes
    assert {x for x, *_ in segments(left)} == {1500}


def many_kernels() -> pd.DataFrame:
    one = epochs(backend="mxnet")
    one = one[one["kernel"] == "nd.autograd"]
    copies = [one.assign(kernel=f"kernel{n}", backend="ab"[n % 2]) for n in range(MOST_KERNELS)]
    together: pd.DataFrame = pd.concat([one, *copies], ignore_index=True)
    return together


def libraries(rows: pd.DataFrame) -> dict[str, Figure]:
    document = {"benchmarks": [], "datetime": "2026-11-22T19:19:45"}
    material = Material(document, "run.json")
    vars(material).update(epochs=rows, table=rows)
    return {name: it for name, it in drawn(material).items() if name.startswith("libraries")}


def test_very_many_kernels_are_drawn_library_by_library() -> None:
    rows = many_kernels()
    (made,) = libraries(rows).values()
    assert {axes.get_title() for axes in made.axes} == {"mxnet", "a", "b"}
    for axes in made.axes:
        own = set(rows.loc[rows["backend"] == axes.get_title(), "kernel"])
        lines = [line for line in axes.get_lines() if line.get_linestyle() != "None"]
        coloured = {line.get_label(): line.get_color() for line in lines}
        coloured = {name: colour for name, colour in coloured.items() if name in own}
        assert set(coloured) == own
        assert len(set(coloured.values())) == len(own), "each has a colour of its own"
        behind = [line for line in lines if line.get_label() not in own]
        assert len(behind) == MOST_KERNELS + 1, "all of them stand behind"
        legend = axes.get_legend()
        assert legend is not None
        assert {text.get_text() for text in legend.get_texts()} == own
    assert libraries(rows[rows["kernel"] != "kernel0"]) == {}
    assert libraries(rows.assign(backend="one")) == {}


def test_phases_are_shares_of_an_epoch_and_seconds() -> None:
    rows = epochs(phases={"data": 1.0, "forward": 2.0, "update": 1.0}, phases_total=4.0)
    shares, seconds = figure(phases_chart(rows), "", {"batch_size": 10}, quantities=(0, 1)).axes
    assert [label.get_text() for label in shares.get_yticklabels()] == [
        "nd.autograd",
        "nd.closed_form",
    ]
    assert shares.yaxis_inverted()
    for axes, whole in ((shares, 100), (seconds, 4)):
        widths = {
            str(bars.get_label()): [(patch.get_x(), patch.get_width()) for patch in bars]
            for bars in axes.containers
        }
        assert widths == {
            "data": [(0, whole / 4)] * 2,
            "forward": [(whole / 4, whole / 2)] * 2,
            "update": [(3 * whole / 4, whole / 4)] * 2,
        }


def test_memory_is_drawn_with_what_is_noise() -> None:
    told = {"host_case_bytes": 2**20, "host_peak_is_exact": True, "host_noise_bytes": 2**18}
    (axes,) = figure(memory_chart(epochs(memory=told))).axes
    lines = {str(line.get_label()): line for line in axes.get_lines()}
    assert set(lines) == {"nd.autograd", "nd.closed_form"}
    points = np.asarray(lines["nd.autograd"].get_xydata(), dtype=float)
    assert sorted(points.tolist()) == [[10, 2**20], [1500, 2**20]]
    ends = {(low, high) for _, low, high in segments(axes)}
    assert ends == {(2**20 - 2**18, 2**20 + 2**18)}
    assert axes.get_yscale() == "linear"
    with pytest.raises(NothingToDrawError, match="python -m bench run --cases epoch"):
        memory_chart(epochs())


def test_memory_from_kilobytes_to_gigabytes_is_on_a_log_scale() -> None:
    rows = epochs(memory={"allocator_peak_bytes": 2**30})
    small = {"allocator_peak_bytes": 2**11}
    rows["memory"] = rows["memory"].where(rows["batch_size"] != 10, [small] * len(rows))
    (axes,) = figure(memory_chart(rows)).axes
    assert axes.get_yscale() == "symlog"
    assert axes.get_ylim()[0] == 0


def of_figures(named: Iterable[tuple[str, Figure | str]]) -> dict[str, Figure]:
    return {name: it for name, it in named if isinstance(it, Figure)}


def left_out(named: Iterable[tuple[str, Figure | str]]) -> dict[str, str]:
    return {name: it for name, it in named if isinstance(it, str)}


def drawn(material: Material) -> dict[str, Figure]:
    return of_figures(report_figures(material))


def reference(name: str) -> Material:
    return Material(read_run(REFERENCE / name), name)


def test_a_run_with_everything_has_every_figure() -> None:
    material = reference("20261123T005615Z-9a2304b-2160a2.json")
    basic = [name for name, _ in run_figures(material)]
    assert len(basic) == 6
    assert list(drawn(material)) == [
        *basic,
        "libraries-airfoil-cpu0-inmemory",
        "phases-airfoil-cpu0-B1",
        "phases-airfoil-cpu0-B100",
        "memory-host-airfoil-cpu0-inmemory",
        "roofline",
    ]
    assert list(left_out(report_figures(material))) == ["target"]


def test_times_to_the_target_are_drawn_where_they_were_found(advised: Material) -> None:
    assert "target-airfoil-cpu0" in drawn(advised)
    without = Material(advised.document, advised.name, None, "Not asked for.")
    assert left_out(report_figures(without))["target"] == "Not asked for."


@pytest.mark.parametrize("n_sizes", [1, 2, 3, 4])
def test_a_run_of_few_batch_sizes_has_all_figures_but_the_target(n_sizes: int) -> None:
    """A model of the time takes five sizes: without, there may be no time to the target."""
    document = made_up_run.document([made_up_run.epoch("nd.autograd", 10)])
    (epoch,) = document["benchmarks"]
    epoch["extra_info"] |= {"n_samples": 1500}
    document["benchmarks"] = [
        {**epoch, "name": f"B{size}", "extra_info": {**epoch["extra_info"], "batch_size": size}}
        for size in (1, 10, 100, 1500)[:n_sizes]
    ]
    known = answer("nd.autograd")
    refused = replace(known, table=known.table.assign(measured_seconds=np.nan))
    found: Any = SimpleNamespace(answers=(refused,))
    named = dict(report_figures(Material(document, "run.json", found)))
    assert list(of_figures(named.items())) == [
        "speed-airfoil-cpu0-inmemory",
        "loss-airfoil-cpu0-inmemory",
    ]
    for axes in of_figures(named.items())["speed-airfoil-cpu0-inmemory"].axes:
        assert {len(np.asarray(line.get_xdata())) for line in axes.get_lines()} == {n_sizes}
    assert named["target"] == "No kernel has a time to the target: too few sizes."
    assert "roofline" in named


def test_a_run_of_another_suite_has_no_figure() -> None:
    document = {"benchmarks": [{"name": "test_x", "stats": {"data": [1.0] * 6}}]}
    named = dict(report_figures(Material(document, "0001.json")))
    assert list(named) == [
        *("notebook", "ladder", "speed", "loss"),
        *("phases", "memory", "roofline", "target"),
    ]
    assert of_figures(named.items()) == {}
    assert all(str(reason).endswith(".") for reason in named.values())


def history(n_runs: int) -> Loaded:
    cases = [
        case(f"run{day}", [[factor * (1 + day / 100)] * 7], batch_size=size)
        for day in range(1, n_runs + 1)
        for size, factor in ((1, 1.0), (10, 0.1 if day == n_runs else 0.5))
    ]
    runs = table([run(f"run{day}", day) for day in range(1, n_runs + 1)])
    return Loaded(table(cases), runs, ())


@pytest.mark.parametrize(
    ("n_runs", "names"),
    [(2, ["ratios-epoch"]), (3, ["ratios-epoch", "over-time"]), (12, ["over-time"])],
)
def test_runs_side_by_side_have_ratios_and_many_their_history(
    n_runs: int, names: list[str]
) -> None:
    made = history(n_runs)
    found = of_figures(comparison_figures(compare(made.cases, made.runs), made))
    assert list(found) == names


def test_the_case_that_moved_most_comes_first_over_time() -> None:
    made = history(5)
    found = of_figures(comparison_figures(compare(made.cases, made.runs), made))
    first, second = found["over-time"].axes
    assert first.get_title().endswith("B10]")
    assert second.get_title().endswith("B1]")
    line, across, points = first.get_lines()
    np.testing.assert_array_equal(points.get_xydata(), line.get_xydata())
    expected = [0.505, 0.51, 0.515, 0.52, 0.105]
    assert np.asarray(line.get_ydata(), dtype=float).tolist() == pytest.approx(expected)
    median = np.asarray(across.get_ydata(), dtype=float)[0]
    assert median == pytest.approx(0.5125), "of the earlier ones"


def test_figures_are_written_as_png_and_svg(tmp_path: Path) -> None:
    made = history(3)
    found = comparison_figures(compare(made.cases, made.runs), made)
    paths = save_figures(found, tmp_path / "deep" / "down").paths
    assert {path.name for path in paths} == {
        f"{name}.{kind}" for name in ("ratios-epoch", "over-time") for kind in ("png", "svg")
    }
    assert all(path.stat().st_size > 1000 for path in paths)
    (tmp_path / "file").touch()
    with pytest.raises(FigureError, match="name another folder"):
        save_figures(comparison_figures(compare(made.cases, made.runs)), tmp_path / "file")
