from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from bench.advise import memory_cost
from bench.compare.side_by_side import compare
from bench.report.figures.efficiency import memory_figure
from bench.report.figures.one_run import FigureError, figures
from bench.report.figures.several import comparison_figures, report_figures
from bench.report.figures.speed import (
    MOST_KERNELS,
    libraries_figure,
    phases_figure,
    speed_figure,
)
from bench.report.figures.style import save_figures
from bench.store import tidy
from bench.store.files import read_run
from bench.store.table import Loaded
from tests.compare.made_up_runs import case, run, table
from tests.store import made_up_run

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bench.report.page.one_run import Material

REFERENCE = Path(__file__).parents[3] / "results" / "reference"


def epochs(**facts: Any) -> pd.DataFrame:
    """Return the epochs of the made-up run, each with some facts more."""
    document = copy.deepcopy(made_up_run.document())
    for benchmark in document["benchmarks"]:
        benchmark["extra_info"] |= facts
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
    left, right = speed_figure(rows, "").axes
    assert segments(left) == [(10, 0.125, 0.75), (1500, 0.004, 0.004)]
    rates = [(10, 1500 / 0.75, 1500 / 0.125), (1500, 375_000, 375_000)]
    assert segments(right) == pytest.approx(np.array(rates))


def test_a_time_without_an_interval_has_no_bar() -> None:
    rows = epochs()
    rows.loc[rows["batch_size"] == 10, ["low", "high"]] = np.nan
    left, _ = speed_figure(rows, "").axes
    assert {x for x, *_ in segments(left)} == {1500}


def many_kernels() -> pd.DataFrame:
    one = epochs(backend="mxnet")
    one = one[one["kernel"] == "nd.autograd"]
    copies = [one.assign(kernel=f"kernel{n}", backend="ab"[n % 2]) for n in range(MOST_KERNELS)]
    together: pd.DataFrame = pd.concat([one, *copies], ignore_index=True)
    return together


def test_very_many_kernels_are_drawn_library_by_library() -> None:
    rows = many_kernels()
    figure = libraries_figure(rows, "")
    assert figure is not None
    assert [axes.get_title() for axes in figure.axes] == ["mxnet", "a", "b"]
    for axes, library in zip(figure.axes, ("mxnet", "a", "b"), strict=True):
        own = set(rows.loc[rows["backend"] == library, "kernel"])
        coloured = {
            str(line.get_label()) for line in axes.get_lines() if line.get_marker() != "None"
        }
        assert coloured == own
        assert len(axes.get_lines()) == MOST_KERNELS + 1, "all others stand behind"
    assert libraries_figure(rows[rows["kernel"] != "kernel0"], "") is None
    assert libraries_figure(rows.assign(backend="one"), "") is None


def test_phases_are_shares_of_an_epoch() -> None:
    rows = epochs(phases={"data": 1.0, "forward": 2.0, "update": 1.0}, phases_total=4.0)
    rows = rows[rows["batch_size"] == 10]
    (axes,) = phases_figure(rows, "").axes
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "nd.closed_form",
        "nd.autograd",
    ]
    widths = {
        str(bars.get_label()): [(patch.get_x(), patch.get_width()) for patch in bars]
        for bars in axes.containers
    }
    assert widths == {
        "data": [(0, 25)] * 2,
        "forward": [(25, 50)] * 2,
        "update": [(75, 25)] * 2,
    }
    assert [text.get_text() for text in axes.texts] == ["125 ms", "250 ms"]


def test_memory_is_drawn_above_what_is_noise() -> None:
    told = {"host_case_bytes": 2**20, "host_peak_is_exact": True, "host_noise_bytes": 2**18}
    rows = epochs(memory=told)
    figure = memory_figure(rows, memory_cost.HOST, "")
    assert figure is not None
    (axes,) = figure.axes
    lines = {str(line.get_label()): line for line in axes.get_lines()}
    assert set(lines) == {"nd.autograd", "nd.closed_form"}
    points = np.asarray(lines["nd.autograd"].get_data(), dtype=float)
    assert points.tolist() == [[10, 1500], [2**20, 2**20]]
    (band,) = axes.patches
    assert band.get_extents().transformed(axes.transData.inverted()).y1 == pytest.approx(2**18)
    assert memory_figure(rows, memory_cost.DEVICE, "") is None
    upper_bound = epochs(memory=told | {"host_peak_is_exact": False})
    assert memory_figure(upper_bound, memory_cost.HOST, "") is None


def test_memory_from_kilobytes_to_gigabytes_is_on_a_log_scale() -> None:
    rows = epochs(memory={"allocator_peak_bytes": 2**30})
    figure = memory_figure(rows, memory_cost.ALLOCATOR, "")
    assert figure is not None
    assert figure.axes[0].get_yscale() == "symlog"


def drawn(name: str) -> dict[str, Figure]:
    return dict(report_figures(read_run(REFERENCE / name)))


def test_a_run_with_everything_has_every_figure() -> None:
    found = drawn("20261122T191945Z-b5c8249-49b9fd.json")
    document = read_run(REFERENCE / "20261122T191945Z-b5c8249-49b9fd.json")
    basic = [name for name, _ in figures(document)]
    assert list(found) == [
        *basic,
        "libraries-airfoil-cpu0-inmemory",
        "phases-airfoil-cpu0-B1",
        "phases-airfoil-cpu0-B100",
        "memory-host-airfoil-cpu0-inmemory",
        "roofline",
    ]


def test_times_to_the_target_are_drawn_where_they_were_found(advised: Material) -> None:
    assert "target-airfoil-cpu0" in dict(report_figures(advised.document, advised.found))
    assert "target-airfoil-cpu0" not in dict(report_figures(advised.document))


def test_a_run_of_another_suite_has_no_figure() -> None:
    document = {"benchmarks": [{"name": "test_x", "stats": {"data": [1.0] * 6}}]}
    assert dict(report_figures(document)) == {}


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
    found = dict(comparison_figures(compare(made.cases, made.runs), made))
    assert list(found) == names


def test_the_case_that_moved_most_comes_first_over_time() -> None:
    made = history(5)
    figure = dict(comparison_figures(compare(made.cases, made.runs), made))["over-time"]
    first, second = figure.axes
    assert first.get_title().endswith("B10]")
    assert second.get_title().endswith("B1]")
    (line, across) = first.get_lines()
    expected = [0.505, 0.51, 0.515, 0.52, 0.105]
    assert np.asarray(line.get_ydata(), dtype=float).tolist() == pytest.approx(expected)
    median = np.asarray(across.get_ydata(), dtype=float)[0]
    assert median == pytest.approx(0.5125), "of the earlier ones"


def test_figures_are_written_as_png_and_svg(tmp_path: Path) -> None:
    made = history(3)
    found = comparison_figures(compare(made.cases, made.runs), made)
    paths = save_figures(found, tmp_path / "deep" / "down")
    assert {path.name for path in paths} == {
        f"{name}.{kind}" for name in ("ratios-epoch", "over-time") for kind in ("png", "svg")
    }
    assert all(path.stat().st_size > 1000 for path in paths)
    (tmp_path / "file").touch()
    with pytest.raises(FigureError, match="name another folder"):
        save_figures(comparison_figures(compare(made.cases, made.runs)), tmp_path / "file")
