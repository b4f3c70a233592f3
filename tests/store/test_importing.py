from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from bench.store.files import StoreError
from bench.store.importing import import_runs
from bench.store.table import read
from tests.compare.made_up_stored import foreign, written

FILES = Path(__file__).parent / "files"


@pytest.fixture
def benchmarks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """As pytest-benchmark keeps them."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / ".benchmarks" / "Linux-CPython-3.11-64bit"
    folder.mkdir(parents=True)
    for path in FILES.glob("*.json"):
        shutil.copy(path, folder)
    return folder.parent


def contents(folder: Path) -> list[bytes]:
    return sorted(path.read_bytes() for path in folder.rglob("*.json"))


def document(seconds: float = 1.0, **changed: object) -> dict[str, object]:
    return {
        "machine_info": {"node": "n"},
        "commit_info": {"id": "0123456789abcdef", "dirty": False},
        "datetime": "2026-01-02T03:04:05.678+02:00",
        "benchmarks": [foreign("test_x", seconds)],
        **changed,
    }


def test_runs_are_copied_as_they_are(benchmarks: Path, tmp_path: Path) -> None:
    originals = contents(benchmarks)
    folder = tmp_path / "runs"
    found = import_runs([benchmarks], folder)
    assert len(found.copied) == 3
    assert contents(folder) == originals
    assert contents(benchmarks) == originals
    for original, copy in found.copied:
        assert original.read_bytes() == copy.read_bytes()
        digits = hashlib.sha256(original.read_bytes()).hexdigest()[:6]
        assert copy.name.endswith(f"-nogit-{digits}.json")
    assert read([folder]).runs["taken"].notna().all()


def test_names_hold_time_and_commit(tmp_path: Path) -> None:
    path = written(tmp_path / "in" / "0001_a.json", document())
    ((_, copy),) = import_runs([path], tmp_path / "runs").copied
    assert copy.name.startswith("20260102T010405Z-0123456-")


def test_nothing_comes_in_twice(benchmarks: Path, tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    first = import_runs([benchmarks], folder)
    again = import_runs([benchmarks], folder)
    assert again.copied == ()
    assert len(again.known) == 3
    assert len(list(folder.iterdir())) == len(first.copied)


def test_it_is_known_by_what_it_holds_not_by_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    one = written(tmp_path / "in" / "0001_a.json", document())
    shutil.copy(one, tmp_path / "in" / "0002_b.json")
    found = import_runs([tmp_path / "in"], folder)
    assert (len(found.copied), len(found.known)) == (1, 1)
    found.copied[0][1].rename(folder / "renamed.json")
    assert import_runs([one], folder).copied == ()


def test_two_of_one_time_and_commit_both_come_in(tmp_path: Path) -> None:
    for number in range(3):
        written(tmp_path / "in" / f"000{number}.json", document(1.0 + number))
    found = import_runs([tmp_path / "in"], tmp_path / "runs")
    assert len({copy for _, copy in found.copied}) == 3


def test_a_name_that_is_taken_is_not_taken_again(tmp_path: Path) -> None:
    one = written(tmp_path / "in" / "0001.json", document())
    ((_, copy),) = import_runs([one], tmp_path / "runs").copied
    copy.write_text("something else")
    ((_, other),) = import_runs([one], tmp_path / "runs").copied
    assert other != copy
    assert copy.read_text() == "something else"
    assert other.read_bytes() == one.read_bytes()


def test_what_is_damaged_or_tells_no_time_is_left_and_told(
    benchmarks: Path, tmp_path: Path
) -> None:
    inside = next(benchmarks.iterdir())
    (inside / "bad.json").write_text("{")
    written(inside / "undated.json", document(datetime=None))
    found = import_runs([benchmarks], tmp_path / "runs")
    assert len(found.copied) == 3
    reasons = {one.path.name: one.reason for one in found.left}
    assert set(reasons) == {"bad.json", "undated.json"}
    assert "tell when it was taken" in reasons["undated.json"]
    assert (inside / "bad.json").read_text() == "{"


def test_a_folder_that_can_not_be_written_is_told(benchmarks: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="can't be copied"):
        import_runs([benchmarks], tmp_path / "file" / "runs")


def test_numbers_are_not_rewritten(tmp_path: Path) -> None:
    """The bytes are kept, with spaces and digits as they were."""
    path = tmp_path / "0001.json"
    path.write_text(json.dumps(document()).replace('"median": 1.0', '"median":  1.00000'))
    ((_, copy),) = import_runs([path], tmp_path / "runs").copied
    assert '"median":  1.00000' in copy.read_text()
