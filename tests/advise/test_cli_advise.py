"""``python -m bench advise`` on stored runs, from the outside."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bench.commands import app
from bench.commands.exits import Exit
from bench.report.closing import MOST_LINES
from bench.store.files import read_run
from tests.advise.made_up_times import SIZES, epoch, target, written

ROOT = Path(__file__).resolve().parents[2]
FRAMEWORKS = ("mxnet", "torch", "jax", "numba", "cupy", "triton")
ANSWER = "Give made.up batches of"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    benchmarks = [epoch(size) for size in SIZES]
    benchmarks += [target(size, 0.001 * (10 + abs(size - 30))) for size in SIZES]
    return written(tmp_path_factory.mktemp("runs") / "run.json", benchmarks)


def advise(*arguments: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(app.app_of(["advise"]), ["advise", *map(str, arguments)])
    return done.exit_code, done.stdout, done.stderr


def test_it_answers_in_a_few_sentences_and_a_small_table(run: Path) -> None:
    code, out, _ = advise(run)
    assert code == Exit.OK
    prose = " ".join(out.split())
    assert ANSWER in prose
    assert "Every step has a fixed cost worth" in prose
    assert "by the models" in prose
    assert "advised" in out
    assert "best measured" in out
    assert "noise scale, exactly" in prose
    assert "AICc" not in out


def test_details_give_the_models_numbers(run: Path) -> None:
    _, out, _ = advise(run, "--details")
    for words in (
        "AICc",
        "r_inf",
        "n_half",
        "off by",
        "300: ",
        "in proportion to its batch size",
    ):
        assert words in out


def test_json_gives_the_numbers_and_nothing_else(run: Path) -> None:
    code, out, _ = advise(run, "--json")
    document = json.loads(out)
    assert code == Exit.OK
    (answer,) = document["answers"]
    assert answer["advice"]["batch_size"] in SIZES
    assert answer["cost"]["n_half"]["low"] < 50 < answer["cost"]["n_half"]["high"]
    assert [row["batch_size"] for row in answer["by_batch_size"]] == list(SIZES)
    (workload,) = document["workloads"]
    assert workload["model"]["b_noise"]["value"] > 0
    assert workload["gradient_noise_scale"]["mean_simple"] > 0
    assert document["runs"] == "run.json"


def test_a_figure_shows_predicted_and_measured(run: Path, tmp_path: Path) -> None:
    code, _, _ = advise(run, "--figure", tmp_path / "time.svg")
    assert code == Exit.OK
    drawn = " ".join(re.findall(r">([^<>]+)</text>", (tmp_path / "time.svg").read_text()))
    for words in ("made.up", "by their models", "trainings as they", "seconds to the target"):
        assert words in drawn


@pytest.mark.slow
def test_it_needs_no_framework(run: Path, counted: Path) -> None:
    advise(run)  # what this counts is read from the cache there
    script = (
        "import sys\n"
        "class Missing:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.partition('.')[0] in {FRAMEWORKS}:\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Missing())\n"
        "from pathlib import Path\n"
        "from bench.convergence import step_counts\n"
        f"step_counts.Statistics.__init__.__defaults__ = (Path({str(counted)!r}),)\n"
        "step_counts.steps_to_target = None\n"
        "from bench.commands.app import app_of\n"
        f"app_of(['advise'])(['advise', {str(run)!r}])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=run.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == Exit.OK, done.stderr
    assert ANSWER in done.stdout


@pytest.mark.slow
def test_a_schedule_and_a_sampling_stand_beside_the_first(run: Path) -> None:
    code, out, _ = advise(
        run, "--sampling", "without-replacement", "--sampling", "with-replacement"
    )
    assert code == Exit.OK
    assert "Other schedules and samplings" in out
    assert "By theory" not in out.partition("Other")[2]


def test_too_few_batch_sizes_are_refused_with_the_reason(tmp_path: Path) -> None:
    few = written(tmp_path / "few.json", [epoch(size) for size in (1, 10, 100)])
    code, out, _ = advise(few)
    assert code == Exit.UNCLEAR
    assert "No batch size can be advised for made.up: there are 3 batch sizes" in out
    assert ANSWER not in out


def test_no_loss_curve_is_refused_with_the_reason(tmp_path: Path) -> None:
    bare = written(tmp_path / "bare.json", [epoch(s, loss_by_epoch=None) for s in SIZES])
    code, out, _ = advise(bare)
    assert code == Exit.UNCLEAR
    assert "no loss curve" in " ".join(out.split())
    json_code, json_out, _ = advise(bare, "--json")
    assert json_code == Exit.UNCLEAR
    assert json.loads(json_out)["answers"][0]["advice"] is None


def test_times_that_contradict_the_model_are_refused_with_the_reason(tmp_path: Path) -> None:
    benchmarks = [epoch(size) for size in SIZES]
    for number, one in enumerate(benchmarks):
        one["stats"]["data"] = [
            (5.0, 0.2)[number % 2] * value for value in one["stats"]["data"]
        ]
    code, out, _ = advise(written(tmp_path / "odd.json", benchmarks))
    assert code == Exit.UNCLEAR
    assert "no model fits" in " ".join(out.split())


def test_a_foreign_file_holds_nothing_to_advise_on(tmp_path: Path) -> None:
    foreign = {"name": "test_something", "stats": {"data": [1.0]}, "extra_info": {}}
    code, _, err = advise(written(tmp_path / "foreign.json", [foreign]))
    assert code == Exit.UNCLEAR
    assert "holds no time of an epoch" in err


@pytest.mark.parametrize(
    "wrong",
    [
        ("--kernel", "no.such"),
        ("--target", "-1"),
        ("--target", "near"),
        ("--schedule", "sometimes"),
        ("--sampling", "never"),
        ("--figure", "time.pdf"),
    ],
)
def test_a_wrong_option_is_a_usage_error(run: Path, wrong: tuple[str, str]) -> None:
    code, _, err = advise(run, *wrong)
    assert code == Exit.USAGE
    assert err.startswith("ERROR: ") or "ERROR: " in err
    assert "Traceback" not in err


def test_a_missing_or_damaged_run_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "half.json").write_text('{"benchmarks": [')
    for name in ("none.json", "half.json"):
        code, _, err = advise(tmp_path / name)
        assert code == Exit.USAGE
        assert name in err


def test_of_a_case_in_two_runs_the_newest_time_counts_and_that_is_said(
    run: Path, tmp_path: Path
) -> None:
    again = written(tmp_path / "again.json", [epoch(size) for size in SIZES[:2]])
    _, _, err = advise(run, again)
    assert "2 times are left out: of a case measured again the newest counts." in err
    assert "left out" not in advise(run)[2]


def test_runs_of_two_machines_have_nothing_comparable(run: Path, tmp_path: Path) -> None:
    other = written(tmp_path / "other.json", [epoch(10)], fingerprint="xyz")
    code, _, err = advise(run, other)
    assert code == Exit.NOTHING
    assert "different machines" in err


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run with trainings to the target, that is taken for one measured just now."""
    path = ROOT / "results/reference/20261123T005615Z-9a2304b-2160a2.json"
    monkeypatch.setattr(
        "bench.commands.advise.advice_run.measure", lambda *_: (path, read_run(path), True)
    )
    return path


