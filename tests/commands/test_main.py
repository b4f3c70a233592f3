"""``python -m bench`` never ends like an answer when it has none: 1 would say slower."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bench import __main__ as program
from bench.commands.exits import Exit

ROOT = Path(__file__).resolve().parents[2]
BROKEN = """
import runpy, sys
from bench.commands import app
app.COMMANDS["track"] = ({module!r}, "track")
sys.argv = ["bench", "track"]
runpy.run_module("bench", run_name="__main__")
"""


def ended(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_its_codes_are_the_documented_ones() -> None:
    ours = (program.USAGE, program.CRASHED, program.UNWRITTEN, program.INTERRUPTED)
    assert ours == (Exit.USAGE, Exit.CRASHED, Exit.UNWRITTEN, Exit.INTERRUPTED)


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        ImportError("libopenblas.so: failed to map segment from shared object"),
        OSError(12, "Cannot allocate memory"),
    ],
)
def test_too_little_memory_is_told_in_a_sentence(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(_: object) -> None:
        raise error

    monkeypatch.setattr(program, "_run", fails)
    with pytest.raises(SystemExit) as ended:
        program.main(["doctor"])
    assert ended.value.code == Exit.CRASHED
    said = capsys.readouterr().err
    assert said.startswith("ERROR: There is too little memory for the program itself: ")
    assert said.count("\n") == 1


def test_an_environment_without_packages_is_told_in_a_sentence() -> None:
    done = ended("-S", "-m", "bench", "track")
    assert done.returncode == Exit.USAGE
    assert done.stderr.startswith("ERROR: typer is not installed in this environment. `tox run")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("module", ["bench.commands.exits", "bench.nowhere"])
def test_an_error_of_the_program_is_no_verdict(module: str) -> None:
    done = ended("-c", BROKEN.format(module=module))
    assert done.returncode == Exit.CRASHED == os.EX_SOFTWARE
    assert "Traceback" in done.stderr
    assert "The program itself failed" in done.stderr.splitlines()[-1]
    assert done.stdout == ""


INTERRUPTED = """
import os, runpy, signal, sys
class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupting())
sys.argv = ["bench", *{arguments!r}]
runpy.run_module("bench", run_name="__main__")
"""
RUN = "results/reference/20261130T124946Z-70a23e7-26f9ca.json"


@pytest.mark.parametrize(
    ("module", "arguments"),
    [
        ("bench.commands.output", ["list"]),
        ("typer", ["--help"]),
        ("bench.commands.compare", ["compare", RUN, RUN]),
        ("pandas", ["efficiency"]),
        ("scipy.stats", ["compare", RUN, RUN]),
        ("bench.report.numbers", ["prune"]),
    ],
)
def test_ctrl_c_at_any_moment_is_one_line(module: str, arguments: list[str]) -> None:
    done = ended("-c", INTERRUPTED.format(module=module, arguments=arguments))
    assert done.returncode in {Exit.INTERRUPTED, -signal.SIGINT}
    assert done.stderr.startswith("Interrupted")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
