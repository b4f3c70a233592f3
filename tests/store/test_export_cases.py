from __future__ import annotations

import errno
import io
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.store.export import TYPES, write_csv, write_parquet
from bench.store.files import StoreError
from bench.store.schema import CASES, Kind
from bench.store.table import read
from tests.store.made_up_files import foreign, own, own_benchmark, write

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
WRITERS = pytest.mark.parametrize("writer", [write_csv, write_parquet])


@pytest.fixture
def cases(tmp_path: Path) -> pd.DataFrame:
    write(tmp_path / "runs" / "a.json", own(3))
    write(tmp_path / "runs" / "b.json", foreign("=1+1,\n\"quoted\" 'ü'", kernel="NA"))
    write(tmp_path / "runs" / "c.json", own(1, datetime=None))
    return read([tmp_path / "runs"]).cases


def from_csv(source: Any) -> pd.DataFrame:
    """Read it, and take away what keeps texts from being formulas, as is documented."""
    types = {one.name: "str" for one in CASES if one.kind is Kind.TEXT}
    table = pd.read_csv(source, dtype=types, keep_default_na=False, na_values=[""])
    for one in CASES:
        if one.kind is Kind.TIME:
            table[one.name] = pd.to_datetime(table[one.name], utc=True)
        if one.kind is Kind.FLOATS:
            table[one.name] = table[one.name].map(json.loads).astype(object)
        if one.kind is Kind.TEXT:
            table[one.name] = table[one.name].str.removeprefix("'")
    typed: pd.DataFrame = table.astype({one.name: one.kind.value for one in CASES})
    return typed


def from_parquet(path: Path) -> pd.DataFrame:
    relation = duckdb.read_parquet(str(path))
    rows = relation.fetchall()
    table = pd.DataFrame(rows, columns=relation.columns, dtype=object)
    table["taken"] = pd.to_datetime(table["taken"], utc=True)
    typed: pd.DataFrame = table.astype({one.name: one.kind.value for one in CASES})
    return typed


def test_csv_reads_back(cases: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "folder" / "cases.csv"
    write_csv(cases, path)
    pd.testing.assert_frame_equal(from_csv(path), cases)
    stream = io.StringIO()
    write_csv(cases, stream)
    assert stream.getvalue() == path.read_text()
    assert stream.getvalue().startswith("run,taken,commit,name,")
    assert "2026-11-22T19:01:19.545497Z" in stream.getvalue()


@pytest.mark.parametrize("first", [*"=+-@'\t", "\r", "\n"])
def test_no_text_in_csv_is_a_formula(tmp_path: Path, first: str) -> None:
    document = foreign(f"{first}1+1", kernel="nd.fused")
    cases = read([write(tmp_path / "a.json", document)]).cases.assign(loss=-1.5)
    write_csv(cases, tmp_path / "a.csv")
    written = pd.read_csv(tmp_path / "a.csv", dtype=str, lineterminator="\n")
    assert written["name"].tolist() == [f"'{first}1+1"]
    assert written["loss"].tolist() == ["-1.5"]


def test_parquet_reads_back(cases: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "folder" / "cases.parquet"
    write_parquet(cases, path)
    pd.testing.assert_frame_equal(from_parquet(path), cases)
    described = duckdb.execute("DESCRIBE FROM read_parquet($1)", [str(path)]).fetchall()
    assert [(row[0], row[1]) for row in described] == [
        (one.name, TYPES[one.kind]) for one in CASES
    ]


def test_what_is_missing_is_null_in_parquet(cases: pd.DataFrame, tmp_path: Path) -> None:
    write_parquet(cases, tmp_path / "a.parquet")
    relation = duckdb.read_parquet(str(tmp_path / "a.parquet"))
    for name in ("q1", "batch_size", "verified", "taken", "group"):
        written = [value for (value,) in relation.project(f'"{name}"').fetchall()]
        assert written.count(None) == cases[name].isna().sum() > 0


@WRITERS
def test_some_of_the_columns_and_rows_will_do(
    cases: pd.DataFrame, tmp_path: Path, writer: Callable[..., None]
) -> None:
    path = tmp_path / "some"
    writer(cases.loc[cases["kernel"] == "nd.fused", ["seconds", "kernel"]], path)
    read_back = duckdb.read_csv if writer is write_csv else duckdb.read_parquet
    # Parquet has the columns in the order that is documented.
    assert sorted(read_back(str(path)).columns) == ["kernel", "seconds"]
    assert len(read_back(str(path)).fetchall()) == 4


@WRITERS
def test_no_case_at_all_can_be_written(
    cases: pd.DataFrame, tmp_path: Path, writer: Callable[..., None]
) -> None:
    writer(cases.iloc[:0], tmp_path / "none")
    back = from_csv if writer is write_csv else from_parquet
    assert len(back(tmp_path / "none")) == 0


@settings(max_examples=settings().max_examples // 4)
@given(
    st.text(),
    st.integers(-(2**63) + 2, 2**63 - 2),
    st.floats(allow_nan=False, allow_infinity=False),
)
def test_any_value_reads_back_from_parquet(
    tmp_path_factory: pytest.TempPathFactory, kernel: str, batch_size: int, loss: float
) -> None:
    folder = tmp_path_factory.getbasetemp()
    benchmark = own_benchmark()
    benchmark["extra_info"] |= {"kernel": kernel, "batch_size": batch_size, "loss": loss}
    cases = read([write(folder / "a.json", own(0, benchmarks=[benchmark]))]).cases
    assert cases["batch_size"].tolist() == [batch_size]
    write_parquet(cases, folder / "a.parquet")
    pd.testing.assert_frame_equal(from_parquet(folder / "a.parquet"), cases)


def test_stored_runs_read_back_from_both(tmp_path: Path) -> None:
    cases = read(sorted((ROOT / "results" / "reference").glob("*.json"))[:1]).cases
    write_csv(cases, tmp_path / "a.csv")
    write_parquet(cases, tmp_path / "a.parquet")
    pd.testing.assert_frame_equal(from_csv(tmp_path / "a.csv"), cases, rtol=1e-14)
    pd.testing.assert_frame_equal(from_parquet(tmp_path / "a.parquet"), cases)


@WRITERS
def test_where_it_can_not_be_written_a_sentence_says_so(
    cases: pd.DataFrame, tmp_path: Path, writer: Callable[..., None]
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"file/a can't be written: .*Free space or name"):
        writer(cases, tmp_path / "file" / "a")
    with pytest.raises(StoreError, match="can't be written: Is a directory"):
        writer(cases, tmp_path)


@WRITERS
def test_a_write_that_fails_leaves_what_was_there(
    cases: pd.DataFrame,
    tmp_path: Path,
    writer: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_: object) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / "a"
    path.write_text("before")
    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(StoreError, match="a can't be written: No space left on device"):
        writer(cases, path)
    assert path.read_text() == "before"
    assert {one.name for one in tmp_path.iterdir()} == {"a", "runs"}


def test_what_duckdb_can_not_write_is_a_sentence(
    cases: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> NoReturn:
        raise duckdb.IOException("IO Error: Could not write file: No space left\nmore")

    monkeypatch.setattr(duckdb, "connect", full)
    with pytest.raises(StoreError, match=r"a can't be written: IO Error: .* left\. Free space"):
        write_parquet(cases, tmp_path / "a")