def test_what_has_just_been_measured_is_told_as_by_a_run(measured: Path) -> None:
    code, out, err = advise()
    assert code == Exit.OK
    assert re.search(r"Give \S+ batches of \d+", " ".join(out.split()))
    ending = out.rstrip().rpartition("\n\n")[2].splitlines()
    assert len(ending) <= MOST_LINES
    assert "trains fastest of " in ending[0]
    assert any(line.startswith("Trust: ") for line in ending)
    assert ending[-1] == f"Run file: {measured}"
    assert "Run file" not in err


def test_of_what_has_just_been_measured_json_is_alone_on_standard_output(
    measured: Path,
) -> None:
    code, out, err = advise("--json")
    assert code == Exit.OK
    assert json.loads(out)["runs"] == measured.name
    assert err.splitlines()[-1] == f"Run file: {measured}"


def test_an_interrupted_measurement_names_its_file_and_how_to_finish_it(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "bench.commands.advise.advice_run.measure", lambda *_: (run, read_run(run), False)
    )
    code, out, err = advise()
    assert (code, out) == (Exit.INTERRUPTED, "")
    assert f"Run file: {run}" in err
    assert "run --resume" in err


def test_ctrl_c_while_steps_are_counted_has_its_own_code(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*given: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("bench.advise.reading.find", interrupted)
    code, _, err = advise(run)
    assert code == Exit.INTERRUPTED
    assert "what was counted is kept" in err
