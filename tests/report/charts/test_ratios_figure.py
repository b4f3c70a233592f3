from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from bench.compare.side_by_side import compare
from bench.report.charts.figures import MOST_ROWS, comparison_figures
from tests.compare.made_up_runs import case, foreign, run, table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

AROUND = [[0.99, 0.98, 1.0], [1.0, 1.01, 1.0], [1.01, 1.0, 1.02]]


def times(factor: float) -> list[list[float]]:
    return [[factor * seconds for seconds in rounds] for rounds in AROUND]


def drawn(cases: list[dict[str, Any]], names: str = "ab") -> dict[str, Figure]:
    found = compare(table(cases), table([run(name, 1 + n) for n, name in enumerate(names)]))
    return {name: it for name, it in comparison_figures(found) if isinstance(it, Figure)}


def dots(axes: Axes) -> list[tuple[float, float, str]]:
    """Return ratio, row and size of every dot."""
    return [
        (float(x), float(y), str(line.get_label()))
        for line in axes.get_lines()
        if line.get_marker() == "o"
        for x, y in np.asarray(line.get_xydata())
    ]


def bars(axes: Axes) -> list[tuple[float, float]]:
    """Return the ends of every interval."""
    return [
        (float(left), float(right))
        for collection in axes.collections
        for (left, _), (right, _) in collection.get_segments()  # type: ignore[attr-defined]
    ]


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
    assert names(axes) == ["nd.bulk", "nd.autograd"], "the slowest below"
    assert axes.yaxis_inverted()
    found = sorted((round(x, 6), y, size) for x, y, size in dots(axes))
    assert found == [(0.5, 0, "1"), (1.5, 1, "10"), (2.0, 1, "1")]
    colours = {line.get_label(): line.get_color() for line in axes.get_lines()}
    assert colours["1"] != colours["10"]
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["1", "10"]
    rows = compare(table(cases), table([run("a"), run("b", 2)])).rows
    known = rows.loc[rows["side"] == 1, ["ratio_low", "ratio_high"]].to_numpy()
    np.testing.assert_allclose(sorted(bars(axes)), sorted(map(tuple, known)))
    assert axes.get_xscale() == "log"
    assert any(set(np.asarray(line.get_xdata())) == {1} for line in axes.get_lines())


def test_what_is_not_told_apart_crosses_the_line_and_what_has_no_interval_has_no_bar() -> None:
    cases = [case("a", times(1)), case("b", times(1.001))]
    (axes,) = next(iter(drawn(cases).values())).axes
    ((low, high),) = bars(axes)
    assert low < 1 < high
    single = [case(name, [[1.0]]) for name in "ab"]
    (axes,) = next(iter(drawn(single).values())).axes
    assert [x for x, *_ in dots(axes)] == [1]
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
