"""``python -m bench``: every command is there, and none pays for the others."""

from __future__ import annotations

import subprocess
import sys

from typer.testing import CliRunner

from bench import cli


def test_help_lists_every_command() -> None:
    told = CliRunner().invoke(cli.overview(), ["--help"]).output
    listed = [line.split()[1] for line in told.splitlines() if line.startswith("│ ")]
    assert [name for name in cli.COMMANDS if name not in listed] == []


def test_a_command_imports_its_own_module_only() -> None:
    program = (
        "import sys; from bench.cli import app_of; app_of(['compare']); "
        "print(*sorted(name for name in sys.modules if name.startswith('bench.cli_')))"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["bench.cli_compare"]


def test_what_only_some_need_is_not_imported_for_all() -> None:
    program = (
        "import sys; from bench.cli import app_of, overview; overview(); "
        "print('pandas' in sys.modules); import bench.plugin; app_of(['run']); "
        "print('matplotlib' in sys.modules)"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_what_is_no_command_is_refused() -> None:
    done = CliRunner().invoke(cli.overview(), ["nothing"])
    assert done.exit_code == 2
    assert "No such command 'nothing'" in done.output
