"""``python -m bench compare``: what its exit code says, and what it prints."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner, Result

from bench.commands import app, compare
from bench.commands.exits import Exit
from tests.compare.made_up_stored import (
    FINGERPRINT,
    STEADY,
    control,
    epoch,
    foreign,
    name_of,
    run,
    times,
    written,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]
QUICK = ROOT / "results" / "reference" / "20261123T005615Z-9a2304b-2160a2.json"
BOTH = ("nd.a", "nd.b")
#: Slower on the whole, but the earlier half is within the margin.
LATE = [*times(1.005), *times(1.005), *times(1.06), *times(1.06)]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(app.app_of(["compare"]), ["compare", *map(str, arguments)])


def stored(before: Any, now: Any) -> tuple[Path, Path]:
    """Write two runs; lists are of cases."""
    documents = [one if isinstance(one, dict) else run(one) for one in (before, now)]
    return written(Path("a.json"), documents[0]), written(Path("b.json"), documents[1])


def epochs(*factors: float, medians: Sequence[float] = STEADY) -> list[dict[str, Any]]:
    named = zip(BOTH, factors, strict=False)
    return [epoch(kernel, times(factor, medians)) for kernel, factor in named]


def test_0_when_no_case_is_slower() -> None:
    result = invoke(*stored(epochs(1, 1), epochs(1, 0.9)))
    assert result.exit_code == Exit.OK, result.output
    assert "No case is slower: 1 faster, 1 same." in result.stdout
    assert "has not been measured: python -m bench selftest" in result.stdout


def test_1_when_one_is_and_each_half_shows_it() -> None:
    result = invoke(*stored(epochs(1, 1), epochs(1, 1.05)))
    assert result.exit_code == Exit.FAILED, result.output
    assert f"{name_of('nd.b')}   slower, confirmed   1.05" in result.stdout


def test_1_also_where_other_cases_are_unclear_or_missing() -> None:
    now = [epoch("nd.a", times(1.05))]
    assert invoke(*stored(epochs(1, 1), now)).exit_code == Exit.FAILED


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        (epochs(1, 1), epochs(1, 1.01), "unclear"),
        (epochs(1, 1), epochs(1, 1, medians=[1.0]), "one process"),
        (epochs(1, 1), epochs(1), "It is missing now."),
        ([epoch("nd.a", STEADY * 4)], [epoch("nd.a", LATE)], "slower, not confirmed"),
        ([epoch("nd.a")], [epoch("nd.a", untrusted=True)], "were disturbed"),
        (epochs(1, 1), run(epochs(1, 1), status="interrupted"), "b was interrupted"),
        (run(epochs(1, 1), status="interrupted"), epochs(1, 1), "a was interrupted"),
        (epochs(1, 1), [epoch("nd.a"), epoch("nd.b", n_samples=3)], "other work"),
    ],
    ids=["unclear", "one process", "missing", "unconfirmed", "disturbed", "cut short", "was",
         "other work"],
)  # fmt: skip
def test_3_when_nothing_can_be_said_of_some(before: Any, now: Any, said: str) -> None:
    result = invoke(*stored(before, now))
    assert result.exit_code == Exit.UNCLEAR, result.output
    assert said in result.stdout


OTHER = {**FINGERPRINT, "cpu_model": "Another"}


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (epochs(1, 1), run(epochs(1, 1), fingerprint=OTHER)),
        (epochs(1, 1), run(epochs(1, 1), fingerprint={**FINGERPRINT, "precision": "tf32"})),
        (epochs(1, 1), [epoch("nd.renamed"), epoch("nd.renamed.too")]),
        (epochs(1, 1), []),
        ([], epochs(1, 1)),
        ([], []),
        ([epoch("nd.a")], [epoch("nd.a", n_samples=3000)]),
    ],
    ids=["machine", "precision", "renamed", "empty now", "empty before", "both", "work"],
)
def test_4_when_nothing_can_be_compared(before: Any, now: Any) -> None:
    result = invoke(*stored(before, now))
    assert result.exit_code == Exit.NOTHING, result.output


@pytest.mark.parametrize("form", ["json", "github", "junit", "md"])
def test_4_in_every_format(form: str) -> None:
    result = invoke(*stored([], []), "--format", form)
    assert result.exit_code == Exit.NOTHING, result.output


def test_what_is_refused_is_named() -> None:
    result = invoke(*stored(epochs(1, 1), run(epochs(1, 1), fingerprint=OTHER)))
    assert "cpu_model: A processor and Another" in result.stdout


def test_force_compares_it_and_says_so() -> None:
    paths = stored(epochs(1, 1), run(epochs(1, 1.05), fingerprint=OTHER))
    result = invoke(*paths, "--force")
    assert result.exit_code == Exit.FAILED, result.output
    assert "Forced: what can't be compared was compared all the same" in result.stdout
    told = json.loads(invoke(*paths, "--force", "--format", "json").stdout)
    assert told["forced"] is True
    assert all("Forced:" in one["reason"] for one in told["cases"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["a.json", "missing.json"], "missing.json can't be read"),
        (["damaged.json", "a.json"], "damaged.json is damaged"),
        (["a.json", "no_run.json"], "is no run file"),
        (["a.json", "none"], "there is no run in none"),
        (["a.json", "a.json", "--margin", "much"], "--margin"),
        (["a.json", "a.json", "--margin", "0"], "--margin"),
        (["a.json", "a.json", "--format", "xml"], "xml"),
        (["a.json", "a.json", "--unknown"], "No such option"),
        (["a.json"], "Missing argument"),
        (["a.json", "a.json", "-o", "a.json/below"], "can't be written"),
    ],
)
def test_2_when_an_option_or_a_file_is_wrong(arguments: list[str], said: str) -> None:
    written(Path("a.json"), run(epochs(1, 1)))
    Path("damaged.json").write_text("{")
    written(Path("no_run.json"), {"a": 1})
    Path("none").mkdir()
    result = invoke(*arguments)
    assert result.exit_code == Exit.USAGE, result.output
    assert said in result.stderr
    assert "Traceback" not in result.output


def test_2_when_the_margins_are_wrong() -> None:
    paths = stored(epochs(1, 1), epochs(1, 1))
    Path("pyproject.toml").write_text("[tool.minibatch-bench.margins]\ndefault = 3\n")
    result = invoke(*paths)
    assert result.exit_code == Exit.USAGE
    assert "give percent" in result.stderr


def test_130_after_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(compare, "judge", interrupted)
    result = invoke(*stored(epochs(1, 1), epochs(1, 1)), "-o", "out.txt")
    assert result.exit_code == Exit.INTERRUPTED
    assert not Path("out.txt").exists()


def test_margins_come_from_pyproject_and_the_option() -> None:
    paths = stored(epochs(1, 1), epochs(1.04, 1.04))
    assert invoke(*paths).exit_code == Exit.FAILED
    assert invoke(*paths, "--margin", "10%").exit_code == Exit.OK
    Path("pyproject.toml").write_text(
        '[tool.minibatch-bench.margins]\n"bench_epoch[*nd.a*" = "10%"\n'
    )
    told = json.loads(invoke(*paths, "--format", "json").stdout)
    assert [one["verdict"] for one in told["cases"]] == ["same", "slower"]


def test_a_run_against_itself_is_never_slower() -> None:
    result = invoke(QUICK, QUICK, "--format", "json")
    told = json.loads(result.stdout)
    assert told["counts"]["slower"] == told["counts"]["faster"] == 0
    assert told["counts"]["same"] > 0
    assert result.exit_code in {Exit.OK, Exit.UNCLEAR}


def test_folders_stand_for_their_newest_run() -> None:
    for day, factor in ((1, 1.0), (2, 1.05)):
        name = f"2026110{day}T000000Z-nogit-00000{day}.json"
        written(Path("runs") / name, run(epochs(factor, factor), day))
    result = invoke("runs/20261101T000000Z-nogit-000001.json", "runs")
    assert result.exit_code == Exit.FAILED
    assert "now: 20261102T000000Z-nogit-000002" in result.stdout


def test_all_lists_every_case() -> None:
    paths = stored(epochs(1, 1), epochs(1, 1))
    assert name_of("nd.a") not in invoke(*paths).stdout
    assert name_of("nd.a") in invoke(*paths, "--all").stdout


def test_other_suites_files_are_compared_too() -> None:
    machine = {"machine_info": {"node": "n"}, "datetime": "2026-11-01T12:00:00"}
    before = {**machine, "benchmarks": [foreign("test_sum", 1.0)]}
    now = {**machine, "benchmarks": [foreign("test_sum", 2.0)]}
    result = invoke(*stored(before, now))
    assert result.exit_code == Exit.UNCLEAR
    assert "t.py::test_sum" in result.stdout


def test_measured_error_rates_of_this_machine_are_shown() -> None:
    share = {"rule": "compare", "false_slower": [1, 400], "same": [390, 400], "found": {}}
    document = {
        "format": 2, "measured": "2026-11-23T00:00:00Z", "rates": [share],
        "fingerprint_id": "0123456789ab", "node": "vm",
    }  # fmt: skip
    written(Path("results/selftest/a.json"), document)
    result = invoke(*stored(epochs(1, 1), epochs(1, 1)))
    assert "1 of 400" in result.stdout
    assert "results/selftest/a.json" in result.stdout


def test_output_goes_into_a_file_and_the_exit_code_stays() -> None:
    paths = stored([*epochs(1, 1), control("triad", 4096)], epochs(1, 1.05))
    result = invoke(*paths, "--format", "junit", "--output", "sub/verdicts.xml")
    assert result.exit_code == Exit.FAILED
    assert result.stdout == ""
    assert "verdicts: sub/verdicts.xml" in result.stderr
    text = Path("sub/verdicts.xml").read_text()
    assert text.count("<failure") == 1
    assert text.count("<error") == 1


@pytest.mark.slow
def test_it_needs_no_framework_and_no_checkout(tmp_path: Path) -> None:
    """As a command of its own: on a laptop that has only the runs."""
    paths = stored(epochs(1, 1), epochs(1, 1.05))
    command = [sys.executable, "-m", "bench", "compare", *map(str, paths)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment, timeout=600
    )
    assert done.returncode == Exit.FAILED, done.stderr
    assert "Slower, and confirmed: 1 slower (1 confirmed), 1 same." in done.stdout
