"""The figure of times to the target draws what was found."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from bench.advise.answer import KernelAnswer, Subject
from bench.report.figures.efficiency import target_figure


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
    (axes,) = target_figure([answer("a"), answer("b")], "title").axes
    lines = [np.asarray(line.get_xydata(), dtype=float) for line in axes.get_lines()]
    points = [line for line in lines if len(line) == 3]
    for drawn in points[::3]:
        np.testing.assert_allclose(drawn, [[1, 3], [10, 1], [100, 2]])
    (bars, *_) = [one for one in axes.containers if hasattr(one, "has_yerr")]
    ends = np.array(bars[2][0].get_segments())[:, :, 1]
    assert ends == pytest.approx(np.array([[2.7, 3.3], [0.9, 1.1], [1.8, 2.2]]))


def test_every_kernel_is_named_with_its_mark_and_without_advice_as_such() -> None:
    (axes,) = target_figure([answer("a"), answer("b")], "title").axes
    named = {line.get_label(): line for line in axes.get_lines()}
    for kernel in ("a", "b"):
        assert named[f"{kernel}: no advice"].get_marker() not in {"None", ""}
    assert named["a: no advice"].get_color() != named["b: no advice"].get_color()
