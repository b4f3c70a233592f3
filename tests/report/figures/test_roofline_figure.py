"""The figure draws every case under the ceilings of its device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from bench.advise.bounds import Efficiency, assess
from bench.report.figures.efficiency import roofline_figure
from tests.advise.made_up_machine import controls, epoch, run, update

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def assessed(*more: dict[str, Any]) -> Efficiency:
    cases = [epoch("k", 10, 1e-3), epoch("k", 100, 1e-4), update("u", 1000, 1e-5)]
    return assess(run([*controls(), *cases, *more]))


def points(axes: Axes) -> dict[str, set[tuple[float, float]]]:
    return {
        str(line.get_label()): {
            (float(x), float(y)) for x, y in zip(*map(np.asarray, line.get_data()), strict=True)
        }
        for line in axes.get_lines()
        if not str(line.get_label()).startswith("_")
    }


def test_cases_are_at_their_intensity_and_rate() -> None:
    found = assessed()
    (axes,) = roofline_figure(found.cases, found.roofs, "a run").axes
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("flops per byte", "flops per second")
    drawn = points(axes)
    assert drawn.keys() == {"k", "u"}
    np.testing.assert_allclose(sorted(drawn["k"]), [(0.5, 5e7), (0.5, 5e8)])
    np.testing.assert_allclose(list(drawn["u"]), [(2 / 12, 2e8)])


def test_ceilings_rise_with_the_intensity_up_to_the_matrix_product() -> None:
    found = assessed()
    (axes,) = roofline_figure(found.cases, found.roofs, "a run").axes
    ceilings = [
        line.get_xydata() for line in axes.get_lines() if str(line.get_label()).startswith("_")
    ]
    assert len(ceilings) == 3  # L1 and L2 were seen to be the same
    for line, rate in zip(map(np.asarray, ceilings), (2e11, 1e11, 2e10), strict=True):
        (left, low), (ridge, peak), (right, high) = line
        assert low == pytest.approx(rate * left)
        assert (ridge, peak, high) == (pytest.approx(4e11 / rate), 4e11, 4e11)
        assert left < 2 / 12 < ridge < right
    texts = [text.get_text() for text in axes.texts]
    assert texts == [
        "L1, L2: 200 GB/s",
        "L3: 100 GB/s",
        "memory: 20.0 GB/s",
        "matmul: 400 Gflop/s",
    ]


def test_every_device_with_cases_has_a_panel() -> None:
    more = [*controls("gpu(0)"), *controls("gpu(1)"), epoch("g", 10, 1e-6, device="gpu(0)")]
    found = assessed(*more)
    figure = roofline_figure(found.cases, found.roofs, "a run")
    assert [axes.get_title() for axes in figure.axes] == ["cpu(0)", "gpu(0)"]
    assert set(points(figure.axes[1])) == {"g"}
    (legend,) = figure.legends
    assert {text.get_text() for text in legend.get_texts()} == {"k", "u", "g"}
