from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.store.files import read_run
from bench.store.table import read
from tests.store.made_up_files import own, own_benchmark, write

CONTENT = json.dumps(own(2), indent=1).encode() + b"\n"


@given(st.integers(0, len(CONTENT)))
def test_a_truncated_file_is_damaged_or_as_before(
    tmp_path_factory: pytest.TempPathFactory, length: int
) -> None:
    whole = tmp_path_factory.getbasetemp() / "whole" / "run.json"
    write(whole, own(2))
    cut = tmp_path_factory.getbasetemp() / "cut" / "run.json"
    cut.parent.mkdir(exist_ok=True)
    cut.write_bytes(CONTENT[:length])
    loaded = read([cut])
    if length >= len(CONTENT) - 1:
        pd.testing.assert_frame_equal(loaded.cases, read([whole]).cases)
    else:
        ((path, reason),) = ((one.path, one.reason) for one in loaded.damaged)
        assert path == cut
        assert reason.startswith("it is ")
        assert reason.endswith(".")
        assert len(loaded.cases) == len(loaded.runs) == 0


@given(st.integers(0, len(CONTENT) - 1), st.binary(min_size=1, max_size=3))
def test_bytes_that_changed_are_no_traceback(
    tmp_path_factory: pytest.TempPathFactory, place: int, other: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "run.json"
    path.write_bytes(CONTENT[:place] + other + CONTENT[place + len(other) :])
    loaded = read([path])
    assert len(loaded.runs) + len(loaded.damaged) == 1


def bad(**changes: Any) -> dict[str, Any]:
    both = [own_benchmark(), {**own_benchmark(), **changes}]
    return {"benchmarks": both, "bench": {"format": 1}}


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ([], "expected `object`, got `array`."),
        ({}, "object missing required field `benchmarks`."),
        ({"benchmarks": {}}, "benchmarks: expected `array`, got `object`."),
        ({"benchmarks": [3]}, "benchmarks[0]: expected `object`, got `int`."),
        (bad(name=3), "benchmarks[1].name: expected `str`, got `int`."),
        (bad(stats=[]), "benchmarks[1].stats: holds neither a median nor rounds."),
        (bad(stats={}), "benchmarks[1].stats: holds neither a median nor rounds."),
        (
            bad(stats={"median": None}),
            "benchmarks[1].stats: holds neither a median nor rounds.",
        ),
        (bad(stats={"data": []}), "benchmarks[1].stats: holds neither a median nor rounds."),
        (bad(stats={"data": ["1"]}), "benchmarks[1].stats: holds neither a median nor rounds."),
    ],
)
def test_what_lacks_what_every_such_file_has_is_named_with_the_place(
    tmp_path: Path, document: dict[str, Any], reason: str
) -> None:
    (damaged,) = read([write(tmp_path / "a.json", document)]).damaged
    assert damaged.reason == f"it is no file of pytest-benchmark: {reason}"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty."),
        (b" \n", "it is empty."),
        (b"{", "it is not valid JSON ("),
        (b"[" * 100_000, "it is not valid JSON ("),
        (b'{"benchmarks": ' + b"[" * 100_000, "it is not valid JSON ("),
        (b'{"a": ' + b"[" * 100_000, "it is not valid JSON ("),
        (b"\xff\xfe\x00", "it is not valid JSON ("),
        (b'{"benchmarks": [], "version": "\xff"}', "it is not valid JSON ("),
    ],
)
def test_what_is_no_json_is_named(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(content)
    (damaged,) = read([path]).damaged
    assert damaged.reason.startswith(reason)


def test_a_number_beyond_all_measure_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b'{"benchmarks": [], "version": ' + b"9" * 5000 + b', "x": 1e999}')
    assert read([path]).runs["pytest_benchmark_version"].isna().all()
    assert read_run(path) == {"benchmarks": [], "version": None, "x": None}


def test_what_is_damaged_is_left_out_and_the_rest_is_read(tmp_path: Path) -> None:
    for name in "acd":
        write(tmp_path / f"{name}.json", own(2))
    write(tmp_path / "b.json", {})
    loaded = read([tmp_path])
    assert loaded.runs["run"].tolist() == ["a", "c", "d"]
    assert loaded.cases["run"].tolist() == ["a", "a", "c", "c", "d", "d"]
    assert [one.path for one in loaded.damaged] == [tmp_path / "b.json"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", own(1))
    path.chmod(0)
    (damaged,) = read([path]).damaged
    assert damaged.reason == "it can't be read: Permission denied."


def test_a_file_that_goes_while_it_is_looked_for_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.json", own(1))
    opened = Path.open

    def gone(self: Path, *args: Any, **kwargs: Any) -> Any:
        self.unlink()
        return opened(self, *args, **kwargs)

    monkeypatch.setattr(Path, "open", gone)
    (damaged,) = read([path]).damaged
    assert damaged.reason == "it can't be read: No such file or directory."
