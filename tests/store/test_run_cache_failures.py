from __future__ import annotations

import shutil
import tempfile
from typing import TYPE_CHECKING, NoReturn

import duckdb
import pytest

from bench.store import index, parsing
from bench.store.table import read
from tests.store.kept_runs import assert_same, failing, shards
from tests.store.made_up_files import own, write

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("however_small")]


@pytest.mark.parametrize("name", ["cases.parquet", "runs.parquet"])
@pytest.mark.parametrize("content", [None, b"", b"no Parquet", "cut", "middle"])
def test_a_damaged_shard_is_removed_and_its_runs_parsed(
    runs: Path, cache: Path, name: str, content: bytes | str | None
) -> None:
    whole = read([runs], cache)
    (shard,) = shards(cache)
    file = shard / name
    if content is None:
        file.unlink()
    elif content == "cut":
        file.write_bytes(file.read_bytes()[:-9])
    elif content == "middle":
        there = file.read_bytes()
        file.write_bytes(there[:20] + bytes(500) + there[520:])
    else:
        assert isinstance(content, bytes)
        file.write_bytes(content)
    assert_same(read([runs], cache), whole)
    assert not shard.exists()
    assert len(shards(cache)) == 1


def test_shards_that_can_not_be_put_together_stay(
    runs: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, parsed: list[str]
) -> None:
    monkeypatch.setattr("bench.store.index.compact", failing)
    assert len(read([runs], cache).runs) == 6
    assert len(shards(cache)) == 1
    assert len(parsed) == 7


@pytest.mark.parametrize("where", ["prepare", "shards", "temporary"])
def test_on_a_full_or_read_only_disk_runs_are_read_all_the_same(
    runs: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    expected = read([runs], cache)
    shutil.rmtree(cache)
    cache.parent.mkdir(exist_ok=True)
    if where == "prepare":
        cache.parent.chmod(0o500)
        monkeypatch.setattr("bench.store.index.Cache.prepare", failing)
    elif where == "shards":
        monkeypatch.setattr(parsing, "write", failing)
    else:
        monkeypatch.setattr(tempfile, "TemporaryDirectory", failing)
    try:
        assert_same(read([runs], cache), expected)
    finally:
        cache.parent.chmod(0o700)
    assert not shards(cache)


def test_what_takes_more_memory_than_allowed_is_parsed(
    runs: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def full(*_: object, **__: object) -> NoReturn:
        asked.append(1)
        raise duckdb.OutOfMemoryException

    expected = read([runs], cache)
    monkeypatch.setattr(index, "fetch", full)
    monkeypatch.setattr(index, "is_whole", lambda *_: False)
    assert_same(read([runs], cache), expected)
    assert len(shards(cache)) == len(asked) == 1


def test_what_can_only_be_read_is_read_from(
    runs: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, parsed: list[str]
) -> None:
    read([runs], cache)
    del parsed[:]
    write(runs / "new.json", own(1))
    monkeypatch.setattr("bench.store.index.Cache.prepare", failing)
    assert len(read([runs], cache).runs) == 7
    assert sorted(parsed) == ["bad.json", "new.json"]
    assert len(shards(cache)) == 1


def test_ctrl_c_leaves_no_half_of_a_shard(
    runs: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object, **__: object) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr("bench.store.database.write_parquet", stopped)
    with pytest.raises(KeyboardInterrupt):
        read([runs], cache)
    assert not [*cache.glob("*/*"), *cache.glob("*/.*")]
