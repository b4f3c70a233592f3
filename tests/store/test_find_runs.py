from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.store.files import StoreError
from bench.store.table import find, read, run_names
from tests.store.made_up_files import foreign, own, write

if TYPE_CHECKING:
    from pathlib import Path


def names(paths: list[Path]) -> list[str]:
    return [one.path.name for one in find(paths)]


def test_a_folder_stands_for_the_runs_directly_in_it(tmp_path: Path) -> None:
    for name in ("b.json", "a.json", ".hidden.json", "a/c.json", "unfinished/d.json"):
        write(tmp_path / name, own(0))
    (tmp_path / "notes.txt").touch()
    (tmp_path / "folder.json").mkdir()
    assert names([tmp_path]) == ["a.json", "b.json"]


def test_where_it_holds_none_for_those_one_level_down(tmp_path: Path) -> None:
    for name in ("z/1.json", "y/2.json", "y/x/3.json", ".git/4.json", "unfinished/5.json"):
        write(tmp_path / name, own(0))
    assert names([tmp_path]) == ["2.json", "1.json"]


def test_paths_keep_their_order_and_a_file_counts_once(tmp_path: Path) -> None:
    a, b = write(tmp_path / "a.json", own(0)), write(tmp_path / "b.json", own(0))
    (tmp_path / "link.json").symlink_to(a)
    assert names([b, a]) == ["b.json", "a.json"]
    assert names([b, tmp_path, b]) == ["b.json", "a.json"]
    (tmp_path / "x").mkdir()
    assert names([tmp_path / "x" / ".." / "a.json", a]) == ["a.json"]


def test_the_files_of_a_folder_go_by_time_then_name(tmp_path: Path) -> None:
    for name, taken in (
        ("a", "2026-03-01"),
        ("b", "2026-01-01"),
        ("c", None),
        ("d", "2026-01-01"),
    ):
        write(tmp_path / "runs" / f"{name}.json", own(1, datetime=taken))
    first = write(tmp_path / "z.json", own(1, datetime="2026-12-01"))
    loaded = read([first, tmp_path / "runs"])
    assert loaded.runs["run"].tolist() == ["z", "b", "d", "a", "c"]
    assert loaded.cases["run"].tolist() == ["z", "b", "d", "a", "c"]


def test_files_that_are_named_keep_their_order(tmp_path: Path) -> None:
    later = write(tmp_path / "later.json", own(2, datetime="2026-03-01"))
    earlier = write(tmp_path / "earlier.json", foreign())
    loaded = read([later, earlier])
    assert loaded.runs["run"].tolist() == ["later", "earlier"]
    assert loaded.cases["run"].tolist() == ["later", "later", "earlier"]


def test_a_path_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        StoreError, match=rf"{re.escape(str(tmp_path))}/a\.json can't be read: No"
    ):
        find([tmp_path / "a.json"])
    with pytest.raises(StoreError, match=r"can't be read: .*embedded null"):
        find([tmp_path / "a\0.json"])


@pytest.mark.parametrize("below", ["a/b/c.json", ".hidden.json", "unfinished/a.json"])
def test_a_folder_without_runs_is_named(tmp_path: Path, below: str) -> None:
    write(tmp_path / below, own(0))
    with pytest.raises(StoreError, match=f"^there is no run in {re.escape(str(tmp_path))};"):
        find([tmp_path])


def test_runs_of_one_name_are_told_apart(tmp_path: Path) -> None:
    for name in ("m1/0001_a", "m2/0001_a", "m2/0002_b"):
        write(tmp_path / f"{name}.json", foreign(datetime="2026-01-01"))
    loaded = read([tmp_path])
    assert loaded.runs["run"].tolist() == ["m1/0001_a", "m2/0001_a", "0002_b"]
    assert loaded.cases["run"].tolist() == loaded.runs["run"].tolist()


parts = st.sampled_from(["a", "b", "a.b", "0001_a"])


@given(st.sets(st.lists(parts, min_size=1, max_size=4).map(tuple), max_size=8), st.booleans())
def test_names_of_runs_are_all_different(
    tmp_path_factory: pytest.TempPathFactory, files: set[tuple[str, ...]], absolute: bool
) -> None:
    root = tmp_path_factory.getbasetemp()
    paths = [root.joinpath(*one).with_suffix(".json") for one in sorted(files)]
    paths += [one.with_suffix(".txt") for one in paths[:2]]
    if not absolute:
        paths = [one.relative_to(root) for one in paths]
    told = run_names(paths)
    assert len({*told}) == len(paths)
    assert all(path.stem in name for path, name in zip(paths, told, strict=True))
