"""Measuring needs none of what reports are made with: where a GPU is, little is installed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.commands.exits import Exit
from bench.report.progress import FOR_ANSWERS, not_shown
from bench.store.files import read_run

ROOT = Path(__file__).resolve().parents[2]
SMALL = (
    *("--kernels", "numpy.closed_form", "--batch-sizes", "10", "--loaders", "inmemory"),
    *("--devices", "cpu(0)", "--seconds-per-case", "0.01"),
)
BLOCKING = f"""
import sys
class Blocking:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {FOR_ANSWERS!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blocking())
"""


def blocked(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a module where these packages can't be imported, in the processes it starts too."""
    (folder / "sitecustomize.py").write_text(BLOCKING)
    path = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
    outside = {key: one for key, one in os.environ.items() if not key.startswith("PYTEST")}
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env={**outside, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("pytest", "-p", "no:cacheprovider", "--benchmark-only", "bench/cases/bench_epoch.py"),
        pytest.param(
            ("bench", "run", "--cases", "epoch", "--processes", "2"), marks=pytest.mark.slow
        ),
    ],
    ids=["pytest", "run"],
)
def test_a_run_is_measured_and_stored(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = blocked(tmp_path, *arguments, *SMALL, "--results", str(tmp_path / "runs"))
    assert done.returncode == Exit.OK, done.stdout + done.stderr
    (path,) = (tmp_path / "runs").glob("*.json")
    assert len(read_run(path)["benchmarks"]) == 1
    assert "The answer is not shown, for pandas is not installed here" in done.stdout
    assert f"Run file: {path}" in done.stdout


@pytest.mark.slow
def test_the_clock_is_checked(tmp_path: Path) -> None:
    done = blocked(tmp_path, "bench", "check", "--kernels", "numpy.closed_form")
    assert done.returncode in {Exit.OK, Exit.FAILED}, done.stderr
    assert "of 4 cases as they should be" in done.stdout


def test_what_is_missing_for_another_reason_is_not_taken_for_it() -> None:
    error = ModuleNotFoundError("No module named 'numpy'", name="numpy")
    with pytest.raises(ModuleNotFoundError, match="numpy"):
        not_shown(error)
