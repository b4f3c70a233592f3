"""``python -m bench efficiency``: what it prints, and what its exit code says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner, Result

from bench.commands import app
from bench.commands.exits import Exit
from tests.advise.made_up_machine import controls, epoch, on_threads, run, update

if TYPE_CHECKING:
    from pathlib import Path

CASES = [epoch("nd.autograd", 10, 1e-3), epoch("limit", 10, 1e-6), update("u", 5, 1e-5)]


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(app.app_of(["efficiency"]), ["efficiency", *map(str, arguments)])


def written(folder: Path, name: str, document: dict[str, Any]) -> Path:
    path = folder / name
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


@pytest.fixture
def one(tmp_path: Path) -> Path:
    return written(tmp_path, "one.json", run([*controls(), *CASES]))


@pytest.fixture
def threads(tmp_path: Path) -> list[Path]:
    return [
        written(tmp_path, f"{n}.json", on_threads(n, [epoch("k", 10, 6.0 / n), *CASES]))
        for n in (1, 2)
    ]


def test_one_run_gives_its_roofline(one: Path) -> None:
    result = invoke(one)
    assert result.exit_code == Exit.OK, result.output
    for expected in ("Roofline: cpu(0)", "nd.autograd", "L1 200 GB/s", "50% cache"):
        assert expected in result.output


def test_a_folder_stands_for_its_newest_run(one: Path) -> None:
    assert invoke(one.parent).stdout == invoke(one).stdout


def test_kernels_and_cases_narrow_it(one: Path) -> None:
    result = invoke(one, "--kernels", "nd.*,u", "--cases", "epoch", "--json")
    document = json.loads(result.stdout)
    assert [case["kernel"] for case in document["cases"]] == ["nd.autograd"]
    assert document["run"] == "one.json"


def test_a_gpu_is_compared_with_the_processor(tmp_path: Path) -> None:
    made = run(
        [*controls(), *controls("gpu(0)"), *CASES, epoch("limit", 10, 4e-6, device="gpu(0)")]
    )
    result = invoke(written(tmp_path, "gpu.json", made))
    assert "gpu(0) against cpu(0): epochs, made-up, inmemory" in result.output
    assert "0.25x" in result.output
    assert "no size" in result.output
    document = json.loads(invoke(tmp_path / "gpu.json", "--json").stdout)
    assert document["devices"][0]["ratios"] == {"10": 0.25}


def test_the_newest_run_is_the_default(
    one: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "results" / "runs"
    folder.mkdir(parents=True)
    one.rename(folder / "20270101T000000Z-nogit-000000.json")
    (folder / "20260101T000000Z-nogit-000000.json").write_text("damaged")
    monkeypatch.chdir(tmp_path)
    result = invoke("--json")
    assert json.loads(result.stdout)["run"] == "20270101T000000Z-nogit-000000.json"


def test_a_newer_run_without_the_controls_is_passed_over(tmp_path: Path) -> None:
    whole = written(tmp_path, "20261101T000000Z-a.json", run([*controls(), *CASES]))
    bare = written(tmp_path, "20261102T000000Z-b.json", run(CASES))
    result = invoke(tmp_path)
    assert result.exit_code == Exit.OK, result.output
    assert f"Of {whole}: newer runs lack the controls" in result.stderr
    whole.unlink()
    assert "there is no roof without the controls" in invoke(tmp_path).output
    assert invoke(bare).exit_code == Exit.UNCLEAR


def test_the_figure_goes_where_it_is_asked_for(one: Path, tmp_path: Path) -> None:
    result = invoke(one, "--figure", tmp_path / "roof.svg", "--kernels", "limit")
    assert result.exit_code == Exit.OK
    text = (tmp_path / "roof.svg").read_text(encoding="utf-8")
    assert "limit" in text
    assert "nd.autograd" not in text


def test_several_runs_give_parallel_efficiency(threads: list[Path]) -> None:
    result = invoke(*threads)
    assert result.exit_code == Exit.OK, result.output
    for expected in ("2 threads against one: cpu(0)", "2.00x", "100% e=0.00", "1.00x"):
        assert expected in result.output
    document = json.loads(invoke(*threads, "--json", "--kernels", "k").stdout)
    assert [case["speedup"] for case in document["cases"]] == [2.0]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--kernels", "nothing"), "nothing"),
        (("--cases", "machine"), "machine"),
        (("--figure", "roof.jpg"), "has to end in .png or .svg"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(
    one: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    result = invoke(one, *arguments)
    assert result.exit_code == Exit.USAGE
    assert result.stdout == ""
    assert result.stderr.startswith("ERROR: ")
    assert sentence in result.stderr
    assert "Traceback" not in result.output


def test_runs_that_can_not_be_read_are_a_usage_error(one: Path, tmp_path: Path) -> None:
    assert invoke(tmp_path / "none.json").exit_code == Exit.USAGE
    assert invoke(one, written(tmp_path, "a.json", {})).exit_code == Exit.USAGE
    assert "given twice" in invoke(one, one).stderr
    assert "one run" in invoke(one, tmp_path / "2.json", "--figure", "a.png").stderr


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        (run(CASES), "no roof without the controls triad and matmul"),
        (run([]), "no roof"),
        (run(controls()), "no epoch, step or update on cpu(0) declares"),
        ({"benchmarks": []}, "no roof"),
    ],
)
def test_without_controls_or_cases_no_number_is_given(
    tmp_path: Path, document: dict[str, Any], sentence: str
) -> None:
    result = invoke(written(tmp_path, "a.json", document), "--json")
    assert result.exit_code == Exit.UNCLEAR
    assert result.stdout == ""
    assert sentence in result.stderr


def test_runs_that_can_not_be_compared_are_refused(threads: list[Path], one: Path) -> None:
    result = invoke(threads[0], one)
    assert result.exit_code == Exit.NOTHING
    assert result.stdout == ""
    assert "does not tell how many threads it had" in result.stderr
