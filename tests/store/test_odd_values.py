from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.store.schema import CASES
from bench.store.table import read
from tests.store.made_up_files import own, own_benchmark, write

if TYPE_CHECKING:
    from pathlib import Path


def cases_of(tmp_path: Path, document: dict[str, Any]) -> list[dict[Any, Any]]:
    loaded = read([write(tmp_path / "run.json", document)])
    assert not loaded.damaged
    return [dict(row) for row in loaded.cases.to_dict("records")]


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.just(10**400)
    | st.floats()
    | st.text()
    | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
NAMES = sorted({*own_benchmark()["extra_info"], *(one.key for one in CASES)})


ODD = [
    *[None, True, 3, 2.5, "text", [], [1], ["text"], [[1]], [None], [{}], {}, {"a": 1}],
    *[[{"median": "text"}], [{"median": 1.0}, 3], [{"warm_up": 3}], {"settled": 3}],
    *[
        "\ud800",
        10**400,
        {"n": 10**30},
        [1.0, "2"],
        [1.0, None],
        [[1.0], 2.0],
        {"host_case_bytes": "many"},
    ],
]


def test_odd_values_in_place_of_any_fact_are_read(tmp_path: Path) -> None:
    document = own(0)
    for name in NAMES:
        for value in ODD:
            benchmark = own_benchmark()
            benchmark["extra_info"][name] = value
            document["benchmarks"].append(benchmark)
    rows = cases_of(tmp_path, document)
    assert len(rows) == len(NAMES) * len(ODD)
    assert {row["seconds"] for row in rows} == {0.32}


@pytest.mark.parametrize("part", ["extra_info", "params", "fullname", "group", "options"])
def test_odd_values_in_place_of_any_part_are_read(tmp_path: Path, part: str) -> None:
    benchmarks = [{**own_benchmark(), part: value} for value in ODD]
    assert len(cases_of(tmp_path, own(0, benchmarks=benchmarks))) == len(ODD)


@pytest.mark.parametrize("part", ["bench", "machine_info", "commit_info", "fingerprint", "all"])
def test_odd_values_in_place_of_what_a_run_says_are_read(tmp_path: Path, part: str) -> None:
    names = {"fingerprint": own()["machine_info"]["fingerprint"], "all": own()}.get(part)
    paths: list[Path] = []
    for name in names or own()[part]:
        for value in ODD:
            document = own(1)
            within = {
                "fingerprint": document["machine_info"]["fingerprint"],
                "all": document,
            }.get(part) or document[part]
            if name != "benchmarks":
                within[name] = value
            paths.append(write(tmp_path / f"{len(paths)}.json", document))
    loaded = read(paths)
    assert (len(loaded.cases), loaded.damaged) == (len(paths), ())


@given(st.sampled_from(NAMES), anything)
def test_any_value_in_place_of_a_fact_is_read(
    tmp_path_factory: pytest.TempPathFactory, name: str, value: Any
) -> None:
    document = own(2)
    document["benchmarks"][0]["extra_info"][name] = value
    first, second = cases_of(tmp_path_factory.getbasetemp(), document)
    assert (first["seconds"], second["loss"], second["batch_size"]) == (0.32, 0.25, 10)


@given(st.sampled_from(["extra_info", "params", "fullname", "group", "options"]), anything)
def test_any_value_in_place_of_a_part_of_a_benchmark_is_read(
    tmp_path_factory: pytest.TempPathFactory, name: str, value: Any
) -> None:
    document = own(2)
    document["benchmarks"][0][name] = value
    first, second = cases_of(tmp_path_factory.getbasetemp(), document)
    assert (first["seconds"], second["loss"]) == (0.32, 0.25)


@given(
    st.sampled_from([*own()["bench"], *own()["machine_info"], *own()["commit_info"], *own()]),
    anything,
)
def test_any_value_in_place_of_what_a_run_says_is_read(
    tmp_path_factory: pytest.TempPathFactory, name: str, value: Any
) -> None:
    document = own(1)
    for part in (
        document,
        document["bench"],
        document["machine_info"],
        document["commit_info"],
    ):
        if name in part and name != "benchmarks":
            part[name] = value
    path = write(tmp_path_factory.getbasetemp() / "run.json", document)
    loaded = read([path])
    assert (len(loaded.cases), len(loaded.runs), loaded.damaged) == (1, 1, ())
