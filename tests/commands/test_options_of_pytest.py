"""The options of pytest, right and wrong, and what a session then does."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.commands import kernel_files
from tests.commands.kernel_files import folder_with
from tests.commands.sessions import (
    EPOCH,
    NO_GPU,
    ROOT,
    SMALL,
    Done,
    environment,
    several,
    the_run,
)

if TYPE_CHECKING:
    from pathlib import Path

CLOSED = ("--kernels", "nd.closed_form")

WRONG = {
    "preset": (("--preset", "slow"), "--preset: 'slow' is no preset; there are: quick"),
    "kernel": (
        ("--kernels", "nd.autogard"),
        "--kernels: 'nd.autogard' is no kernel; did you mean nd.autograd",
    ),
    "device": (("--devices", "tpu"), "--devices: 'tpu' is no device; give cpu(0), gpu(0)"),
    "loader": (("--loaders", "disk"), "--loaders: 'disk' is no loader; there are: inmemory"),
    "workload": (("--workloads", "mnist"), "--workloads: there is no workload 'mnist'"),
    "batch size": (("--batch-sizes", "0"), "--batch-sizes: '0' is not allowed; give whole"),
    "large batch": (("--batch-sizes", "1501"), "--batch-sizes: '1501' is not allowed; give"),
    "update size": (("--update-sizes", "x"), "--update-sizes: 'x' is not allowed; give who"),
    "required": (("--require", "tpu"), "--require: 'tpu' is neither a device, like gpu(0), n"),
    "rate": (("--learning-rate", "0"), "--learning-rate: '0' is not allowed; give a number"),
    "schedule": (("--schedule", "cosine"), "--schedule: schedule 'cosine' is not one of: con"),
    "sampling": (
        ("--sampling", "*"),
        "--sampling: '*' is no sampling; there are: without-repl",
    ),
    "seed": (("--seed", "-1"), "--seed: '-1' is not allowed; give a whole number from 0"),
    "epochs": (("--epochs", "3,5"), "--epochs: '3,5' is not allowed; give one number"),
    "seconds": (("--seconds-per-case", "nan"), "--seconds-per-case: 'nan' is not allowed; "),
    "repeats": (("--notebook-repeats", "0"), "--notebook-repeats: '0' is not allowed; give"),
    "tables": (("--tables", "s*"), "--tables: 's*' is no table; there are: ladder"),
    "rounds": (
        ("--benchmark-min-rounds", "50"),
        "--benchmark-min-rounds does nothing here; give --precision or --seconds-per-case.",
    ),
    "usual rounds": (
        ("--benchmark-min-rounds=5",),
        "--benchmark-min-rounds does nothing here;",
    ),
    "timer": (("--benchmark-timer", "time.time"), "--benchmark-timer does nothing here; leav"),
    "warm-up": (("--benchmark-warmup",), "--benchmark-warmup does nothing here; leave it out"),
    "profile": (("--benchmark-cprofile", "cumtime"), "--benchmark-cprofile does nothing here;"),
    "histogram": (
        ("--benchmark-histogram",),
        "--benchmark-histogram does nothing here; give --tables pytest-benchmark too.",
    ),
    "option": (("--kernles", "nd.*"), "there is no option --kernles; did you mean --kernels"),
    "no folder": (("--kernel-folder", "nowhere"), "nowhere is not a folder with kernel fil"),
    "no Python": (("--kernel-folder", "{syntax}"), "{syntax}/broken.py can't be read: Synta"),
    "no benchmark": (("-p", "no:benchmark"), "pytest-benchmark is needed: leave out `-p no:b"),
    "pytest-codspeed": (("--codspeed",), "--codspeed does not go with timing: "),
    "pytest-repeat": (("--count=2",), "--count does not go with timing: "),
    "pytest-rerunfailures": (("--reruns=2",), "--reruns does not go with timing: "),
    "pytest-xdist": (("-n", "2"), "-n does not go with timing: "),
}
#: What comes after measuring: only once the cases are known, or pytest-benchmark is at work.
LATE = {
    "results": (("--results", "{file}"), "the run can't be written to {file}: File exists. Fr"),
    "JSON": (("--benchmark-json", "{file}/a.json"), "the run can't be written to {file}: File"),
    "JSON folder": (
        ("--benchmark-json", "{folder}"),
        "--benchmark-json: {folder} is a folder;",
    ),
    "autosave": (
        ("--benchmark-autosave", "--benchmark-storage=file://{file}"),
        "the run can't be written to {file}: File exists. Free space or give another folder w",
    ),
    "no grouping": (
        ("--benchmark-group-by=size", "--tables=pytest-benchmark"),
        "--benchmark-group-by: 'size' is no group",
    ),
    "no parameter": (
        ("--benchmark-group-by=group,param:size", "--tables=pytest-benchmark"),
        "--benchmark-group-by: bench_epoch[airfoil-numpy.closed_form-cpu(0)-inmemory-B10] has "
        "no size; name only",
    ),
    "nothing stored": (
        ("--benchmark-compare-fail=min:5%", "--benchmark-storage=file://{folder}/none"),
        "--benchmark-compare-fail: there is no stored run to compare with; ",
    ),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("options")


@pytest.fixture(scope="module")
def refused(folder: Path) -> dict[str, Done]:
    syntax = folder_with(folder / "syntax", broken=kernel_files.NO_PYTHON)
    commands = [
        (
            *("--benchmark-only", EPOCH, *SMALL, "--results", str(folder / "never")),
            *("-p", "tests.commands.sessions"),
            *(argument.format(syntax=syntax) for argument in arguments),
        )
        for arguments, _ in WRONG.values()
    ]
    return dict(zip(WRONG, several(commands), strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("option", WRONG)
def test_a_wrong_option_is_refused_with_one_sentence_before_anything_runs(
    refused: dict[str, Done], folder: Path, option: str
) -> None:
    done, sentence = refused[option], WRONG[option][1].format(syntax=folder / "syntax")
    assert done.code == pytest.ExitCode.USAGE_ERROR
    assert len(done.errors) == 1
    assert done.errors[0].startswith(f"ERROR: {sentence}")
    assert "Traceback" not in done.output
    assert "INTERNALERROR" not in done.output
    assert "collected" not in done.output
    assert not (folder / "never").exists()


@pytest.fixture(scope="module")
def refused_late(folder: Path) -> dict[str, Done]:
    (folder / "file").touch()
    commands = [
        (
            *("--benchmark-only", EPOCH, *SMALL, "--kernels", "numpy.closed_form"),
            *(
                "--results",
                str(folder / "none"),
                "--benchmark-storage",
                f"file://{folder}/none",
            ),
            *(one.format(folder=folder, file=folder / "file") for one in arguments),
        )
        for arguments, _ in LATE.values()
    ]
    return dict(zip(LATE, several(commands), strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("option", LATE)
def test_what_can_not_be_done_after_measuring_is_refused_before(
    refused_late: dict[str, Done], folder: Path, option: str
) -> None:
    done = refused_late[option]
    sentence = LATE[option][1].format(folder=folder, file=folder / "file")
    assert done.code == pytest.ExitCode.USAGE_ERROR, done.output
    assert len(done.errors) == 1
    assert done.errors[0].startswith(f"ERROR: {sentence}")
    assert "to time" not in done.output
    assert not list((folder / "none").glob("*.json"))


@dataclass(frozen=True)
class Sessions:
    """Sessions that do something, and the folder with what they wrote."""

    folder: Path
    disabled: Done
    narrowed: Done
    nothing: Done
    unwritable: Done
    tests_only: Done
    cases_only: Done


@pytest.fixture(scope="module")
def sessions(folder: Path) -> Sessions:
    def results(name: str) -> tuple[str, ...]:
        return (*SMALL, "--results", str(folder / name))

    filling = folder_with(folder / "filling", fills=kernel_files.FILLS)
    listing = ("--collect-only", "-q", "-p", "no:cacheprovider")
    done = several(
        [
            (
                *("--benchmark-disable", EPOCH, *CLOSED, *results("disabled")),
                *("--devices", f"cpu,{NO_GPU}"),
            ),
            (
                *("--benchmark-only", EPOCH, *CLOSED, *results("narrowed")),
                *("-k", "B1500", "--tables", "pytest-benchmark", "--tf32"),
            ),
            (
                *("--benchmark-only", EPOCH, *CLOSED, *results("nothing"), "--devices", NO_GPU),
                *("--benchmark-json", str(folder / "nothing.json"), "--benchmark-autosave"),
                *("--benchmark-storage", f"file://{folder}/none"),
            ),
            (
                *("--benchmark-only", EPOCH, "--kernels", "mine.fills", *results("unwritable")),
                *("--kernel-folder", str(filling), "--batch-sizes", "1500"),
            ),
            ("--ignore-glob", "tests/*/*", *listing),
            ("--benchmark-only", "--preset", "quick", "--devices", "cpu", *listing),
        ]
    )
    return Sessions(folder, *done)


@pytest.mark.slow
def test_with_benchmarks_disabled_the_cases_run_and_no_run_is_written(
    sessions: Sessions,
) -> None:
    assert sessions.disabled.code == 0
    assert "2 passed, 2 skipped" in sessions.disabled.output
    assert "run file" not in sessions.disabled.output
    assert not (sessions.folder / "disabled").exists()


@pytest.mark.slow
def test_k_narrows_further(sessions: Sessions) -> None:
    assert sessions.narrowed.code == 0
    _, document = the_run(sessions.folder / "narrowed")
    (one,) = document["benchmarks"]
    assert one["name"] == "bench_epoch[airfoil-nd.closed_form-cpu(0)-inmemory-B1500]"
    assert "1 case to time" in sessions.narrowed.output
    assert "--tf32 changes nothing: no GPU is to be measured here." in sessions.narrowed.output


#: A session on a machine that seems to have a GPU: what holds when a library is looked at.
LOOKING = """
import os, sys
import pytest
from bench.plan import request
from kernels import backends, tf32

