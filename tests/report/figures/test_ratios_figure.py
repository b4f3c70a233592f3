from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bench.compare.side_by_side import compare
from bench.report.figures.several import MOST_ROWS, ratio_figures
from tests.compare.made_up_runs import case, foreign, run, table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from numpy.typing import NDArray

AROUND = [[0.99, 0.98, 1.0], [1.0, 1.01, 1.0], [1.01, 1.0, 1.02]]
ORANGE, BLUE, GREY = "#D55E00", "#0072B2", "0.6"


def times(factor: float) -> list[list[float]]:
    return [[factor * seconds for seconds in rounds] for rounds in AROUND]


def drawn(cases: list[dict[str, Any]], names: str = "ab") -> dict[str, Figure]:
    found = compare(table(cases), table([run(name, 1 + n) for n, name in enumerate(names)]))
    return dict(ratio_figures(found))


def ends(line: Line2D) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a line's points."""
    return np.asarray(line.get_xdata(), dtype=float), np.asarray(line.get_ydata(), dtype=float)


def dots(axes: Axes) -> list[tuple[float, float, str]]:
    """Return ratio, height and colour of every dot."""
    found = [line for line in axes.get_lines() if line.get_marker() == "o"]
    points = [(*ends(line), str(line.get_color())) for line in found]
    return [(float(x[0]), float(y[0]), colour) for x, y, colour in points if len(x)]


def bars(axes: Axes) -> list[tuple[float, float]]:
    """Return the ends of every interval."""
    lines = [ends(line)[0] for line in axes.get_lines()]
    return [(float(x[0]), float(x[1])) for x in lines if len(x) == 2 and x[0] != x[1]]


def names(axes: Axes) -> list[str]:
    return [label.get_text() for label in axes.get_yticklabels()]


def test_a_row_a_kernel_a_dot_a_case_with_its_interval() -> None:
    factors = {("nd.autograd", 1): 2.0, ("nd.autograd", 10): 1.5, ("nd.bulk", 1): 0.5}
    cases = [
        case(name, times(factor if name == "b" else 1.0), kernel=kernel, batch_size=size)
        for name in "ab"
        for (kernel, size), factor in factors.items()
    ]
    (figure,) = drawn(cases).values()
    (axes,) = figure.axes
    assert names(axes) == ["nd.bulk", "nd.autograd"], "the slowest above"
    found = dots(axes)
    assert [(round(x, 6), colour) for x, _, colour in found] == [
        (0.5, BLUE),
        (2.0, ORANGE),
        (1.5, ORANGE),
    ]
    assert [round(y) for _, y, _ in found] == [0, 1, 1]
    assert len({y for _, y, _ in found}) == 3, "dots of a row stand apart"
    rows = compare(table(cases), table([run("a"), run("b", 2)])).rows
    known = rows.loc[rows["side"] == 1, ["ratio_low", "ratio_high"]].to_numpy()
    np.testing.assert_allclose(sorted(bars(axes)), sorted(map(tuple, known)))
    assert axes.get_xscale() == "log"
    assert any(set(ends(line)[0]) == {1} for line in axes.get_lines()), "a line at 1"


def test_what_is_not_told_apart_is_grey_and_what_has_no_interval_has_no_bar() -> None:
    cases = [case("a", times(1)), case("b", times(1.001))]
    (axes,) = next(iter(drawn(cases).values())).axes
    assert [colour for *_, colour in dots(axes)] == [GREY]
    single = [case(name, [[1.0]]) for name in "ab"]
    (axes,) = next(iter(drawn(single).values())).axes
    assert [colour for *_, colour in dots(axes)] == [GREY]
    assert bars(axes) == []


def test_a_panel_for_each_side_and_a_figure_for_each_kind_of_case() -> None:
    cases = [case(name, times(1 + n)) for n, name in enumerate("abc")]
    cases += [foreign(name, [1.0] * 6, "test_x") for name in "ab"]
    found = drawn(cases, "abc")
    assert list(found) == ["ratios-epoch", "ratios-benchmarks"]
    titles = [axes.get_title() for axes in found["ratios-epoch"].axes]
    assert titles == ["2026-11-02 00:00", "2026-11-03 00:00"]
    assert len(found["ratios-benchmarks"].axes) == 1


def test_of_very_many_rows_those_are_drawn_that_changed_most() -> None:
    factors = np.linspace(0.5, 2, 3 * MOST_ROWS)
    cases = [
        case(name, times(float(factor) if name == "b" else 1), kernel=f"kernel{number}")
        for name in "ab"
        for number, factor in enumerate(factors)
    ]
    (figure,) = drawn(cases).values()
    shown = names(figure.axes[0])
    assert len(shown) == MOST_ROWS
    assert {"kernel0", f"kernel{len(factors) - 1}"} <= set(shown)
    assert f"{MOST_ROWS} of {len(factors)} rows" in str(figure.get_suptitle())
