"""A reader that has gone, a full disk and a poor terminal change no answer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.commands.exits import Exit
from bench.commands.output import SIMPLER

ROOT = Path(__file__).resolve().parents[2]
RUN = "results/reference/20261130T124946Z-70a23e7-26f9ca.json"
SLOWER = [
    f"results/reference/ab/{side}.json"
    for side in ("20261201T050946Z-76e17e5-7d9d9a", "20261201T050947Z-8f03721-3f670a")
]
#: Every command, and the code with which it ends.
COMMANDS = {
    "compare": (["compare", *SLOWER], Exit.FAILED),
    "compare-md": (["compare", RUN, RUN, "--format", "md"], Exit.UNCLEAR),
    "track": (["track", RUN, "--all", "--no-confirm"], Exit.UNCLEAR),
    "report": (["report", RUN, "--format", "md", "--no-target"], Exit.OK),
    "csv": (["report", RUN, "--format", "csv"], Exit.OK),
    "efficiency": (["efficiency", RUN], Exit.OK),
    "list": (["list"], Exit.OK),
    "prune": (["prune", "--keep-last", "1", "results/reference/ab"], Exit.OK),
    "help": (["--help"], Exit.OK),
}


def ended(name: str, stdout: int, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "bench", *COMMANDS[name][0]],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=stdout,
        stderr=subprocess.PIPE,
        check=False,
        timeout=300,
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_a_reader_that_has_gone_changes_no_code(name: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = ended(name, writer)
    os.close(writer)
    assert (done.returncode, done.stderr) == (COMMANDS[name][1], b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("name", ["compare", "csv", "list"])
def test_a_full_disk_is_told_in_a_sentence_and_is_no_verdict(name: str) -> None:
    with Path("/dev/full").open("wb") as full:
        done = ended(name, full.fileno())
    said = b"ERROR: standard output can't be written: No space left on device.\n"
    assert (done.returncode, done.stderr) == (Exit.UNWRITTEN, said)


@pytest.mark.parametrize("name", ["compare", "report", "efficiency"])
def test_a_terminal_without_signs_gets_simpler_ones(name: str) -> None:
    # tox sets PYTHONIOENCODING, which would count more than the locale; empty is as if unset.
    poor = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = ended(name, subprocess.PIPE, **poor, PYTHONIOENCODING="")
    assert (done.returncode, done.stderr) == (COMMANDS[name][1], b"")
    assert done.stdout.isascii()
    assert b"\\u" not in done.stdout


def test_signs_are_replaced_by_what_looks_like_them() -> None:
    assert "── 1.2 µs ±3% … é".encode("ascii", SIMPLER) == b"-- 1.2 us +-3% ... ?"
