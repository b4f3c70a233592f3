"""A session on the stand-ins: what it leaves, and that nobody takes it for a GPU's."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from bench.store.files import read_run
from bench.store.marks import MARKS
from tests.commands.sessions import ROOT, environment

if TYPE_CHECKING:
    from pathlib import Path

CASES = ("bench/cases/bench_epoch.py", "bench/cases/bench_update.py")
SESSION = (
    *("-p", "no:cacheprovider", "--devices", "gpu(0)", "--preset", "quick"),
    *("--kernels", "nd.cuda_epoch*,update.cuda_*,nd.sgd_update"),
    *("--seconds-per-case", "0.01"),
)


class Left(NamedTuple):
    """What a session printed, and its run file."""

    code: int
    output: str
    path: Path
    document: dict[str, Any]


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-m", *arguments],
        cwd=ROOT,
        env={**environment(), "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture(scope="module")
def left(stand_ins: None, tmp_path_factory: pytest.TempPathFactory) -> Left:
    folder = tmp_path_factory.mktemp("runs")
    done = command("pytest", "--benchmark-only", *CASES, *SESSION, "--results", str(folder))
    (path,) = folder.glob("*.json")
    return Left(done.returncode, done.stdout + done.stderr, path, read_run(path))


def test_all_cuda_kernels_are_run_and_verified(left: Left) -> None:
    assert left.code == 0, left.output
    names = [one["name"] for one in left.document["benchmarks"]]
    assert len(names) == len(set(names)) == 12, names
    for one in left.document["benchmarks"]:
        facts = one["extra_info"]
        assert facts["verified"] is True
        assert facts["gate"]["worst_ratio"] <= 1
        assert facts["backend"] == "mxnet"


def test_how_long_it_takes_is_told_from_trying_the_kernels_out_there(left: Left) -> None:
    assert re.search(r"12 cases to time .*preset quick: .* to [^,]*\.\n", left.output)


def test_what_can_not_run_is_skipped_and_not_counted(left: Left) -> None:
    skipped = left.document["bench"]["skipped"]
    assert {one["params"]["kernel"] for one in skipped} == {"nd.sgd_update"}
    assert all("no kernel image" in one["reason"] for one in skipped)


def test_every_round_bears_the_mark_and_the_device_its_name(left: Left) -> None:
    (gpu,) = left.document["machine_info"]["fingerprint"]["gpus"]
    assert gpu["name"] == "no GPU: an emulation on the CPU"
    for one in left.document["benchmarks"]:
        facts = one["extra_info"]
        assert facts["device"] == "emulated gpu(0)"
        assert facts["marks"]["gpu-emulated"] == list(range(len(one["stats"]["data"])))
        assert facts["untrusted"] is True


def test_the_session_and_its_report_say_that_no_gpu_was_measured(left: Left) -> None:
    told = command("bench", "report", str(left.path), "--format", "terminal").stdout
    for said in (left.output, told):
        plain = " ".join(said.split())
        assert "GPU: not measured; the CPU emulated one" in plain
        assert "on emulated gpu(0)" in plain
        assert "on gpu(0): " not in plain.replace("cases on gpu(0): broken", "")


def test_the_page_shows_it_marked(left: Left, tmp_path: Path) -> None:
    done = command("bench", "report", str(left.path), "--output", str(tmp_path / "index.html"))
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "emulated gpu(0)" in page
    assert MARKS["gpu-emulated"].message in html.unescape(page)


def test_nothing_is_concluded_from_two_of_them(left: Left) -> None:
    done = command("bench", "compare", str(left.path), str(left.path), "--format", "json")
    assert done.returncode == 3, done.stderr
    assert {one["verdict"] for one in json.loads(done.stdout)["cases"]} == {"untrusted"}
