from __future__ import annotations

import re
import subprocess
import sys
import warnings
from pathlib import Path

import pandas as pd
import pytest

import bench
from bench.store.files import StoreError
from bench.store.table import DamagedRunWarning, read
from tests.store.made_up_files import own, write

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    for name in "ab":
        write(tmp_path / f"{name}.json", own(2))
    return tmp_path


def test_a_path_or_several_as_text_or_not(runs: Path) -> None:
    expected = read([runs]).cases
    paths = [runs / "a.json", runs / "b.json"]
    for given in (runs, str(runs), paths, tuple(map(str, paths)), iter(paths), [runs]):
        pd.testing.assert_frame_equal(bench.load(given), expected)


def test_a_damaged_file_is_named_where_it_was_asked_for(runs: Path) -> None:
    damaged = write(runs / "c.json", {})
    with pytest.warns(DamagedRunWarning) as warned:
        cases = bench.load(runs)
    assert cases["run"].unique().tolist() == ["a", "b"]
    (warning,) = warned
    assert warning.filename == __file__
    assert str(warning.message) == (
        f"{damaged} was left out: it is no file of pytest-benchmark: object missing required "
        f"field `benchmarks`."
    )


def test_a_benchmark_without_times_is_named_too(tmp_path: Path) -> None:
    benchmarks = [{"name": "a"}, {"name": "b", "stats": {"median": 1.0}}]
    path = write(tmp_path / "a.json", {"benchmarks": benchmarks})
    with pytest.warns(DamagedRunWarning, match=re.escape(f"{path}: a was left out")):
        assert bench.load(path)["name"].tolist() == ["b"]


def test_nothing_that_could_be_read_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", {})
    message = f"no run could be read. {path} was left out: it is no file"
    with pytest.raises(StoreError, match=f"^{re.escape(message)}"):
        bench.load(tmp_path)
    with pytest.raises(StoreError, match=r"^no run could be read"):
        bench.load([])
    with pytest.raises(StoreError, match="can't be read: No such file"):
        bench.load(tmp_path / "b.json")


def test_other_names_are_no_part_of_the_package() -> None:
    with pytest.raises(AttributeError, match="module 'bench' has no attribute 'save'"):
        bench.save  # type: ignore[attr-defined] # noqa: B018


HEAVY = ("pandas", "duckdb", "msgspec", "pyarrow")


@pytest.mark.parametrize("name", ["bench", "bench.store.files", "bench.run.worker"])
def test_who_times_kernels_holds_no_database(name: str) -> None:
    code = f"import sys, {name}; print([one for one in {HEAVY} if one in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_nobody_is_warned_of_what_is_whole(runs: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(bench.load(runs)) == 4
