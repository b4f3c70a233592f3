"""Every chart of a real run is valid Vega-Lite, and draws what the run holds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import vl_convert

from bench.report.charts.chart import Chart
from bench.report.charts.vega import document, packed
from bench.report.page.one_run import Material, one_run_page
from bench.store.files import read_run
from tests.report.charts.as_in_the_page import chosen, specification, unpacked
from tests.report.page.conftest import QUICK, REFERENCE

#: Every kind of case, of every library.
PEERS = REFERENCE / "20261122T190839Z-b5c8249-466d85.json"


@pytest.fixture(scope="module")
def material() -> Material:
    return Material(read_run(QUICK), QUICK.name, None, "not asked for")


def charts_of(run: Path) -> dict[str, Chart]:
    sections = one_run_page(Material(read_run(run), run.name, None, "not asked for")).sections
    blocks = [block for section in sections for block in section.blocks]
    return {block.id: block for block in blocks if isinstance(block, Chart)}


@pytest.fixture(scope="module")
def charts() -> dict[str, Chart]:
    return charts_of(QUICK)


def rows_of(chart: Chart) -> pd.DataFrame:
    """Return all the rows that the page holds of a chart."""
    return unpacked(document(chart)["columns"])


def test_a_run_of_everything_has_every_chart(charts: dict[str, Chart]) -> None:
    assert list(charts) == [
        *("ladder-chart", "speed-chart", "loss-chart", "published-chart"),
        *("phases-chart", "roofline-chart", "memory-chart"),
    ]


def test_every_specification_compiles(charts: dict[str, Chart]) -> None:
    for chart in charts.values():
        for panel in range(len(chart.panels)):
            compiled = vl_convert.vegalite_to_vega(specification(chart, panel, chosen(chart)))
            assert compiled["marks"], chart.id


def test_every_quantity_choice_and_series_is_in_the_rows(charts: dict[str, Chart]) -> None:
    for chart in charts.values():
        rows = rows_of(chart)
        for quantity in chart.quantities:
            fields = [name for name in (quantity.value, quantity.low, quantity.high) if name]
            assert set(fields) <= set(rows), chart.id
            assert rows[quantity.value].notna().any(), chart.id
        for choice in chart.choices:
            there = set(rows[choice.field].dropna())
            assert set(choice.options) <= there, chart.id
            assert choice.selected in choice.options
        if chart.series is not None:
            names = {one.name for one in chart.members}
            assert set(rows[chart.series].dropna()) == names, chart.id
            assert any(one.shown for one in chart.members)


def test_speed_is_drawn_as_it_was_measured(
    charts: dict[str, Chart], material: Material
) -> None:
    drawn = rows_of(charts["speed-chart"])
    keys = ["kernel", "loader", "batch_size"]
    drawn = drawn.sort_values(keys).reset_index(drop=True)
    rows = material.epochs.sort_values(keys).reset_index(drop=True)
    np.testing.assert_allclose(drawn["seconds"], rows["seconds"].astype(float), rtol=1e-5)
    np.testing.assert_allclose(drawn["low"], rows["low"].astype(float), rtol=1e-5)
    np.testing.assert_allclose(drawn["rate"], 1500 / rows["seconds"].astype(float), rtol=1e-5)
    assert (drawn["rate_low"] <= drawn["rate_high"]).all()
    steps = np.ceil(1500 / drawn["batch_size"])
    np.testing.assert_allclose(drawn["step"] * steps, drawn["seconds"], rtol=1e-4)


def test_the_loss_is_drawn_against_the_seconds_that_its_epochs_take(
    charts: dict[str, Chart], material: Material
) -> None:
    drawn = rows_of(charts["loss-chart"])
    rows = material.epochs.set_index(["kernel", "loader", "batch_size"])
    row = rows.loc[("nd.autograd", "inmemory", 10)]
    own = drawn[
        (drawn["kernel"] == "nd.autograd")
        & (drawn["loader"] == "inmemory")
        & (drawn["batch"] == "10")
    ]
    np.testing.assert_allclose(own["loss"], row["loss_by_epoch"], rtol=1e-5)
    np.testing.assert_allclose(
        own["seconds"][1:], row["seconds"] * np.arange(1, len(own)), rtol=1e-5
    )
    assert pd.isna(own["seconds"].iloc[0])
    optimum = row["loss_optimum"]
    np.testing.assert_allclose(
        own["above"], 100 * (np.asarray(row["loss_by_epoch"]) / optimum - 1), rtol=1e-4
    )


def test_the_parts_of_an_epoch_are_all_of_it(charts: dict[str, Chart]) -> None:
    drawn = rows_of(charts["phases-chart"])
    whole = drawn.groupby(["rung", "batch_size"])["percent"].sum()
    np.testing.assert_allclose(whole, 100, rtol=1e-3)


def test_a_roof_is_drawn_for_every_kind_of_case() -> None:
    drawn = rows_of(charts_of(PEERS)["roofline-chart"])
    roofs = drawn[drawn["kernel"].isna()]
    assert set(roofs["case"]) == {"epoch", "step", "update"}
    peaks = roofs.groupby(["case", "roof"])["rate"].max()
    assert len(set(peaks)) == 1


def test_columns_are_read_back_as_they_were() -> None:
    table = pd.DataFrame(
        {"a": ["x", None, "y", "x"], "b": [1.0, np.nan, np.inf, 123456789.0], "c": [1, 2, 3, 4]}
    )
    read = unpacked(packed(table))
    assert read["a"].fillna("nothing").tolist() == ["x", "nothing", "y", "x"]
    assert read["b"].isna().tolist() == [False, True, True, False]
    assert read["b"].iloc[3] == 123457000
    assert list(read["c"]) == [1, 2, 3, 4]
