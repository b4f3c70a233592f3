"""Names of cases and files that steer terminals, forge lines, or are no text at all."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bench.commands import app
from bench.commands.exits import Exit

REFERENCE = Path(__file__).parents[2] / "results/reference/ab"
HOSTILE = "\x1b]0;x\x07\n::error::forged\r\u202e\u200b\ud800\x00=1"
STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
FORGED = re.compile(r"^\s*::error::forged", re.MULTILINE)
FORMS = ("terminal", "json", "github", "junit", "md")


def output_of(*arguments: object) -> str:
    """Run a command; whatever it says of the runs, it has not failed by itself."""
    done = CliRunner().invoke(app.app_of([str(arguments[0])]), [*map(str, arguments)])
    assert isinstance(done.exception, SystemExit | None), done.exc_info
    assert done.exit_code in {*Exit} - {Exit.CRASHED}
    assert STEERING.search(done.output) is None
    assert FORGED.search(done.output) is None
    return done.output


def hostile(value: Any, kept: tuple[str, ...] = ("case", "status", "datetime")) -> Any:
    """Return what a run holds with all texts made hostile, but those that have a fixed form."""
    if isinstance(value, dict):
        return {key: one if key in kept else hostile(one) for key, one in value.items()}
    if isinstance(value, list):
        return [hostile(one) for one in value]
    return value + HOSTILE if isinstance(value, str) else value


@pytest.fixture
def runs(tmp_path: Path) -> list[Path]:
    """Two runs of the same cases, with hostile texts everywhere."""
    paths = []
    for number, path in enumerate(sorted(REFERENCE.glob("*.json"))):
        document = json.loads(path.read_text())
        document["bench"]["failed"] = [{"id": "a", "params": {}, "reason": "b"}]
        paths.append(tmp_path / "runs" / f"{number}.json")
        paths[-1].parent.mkdir(exist_ok=True)
        paths[-1].write_text(json.dumps(hostile(document)))
    return paths


def test_texts_of_a_run_do_not_steer_a_terminal(runs: list[Path], tmp_path: Path) -> None:
    output_of("report", runs[0], "--format", "terminal", "--tables", "all")
    output_of("report", runs[0], "--format", "ladder")
    output_of("report", runs[0], "--format", "md", "--no-target")
    output_of("report", *runs, "--no-target", "-o", tmp_path / "page.html")
    output_of("efficiency", runs[0], "--why")
    output_of("advise", runs[0], "--details")
    output_of("advise", runs[0], "--json")
    output_of("prune", tmp_path / "runs", "--keep-last", 1)
    output_of("import", runs[0], "--results", tmp_path / "imported")


@pytest.mark.parametrize("form", FORMS)
def test_texts_of_a_run_do_not_steer_a_terminal_by_a_verdict(
    runs: list[Path], form: str
) -> None:
    output_of("compare", *runs, "--force", "--all", "--format", form)


@pytest.mark.parametrize("name", ["\udcff", "\x1b]0;x\x07\n::error::forged"])
def test_a_file_of_any_name_is_read_or_named_on_one_line(tmp_path: Path, name: str) -> None:
    folder, (good, other) = tmp_path / "runs", sorted(REFERENCE.glob("*.json"))
    odd, broken = folder / f"odd{name}.json", folder / f"broken{name}.json"
    folder.mkdir()
    (folder / good.name).write_bytes(good.read_bytes())
    odd.write_bytes(other.read_bytes())
    broken.write_text("{")
    shown = "broken\\xff.json was left out" if name == "\udcff" else "forged.json was left out"
    assert shown in output_of("report", folder, "--format", "md", "--no-target")
    output_of("report", folder, "--no-target", "-o", tmp_path / "page.html")
    assert "Run file: " in output_of("report", odd, "--format", "terminal")
    output_of("compare", folder / good.name, odd)
    output_of("track", folder, "--run", odd)
    output_of("report", broken)
    output_of("import", folder, "--results", tmp_path / "imported")
    output_of("prune", folder, "--keep-last", 1, "--yes")
    assert broken.exists(), "it has no name of a run"
