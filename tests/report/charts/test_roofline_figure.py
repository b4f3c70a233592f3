"""The figure draws every case under the ceilings of its device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bench.advise.bounds import assess
from bench.report.charts.efficiency import roofline_chart
from bench.report.charts.static import figure
from bench.store import tidy
from tests.advise.made_up_machine import controls, epoch, run, update

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def drawn(*more: dict[str, Any]) -> Figure:
    cases = [epoch("k", 10, 1e-3), epoch("k", 100, 1e-4), update("u", 1000, 1e-5)]
    document = run([*controls(), *cases, *more])
    chart = roofline_chart(assess(document), tidy.interval_frame(document))
    return figure(chart, "a run", {}, facet="device")


def points(axes: Axes) -> dict[str, set[tuple[float, float]]]:
    return {
        str(line.get_label()): {
            (float(x), float(y)) for x, y in zip(*map(np.asarray, line.get_data()), strict=True)
        }
        for line in axes.get_lines()
        if line.get_marker() != "None"
    }


def test_cases_are_at_their_intensity_and_rate() -> None:
    (axes,) = drawn().axes
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("flops per byte", "flops per second")
    found = points(axes)
    assert found.keys() == {"k", "u"}
    np.testing.assert_allclose(sorted(found["k"]), [(0.5, 5e7), (0.5, 5e8)])
    np.testing.assert_allclose(list(found["u"]), [(2 / 12, 2e8)])


def test_ceilings_rise_with_the_intensity_up_to_the_matrix_product() -> None:
    (axes,) = drawn().axes
    ceilings = [line for line in axes.get_lines() if line.get_marker() == "None"]
    assert len(ceilings) == 3  # L1 and L2 were seen to be the same
    for line, rate in zip(ceilings, (2e11, 1e11, 2e10), strict=True):
        corners = np.unique(np.asarray(line.get_xydata(), dtype=float), axis=0)
        np.testing.assert_allclose(corners[:, 1], np.minimum(4e11, rate * corners[:, 0]))
        left, right = corners[0, 0], corners[-1, 0]
        assert left < 2 / 12 < 4e11 / rate < right
        assert np.isclose(corners[:, 0], 4e11 / rate).any()
    texts = [text.get_text() for text in axes.texts]
    assert texts == ["L1, L2: 200 GB/s", "L3: 100 GB/s", "memory: 20.0 GB/s"]


def test_every_device_with_cases_has_a_panel() -> None:
    more = [*controls("gpu(0)"), *controls("gpu(1)"), epoch("g", 10, 1e-6, device="gpu(0)")]
    made = drawn(*more)
    assert [axes.get_title() for axes in made.axes] == ["cpu(0)", "gpu(0)"]
    assert set(points(made.axes[1])) == {"g"}
    (legend,) = made.legends
    assert {text.get_text() for text in legend.get_texts()} == {"k", "u", "g"}