def looked(self):
    inherited = tf32.ALLOWING.items() <= os.environ.items()
    os.write(1, f"allowed: {tf32.is_allowed()}, inherited: {inherited}".encode())
    os._exit(0)

request.has_gpu = lambda: True
type(backends.get("numpy")).devices = looked
pytest.main(["--benchmark-only", *sys.argv[1:]])
"""


@pytest.mark.slow
@pytest.mark.parametrize(("given", "allowed"), [(["--tf32"], True), ([], False)])
def test_tf32_is_allowed_before_a_library_is_looked_at(given: list[str], allowed: bool) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOOKING, EPOCH, "--kernels", "numpy.*", *given],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert f"allowed: {allowed}, inherited: {allowed}" in done.stdout, done.stderr


@pytest.mark.slow
def test_the_tables_of_pytest_benchmark_can_be_had_instead(sessions: Sessions) -> None:
    assert "Name (time in" in sessions.narrowed.output
    assert "seconds per epoch" not in sessions.narrowed.output


@pytest.mark.slow
def test_without_figures_there_is_only_the_run(sessions: Sessions) -> None:
    assert len(list((sessions.folder / "narrowed").iterdir())) == 1


@pytest.mark.slow
def test_a_session_that_measured_nothing_says_so_and_fails(sessions: Sessions) -> None:
    assert sessions.nothing.code == 1
    assert "ERROR: nothing was measured: every case was skipped" in sessions.nothing.output
    assert "Traceback" not in sessions.nothing.output
    assert f"2 cases on {NO_GPU}: no device: mxnet sees no {NO_GPU}" in sessions.nothing.output
    _, document = the_run(sessions.folder / "nothing")
    assert document["benchmarks"] == []
    assert len(document["bench"]["skipped"]) == 2


def collected(done: Done) -> set[str]:
    assert done.code == 0, done.output
    return {
        match[1] for match in re.finditer(r"^([\w/]+\.py)::", done.output, flags=re.MULTILINE)
    }


@pytest.mark.slow
def test_plain_pytest_collects_tests_only(sessions: Sessions) -> None:
    files = collected(sessions.tests_only)
    assert "tests/test_documents.py" in files
    assert all(file.startswith("tests/") for file in files)


@pytest.mark.slow
def test_benchmark_only_collects_cases_only(sessions: Sessions) -> None:
    assert collected(sessions.cases_only) == {
        f"bench/cases/bench_{name}.py"
        for name in ("engine", "epoch", "loader", "machine", "notebook", "step", "update")
    }
    assert "to time" not in sessions.cases_only.output


@pytest.mark.slow
def test_results_that_can_not_be_written_are_an_error(sessions: Sessions) -> None:
    done, results = sessions.unwritable, sessions.folder / "unwritable"
    assert done.code == 1
    assert done.errors == [
        f"ERROR: the run can't be written to {results}: File exists. Free space or "
        "give another folder with --results."
    ]
    assert "Training on airfoil" in done.output, "the tables are not lost"
    assert "Traceback" not in done.output
    assert results.read_text() == "a file\n"


NUMPY = ("--benchmark-only", EPOCH, *SMALL, "--kernels", "numpy.closed_form")


@pytest.mark.slow
def test_a_stored_run_of_this_machine_is_compared_and_a_regression_fails(
    tmp_path: Path,
) -> None:
    storage = ("--benchmark-storage", f"file://{tmp_path / 'stored'}")
    first = ("--results", str(tmp_path / "first"), "--benchmark-autosave")
    missing = ("--benchmark-compare", "--benchmark-json", str(tmp_path / "new" / "run.json"))
    (saved,) = several([(*NUMPY, *storage, *first, *missing)])
    assert saved.code == 0, saved.output
    assert "Can't compare. No benchmark files" in saved.output
    assert the_run(tmp_path / "new")[1]["benchmarks"]
    (stored,) = (tmp_path / "stored").glob("*/*.json")
    document = json.loads(stored.read_text())
    for one in document["benchmarks"]:
        one["stats"]["min"] /= 1000
    stored.write_text(json.dumps(document))
    second = ("--results", str(tmp_path / "second"), "--benchmark-compare")
    (compared,) = several([(*NUMPY, *storage, *second, "--benchmark-compare-fail=min:5%")])
    path, _ = the_run(tmp_path / "second")
    assert compared.code == 1
    assert compared.errors == ["ERROR: --benchmark-compare-fail: Performance has regressed."]
    assert f"Run file: {path}" in compared.output
    assert "Traceback" not in compared.output
    assert "of another machine" not in compared.output


@pytest.mark.slow
@pytest.mark.usefixtures("without_mxnet")
def test_a_run_outlives_the_reader_of_its_output(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", *NUMPY, "--results", str(tmp_path / "runs")],
        cwd=ROOT,
        # In CI inline-snapshot, a plugin of the tests, prints on its own.
        env={name: value for name, value in environment().items() if name != "CI"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    with process.stderr as stderr:
        assert stderr.read() == ""
    assert process.wait() == 0
    _, document = the_run(tmp_path / "runs")
    assert document["bench"]["status"] == "complete"
    assert len(document["benchmarks"]) == 2
