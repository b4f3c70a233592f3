"""What a measuring command ends with."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from bench.report.closing import MOST_LINES, PROGRAM, closing, program
from bench.report.page.one_run import Material
from bench.store.files import read_run

REFERENCE = Path(__file__).resolve().parents[2] / "results" / "reference"
PEERS = REFERENCE / "20261122T190839Z-b5c8249-466d85.json"


@pytest.fixture(scope="module")
def peers() -> dict[str, Any]:
    return read_run(PEERS)


def lines(document: dict[str, Any], width: int = 80) -> list[str]:
    return closing(Material(document, "run.json"), "results/runs/run.json", width)


@pytest.mark.parametrize("path", sorted(REFERENCE.glob("*.json")), ids=lambda path: path.stem)
@pytest.mark.parametrize("width", [80, 120])
def test_it_is_short_and_holds_the_answer_and_the_file(path: Path, width: int) -> None:
    said = lines(read_run(path), width)
    assert len(said) <= MOST_LINES
    assert "trains fastest of " in said[0]
    assert said[-1] == "Run file: results/runs/run.json"
    assert all(len(line) <= width for line in said[:-1])
    assert sum(line.startswith("Trust: ") for line in said) == 1


def test_it_says_why_no_gpu_was_measured(peers: dict[str, Any]) -> None:
    (line,) = (one for one in lines(peers, 120) if one.startswith("GPU: "))
    assert line == "GPU: not measured; no NVIDIA driver is installed (libcuda.so.1 not found)."


def test_failed_cases_are_counted(peers: dict[str, Any]) -> None:
    failed = copy.deepcopy(peers)
    failed["bench"]["failed"] = [{"id": "bench_epoch[x]", "params": {}, "reason": "wrong"}]
    assert "Failed: 1 case, named above." in lines(failed, 120)
    assert any(line.startswith("Trust: fair: 1 case failed") for line in lines(failed, 120))


def test_a_disturbed_run_says_so(peers: dict[str, Any]) -> None:
    disturbed = copy.deepcopy(peers)
    for one in disturbed["benchmarks"]:
        one["extra_info"] |= {"untrusted": True}
    said = lines(disturbed, 120)
    assert any(line.startswith("Trust: poor: 947 of 947 cases disturbed") for line in said)


def test_a_run_without_trainings_still_ends_with_its_file(peers: dict[str, Any]) -> None:
    controls = copy.deepcopy(peers)
    controls["benchmarks"] = [
        one for one in peers["benchmarks"] if one["extra_info"]["case"] == "machine"
    ]
    said = lines(controls)
    assert said[0].startswith("Trust: ")
    assert said[-1].startswith("Run file: ")


@pytest.mark.parametrize("path", sorted(REFERENCE.glob("*.json")), ids=lambda path: path.stem)
@pytest.mark.parametrize("bad", ["as it is", "disturbed", "interrupted", "untold"])
def test_no_answer_is_surer_than_its_run(path: Path, bad: str) -> None:
    document = read_run(path)
    for one in document["benchmarks"]:
        if bad == "disturbed":
            one["extra_info"]["untrusted"] = True
        if bad == "untold":
            one["extra_info"].pop("target_half_width", None)
    if bad == "interrupted":
        document["bench"]["status"] = "interrupted"
    material = Material(document, path.name)
    ranks = {"poor": 0, "fair": 1, "unknown": 1, "good": 2}
    assert material.headlines
    for one in material.headlines:
        assert ranks[one.level] <= ranks[material.trusted.level]
    if bad in {"disturbed", "interrupted"}:
        assert {one.level for one in material.headlines} == {"poor"}


def test_the_program_is_named_with_its_folder_where_that_is_in_the_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / ".tox" / "bench" / "bin"
    own.mkdir(parents=True)
    monkeypatch.setattr("sys.executable", str(own / "python"))
    monkeypatch.chdir(tmp_path)
    assert program() == PROGRAM
    (own / PROGRAM).touch()
    assert program() == f".tox/bench/bin/{PROGRAM}"
    monkeypatch.chdir(own.parents[1])
    assert program() == f"bench/bin/{PROGRAM}"
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert program() == PROGRAM
