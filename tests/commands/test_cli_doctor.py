import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bench.commands import app, doctor
from bench.commands.exits import Exit

ROOT = Path(__file__).resolve().parents[2]


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench", *arguments],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "80"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def done() -> subprocess.CompletedProcess[str]:
    return bench("doctor", "--json")


@pytest.mark.slow
def test_json_prints_only_json_and_the_exit_code_says_the_same(
    done: subprocess.CompletedProcess[str],
) -> None:
    health = json.loads(done.stdout)
    assert done.returncode == (Exit.OK if health["can_measure"] else Exit.FAILED)
    assert {device["device"] for device in health["devices"]} >= {"cpu(0)", "gpu(0)"}
    assert len(health["fingerprint_id"]) == 12


@pytest.mark.slow
def test_the_tables_name_every_device_and_end_with_the_verdict(
    done: subprocess.CompletedProcess[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    health = json.loads(done.stdout)
    monkeypatch.setattr(doctor, "examine", lambda: health)
    told = CliRunner().invoke(app.app_of(["doctor"]), ["doctor"], env={"COLUMNS": "80"})
    assert told.exit_code in (Exit.OK, Exit.FAILED)
    assert max(map(len, told.stdout.splitlines())) <= 80
    assert "\x1b" not in told.stdout
    for expected in ("mxnet", "cpu(0)", "gpu(0)", "What makes timings noisy here"):
        assert expected in told.stdout
    closing = " ".join(told.stdout.split("\n\n")[-1].split())
    assert "can be measured" in closing
    assert closing.endswith(".")


def test_without_a_command_the_help_is_shown() -> None:
    told = CliRunner().invoke(app.overview(), [])
    assert told.exit_code == Exit.USAGE
    assert "doctor" in told.output
    assert "Traceback" not in told.output


@pytest.mark.parametrize("arguments", [["doctr"], ["doctor", "--jsn"], ["doctor", "extra"]])
def test_a_wrong_command_line_is_a_usage_error_without_traceback(arguments: list[str]) -> None:
    known = arguments[0] in app.COMMANDS
    result = CliRunner().invoke(app.app_of(["doctor"]) if known else app.overview(), arguments)
    assert result.exit_code == Exit.USAGE
    assert "Traceback" not in result.output
    assert arguments[-1] in result.output


@pytest.mark.parametrize(("can_measure", "code"), [(True, Exit.OK), (False, Exit.FAILED)])
def test_the_exit_code_says_whether_anything_can_be_measured(
    monkeypatch: pytest.MonkeyPatch, can_measure: bool, code: Exit
) -> None:
    health: dict[str, Any] = {"can_measure": can_measure}
    monkeypatch.setattr(doctor, "examine", lambda: health)
    result = CliRunner().invoke(app.app_of(["doctor"]), ["doctor", "--json"])
    assert result.exit_code == code
    assert json.loads(result.stdout) == health
