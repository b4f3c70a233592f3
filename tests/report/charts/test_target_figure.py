"""The figure of times to the target draws what was found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from bench.advise.answer import KernelAnswer, Subject
from bench.report.charts.chart import NothingToDrawError
from bench.report.charts.static import figure
from bench.report.charts.target import target_chart


def answer(kernel: str) -> KernelAnswer:
    """A kernel that was measured and has no advice."""
    seconds = np.array([3.0, 1.0, 2.0])
    table = pd.DataFrame(
        {
            "batch_size": [1, 10, 100],
            "seconds": np.nan,
            "low": np.nan,
            "high": np.nan,
            "measured_seconds": seconds,
            "measured_low": 0.9 * seconds,
            "measured_high": 1.1 * seconds,
        }
    )
    subject = Subject("airfoil", "cpu(0)", kernel, "numpy", 1500)
    return KernelAnswer(subject, table, None, None, None, "too few sizes", 10, None)


def test_measured_times_are_points_with_their_intervals() -> None:
    (axes,) = figure(target_chart([answer("a"), answer("b")])).axes
    for line in axes.get_lines():
        np.testing.assert_allclose(np.asarray(line.get_xydata()), [[1, 3], [10, 1], [100, 2]])
        assert line.get_linestyle() == "None", "nothing is predicted"
    for bars in axes.collections:
        ends = np.array(bars.get_segments())[:, :, 1]  # type: ignore[attr-defined]
        assert ends == pytest.approx(np.array([[2.7, 3.3], [0.9, 1.1], [1.8, 2.2]]))
    assert len(axes.get_lines()) == len(axes.collections) == 2
    assert axes.get_ylabel() == "seconds to the target"


def test_every_kernel_is_named_with_its_mark() -> None:
    drawn = figure(target_chart([answer("a"), answer("b")]))
    (legend,) = drawn.legends
    assert [text.get_text() for text in legend.get_texts()] == ["a", "b"]
    marks = {line.get_label(): line.get_marker() for line in drawn.axes[0].get_lines()}
    assert marks["a"] != marks["b"]
    assert not {"None", ""} & set(marks.values())


def test_without_any_time_the_reason_is_told() -> None:
    known = answer("a")
    nothing = replace(known, table=known.table.assign(measured_seconds=np.nan))
    with pytest.raises(NothingToDrawError) as refused:
        target_chart([nothing, nothing])
    assert str(refused.value) == "No kernel has a time to the target: too few sizes."
