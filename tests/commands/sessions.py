"""Runs pytest on the cases, from the root of the repository, in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bench.store.files import read_run

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[2]
EPOCH = "bench/cases/bench_epoch.py"
#: A session of one or two cases, a few milliseconds each.
SMALL = (
    *("-p", "no:cacheprovider"),
    *("--epochs", "1", "--seconds-per-case", "0.01"),
    *("--batch-sizes", "10,1500", "--loaders", "inmemory", "--devices", "cpu"),
)
#: Options of plugins that are refused where cases are timed.
REFUSED = {
    "--codspeed": "pytest_codspeed",
    "--count": "pytest_repeat",
    "--cov": "pytest_cov",
    "--reruns": "pytest_rerunfailures",
}
#: No machine has so many.
NO_GPU = "gpu(63)"

SEVERAL = """
import json, sys
import pytest
for arguments in json.loads(sys.stdin.read()):
    print("@@@ session", flush=True)
    code = pytest.main(arguments)
    sys.stderr.flush()
    print(f"@@@ exit {int(code)}", flush=True)
"""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Stand in for other plugins, as ``-p tests.commands.sessions``, where they are missing."""
    for name, module in REFUSED.items():
        if find_spec(module) is None:
            parser.addoption(name, nargs="?", const=True)


def environment() -> dict[str, str]:
    """Return the environment of a session: 100 columns, nothing from outside."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
    return {**kept, "COLUMNS": "100", "PYTHONUNBUFFERED": "1"}


@dataclass(frozen=True)
class Done:
    """A session that has ended."""

    code: int
    output: str

    @property
    def errors(self) -> list[str]:
        """Lines of the output that say what is wrong."""
        return [line for line in self.output.splitlines() if line.startswith("ERROR: ")]


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pytest", "--benchmark-only", EPOCH, *SMALL, *arguments]


def session(*arguments: str) -> Done:
    """Run the small session with further options."""
    done = subprocess.run(
        command(*arguments),
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )
    return Done(done.returncode, done.stdout)


def several(commands: Sequence[Sequence[str]]) -> list[Done]:
    """Run sessions one after the other in one process, which is quicker."""
    done = subprocess.run(
        [sys.executable, "-c", SEVERAL],
        cwd=ROOT,
        env=environment(),
        input=json.dumps([list(one) for one in commands]),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )
    results = []
    for part in done.stdout.split("@@@ session\n")[1:]:
        output, _, code = part.rpartition("@@@ exit ")
        results.append(Done(int(code.split("\n")[0]), output))  # libraries may say goodbye
    assert len(results) == len(commands), done.stdout
    return results


def the_run(folder: Path) -> tuple[Path, dict[str, Any]]:
    """Return the one run in a folder, where it is and what it holds."""
    (path,) = folder.glob("*.json")
    assert not [hidden for hidden in folder.iterdir() if hidden.name.startswith(".")]
    return path, read_run(path)
