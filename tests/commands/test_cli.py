"""``python -m bench``: every command is there, and none pays for the others."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bench.commands import app
from bench.commands.exits import Exit

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "results" / "reference"


def test_help_lists_every_command() -> None:
    told = CliRunner().invoke(app.overview(), ["--help"]).output
    listed = [line.split()[1] for line in told.splitlines() if line.startswith("│ ")]
    assert [name for name in app.COMMANDS if name not in listed] == []


@pytest.mark.parametrize("name", app.COMMANDS)
def test_every_command_tells_its_options(name: str) -> None:
    done = CliRunner().invoke(app.app_of([name]), [name, "--help"], env={"COLUMNS": "100"})
    assert done.exit_code == Exit.OK, done.output
    assert f" {name} [OPTIONS]" in done.output


def test_list_names_the_cases() -> None:
    asked = ("--preset", "quick", "--kernels", "numpy.closed_form", "--devices", "cpu(0)")
    done = CliRunner().invoke(app.app_of(["list"]), ["list", *asked, "--ids"])
    assert done.exit_code == Exit.OK, done.output
    assert "bench_epoch[airfoil-numpy.closed_form-cpu(0)-inmemory-B10]" in done.output


def test_the_ladder_of_a_run_is_printed() -> None:
    run = REFERENCE / "20261122T190839Z-b5c8249-466d85.json"
    asked = ["report", str(run), "--format", "ladder"]
    done = CliRunner().invoke(app.app_of(["report"]), asked)
    assert done.exit_code == Exit.OK, done.output
    rungs = [line for line in done.output.splitlines() if line.startswith("| `")]
    assert len(rungs) == 25
    assert "`nd.autograd + dataloader`" in rungs[0]


def test_a_command_imports_its_own_module_only() -> None:
    program = (
        "import sys; from bench.commands.app import COMMANDS, app_of; app_of(['compare']); "
        "print(*sorted({module for module, _ in COMMANDS.values()} & sys.modules.keys()))"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["bench.commands.compare"]


def test_what_only_some_need_is_not_imported_for_all() -> None:
    program = (
        "import sys; from bench.commands.app import app_of, overview; overview(); "
        "print('pandas' in sys.modules); import bench.commands.plugin; app_of(['run']); "
        "app_of(['report']); app_of(['advise']); app_of(['efficiency']); "
        "print('matplotlib' in sys.modules)"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_what_is_no_command_is_refused() -> None:
    done = CliRunner().invoke(app.overview(), ["nothing"])
    assert done.exit_code == 2
    assert "No such command 'nothing'" in done.output


def test_a_benchmark_loads_no_file_of_the_tests() -> None:
    program = (
        "import sys, pytest; pytest.main(['-q', '--benchmark-only', '--collect-only', "
        "'--devices', 'cpu', '--kernels', 'numpy.closed_form', '--preset', 'quick']); "
        "print('files of the tests:', *(name for name in sys.modules if 'conftest' in name))"
    )
    command = [sys.executable, "-c", program]
    # pytest-benchmark measures nothing where xdist is at work.
    kept = {name: value for name, value in os.environ.items() if "XDIST" not in name}
    done = subprocess.run(
        command, cwd=ROOT, env=kept, capture_output=True, text=True, check=True
    )
    assert "bench_epoch[" in done.stdout
    assert done.stdout.splitlines()[-1] == "files of the tests:"
