"""The ladder: slowest first, each against the foot, other loaders and momentum left out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from bench.advise.contenders import FOOT_SAVES, ladder, sizes_of
from bench.report.charts.chart import NothingToDrawError
from bench.report.charts.speed import ladder_chart
from bench.report.charts.static import figure
from bench.report.ladder import ladders
from bench.report.markdown.run_comment import ladder_table

SECONDS = {
    ("nd.autograd", "dataloader", 1): 1.0,
    ("nd.autograd", "inmemory", 1): 0.5,
    ("nd.autograd", "inmemory", 1500): 0.001,
    ("nd.closed_form", "dataloader", 1): 0.7,
    ("nd.closed_form", "inmemory", 1): 0.25,
    ("nd.closed_form", "inmemory", 1500): 0.002,
    ("nd.fused", "inmemory", 1): 0.0001,
    ("nd.momentum", "inmemory", 1): 0.01,
    ("limit", "inmemory", 1): 0.00005,
    ("limit", "inmemory", 7): 0.00004,
}


def rows(seconds: dict[tuple[str, str, int], float] | None = None) -> pd.DataFrame:
    cells: list[dict[str, Any]] = [
        {
            "kernel": kernel,
            "loader": loader,
            "batch_size": size,
            "seconds": value,
            "momentum": 0.9 if kernel == "nd.momentum" else 0.0,
            "saves": f"what {kernel} saves",
        }
        for (kernel, loader, size), value in (seconds or SECONDS).items()
    ]
    table: pd.DataFrame = pd.DataFrame(cells)
    return table


def placed(table: pd.DataFrame) -> pd.DataFrame:
    """Return rows of a workload and device, without intervals."""
    known: pd.DataFrame = table.assign(
        workload="airfoil", device="cpu(0)", low=np.nan, high=np.nan
    )
    return known


def test_rungs_go_from_the_slowest_to_the_fastest_at_the_smallest_batch() -> None:
    table = ladder(rows())
    assert list(table.index) == [
        "nd.autograd + dataloader",
        "nd.autograd",
        "nd.closed_form",
        "nd.fused",
        "limit",
    ]
    assert sizes_of(table) == [1, 1500]
    assert list(table["times"]) == pytest.approx([1, 2, 4, 10_000, 20_000])
    assert list(table[1500].dropna()) == [0.001, 0.002]
    assert table.loc["nd.fused", "saves"] == "what nd.fused saves"
    assert table.loc["nd.autograd + dataloader", "saves"] == FOOT_SAVES


def test_without_the_foot_there_is_no_ratio() -> None:
    without = {cell: value for cell, value in SECONDS.items() if cell[1] == "inmemory"}
    assert ladder(rows(without))["times"].isna().all()


def test_the_order_of_the_rows_does_not_matter() -> None:
    shuffled = rows().sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(ladder(shuffled), ladder(rows()))


@pytest.mark.parametrize("n", [0, 1, 3])
def test_a_few_kernels_make_no_ladder(n: int) -> None:
    kernels = ["nd.autograd", "nd.closed_form", "nd.fused"][:n]
    few = {cell: value for cell, value in SECONDS.items() if cell[0] in kernels}
    table = rows(few) if few else rows().iloc[0:0]
    assert ladder(table).empty
    with pytest.raises(NothingToDrawError, match="takes four kernels"):
        ladder_chart(placed(table))


def test_a_run_without_sentences_still_has_a_ladder() -> None:
    table = ladder(rows().drop(columns=["saves", "momentum"]))
    assert set(table["saves"]) == {"", FOOT_SAVES}
    assert "nd.momentum" in table.index


def test_the_markdown_has_a_row_a_rung_and_cuts_no_column() -> None:
    known = placed(rows())
    known.loc[known["kernel"] == "limit", "saves"] = "this | that"
    (found,) = ladders(known)
    written = ladder_table(found)
    head, rule = written.before
    rungs = written.rows
    assert head == "| kernel | B = 1 | B = 1500 | times as fast | what it saves |"
    assert rule == "| --- | ---: | ---: | ---: | --- |"
    assert rungs[0] == f"| `nd.autograd + dataloader` | 1.00 s | – | 1x | {FOOT_SAVES} |"
    assert rungs[-1] == "| `limit` | 50.0 µs | – | 20000x | this \\| that |"


def test_the_figure_draws_every_measured_cell() -> None:
    (axes,) = figure(ladder_chart(placed(rows()))).axes
    drawn = {
        str(dots.get_label()): sorted(map(tuple, np.asarray(dots.get_xydata()).tolist()))
        for dots in axes.get_lines()
    }
    assert drawn == {
        "1": [(0.00005, 4), (0.0001, 3), (0.25, 2), (0.5, 1), (1.0, 0)],
        "1500": [(0.001, 1), (0.002, 2)],
    }
    assert axes.yaxis_inverted()
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == list(ladder(rows()).index)
