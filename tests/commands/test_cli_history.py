"""``python -m bench prune`` and ``import``: what they do, and their exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bench.commands import app, import_runs, prune
from bench.commands.exits import Exit
from tests.compare.made_up_stored import epoch, foreign, run, written

RUNS = Path("results/runs")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def invoke(*arguments: object) -> Result:
    words = [*map(str, arguments)]
    return CliRunner().invoke(app.app_of(words[:1]), words)


def history(n_days: int = 3) -> None:
    for day in range(1, n_days + 1):
        name = f"202611{day:02}T120000Z-b5c8249-0000{day:02}.json"
        # Long ago, whatever the clock of the machine says.
        made = {**run([epoch("nd.a")]), "datetime": f"2001-11-{day:02}T12:00:00+00:00"}
        written(RUNS / name, made)


def left() -> list[str]:
    return sorted(path.name[6:8] for path in RUNS.glob("2026*.json"))


def test_prune_shows_first_and_does_it_when_told_to() -> None:
    history()
    shown = invoke("prune", "--keep-last", 2)
    assert shown.exit_code == Exit.OK
    assert "would go: results/runs/20261101" in shown.stdout
    assert "1 run would go" in shown.stdout
    assert "Nothing was changed: --yes does it." in shown.stdout
    assert left() == ["01", "02", "03"]
    done = invoke("prune", "--keep-last", 2, "--yes")
    assert done.exit_code == Exit.OK
    assert "removed: results/runs/20261101" in done.stdout
    assert left() == ["02", "03"]
    again = invoke("prune", RUNS, "--keep-last", 2, "--yes")
    assert "0 runs removed (0 B), 2 stay." in again.stdout


def test_prune_by_age_and_thinned() -> None:
    history(9)
    thinned = invoke("prune", "--older-than", "1m", "--keep-every", "3d", "--yes")
    assert thinned.exit_code == Exit.OK
    assert 3 <= len(left()) <= 4
    invoke("prune", "--older-than", "1m", "--yes")
    assert left() == []


def test_prune_keeps_what_it_is_told_to() -> None:
    history()
    name = next(RUNS.glob("20261101*.json"))
    result = invoke("prune", "--keep-last", 1, "--keep", name, "--yes")
    assert f"stays, pinned or of the reference: {name.name}" in result.stdout
    assert left() == ["01", "03"]


def test_prune_sets_damaged_files_aside() -> None:
    history()
    bad = "20261104T120000Z-nogit-00000b.json"
    (RUNS / bad).write_text("{")
    shown = invoke("prune", "--keep-last", 9)
    assert f"would be moved to results/runs/damaged: results/runs/{bad}" in shown.stdout
    assert (RUNS / bad).exists()
    done = invoke("prune", "--keep-last", 9, "--yes")
    assert done.exit_code == Exit.OK
    assert f"moved to results/runs/damaged: results/runs/{bad}" in done.stdout
    assert (RUNS / "damaged" / bad).read_text() == "{"
    assert left() == ["01", "02", "03"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "--keep-last or --older-than"),
        (["--keep-last", 2, "--older-than", "9d"], "--keep-last or --older-than"),
        (["--keep-last", 0], "--keep-last: '0'"),
        (["--keep-last", "x"], "--keep-last: 'x'"),
        (["--older-than", "9"], "--older-than: '9'"),
        (["--keep-last", 2, "--keep-every", "often"], "--keep-every: 'often'"),
        (["missing", "--keep-last", 2], "missing can't be read"),
        (["empty", "--keep-last", 2], "there is no run in empty"),
        (["results/reference", "--keep-last", 1], "never pruned"),
    ],
)
def test_prune_refuses_what_is_wrong(arguments: list[object], said: str) -> None:
    history()
    Path("empty").mkdir()
    written(Path("results/reference/a.json"), run([epoch("nd.a")]))
    result = invoke("prune", *arguments, "--yes")
    assert result.exit_code == Exit.USAGE, result.output
    assert said in result.stderr
    assert left() == ["01", "02", "03"]


def test_prune_says_what_it_can_not_remove(monkeypatch: pytest.MonkeyPatch) -> None:
    history()

    def refused(self: Path, target: Path) -> Path:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "rename", refused)
    result = invoke("prune", "--keep-last", 1, "--yes")
    assert result.exit_code == Exit.FAILED
    assert "Permission denied" in result.stderr


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("plan", ["prune", "--keep-last", 1]),
        ("remove", ["prune", "--keep-last", 1, "--yes"]),
        ("import_runs", ["import", RUNS]),
    ],
)
def test_ctrl_c_ends_with_130(
    name: str, arguments: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    history()

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(import_runs if name == "import_runs" else prune, name, interrupted)
    assert invoke(*arguments).exit_code == Exit.INTERRUPTED


def pytest_benchmarks() -> None:
    document = {
        "machine_info": {"node": "n"},
        "datetime": "2026-01-02T03:04:05",
        "benchmarks": [foreign("test_x", 1.0)],
    }
    written(Path(".benchmarks/Linux-CPython-3.11-64bit/0001_a.json"), document)


def test_import_takes_pytest_benchmarks_runs_once() -> None:
    pytest_benchmarks()
    result = invoke("import", ".benchmarks")
    assert result.exit_code == Exit.OK, result.output
    assert "1 run copied to results/runs, 0 known already, 0 left." in result.stdout
    (copy,) = RUNS.iterdir()
    assert copy.name.startswith("20260102T030405Z-nogit-")
    again = invoke("import", ".benchmarks", "--results", RUNS)
    assert again.exit_code == Exit.OK
    assert "0 runs copied to results/runs, 1 known already, 0 left." in again.stdout
    assert len(list(RUNS.iterdir())) == 1


def test_import_leaves_what_is_damaged_and_says_so() -> None:
    pytest_benchmarks()
    Path(".benchmarks/Linux-CPython-3.11-64bit/0002_b.json").write_text("{")
    result = invoke("import", ".benchmarks")
    assert result.exit_code == Exit.FAILED
    assert "0002_b.json was left" in result.stderr
    assert len(list(RUNS.iterdir())) == 1


def test_import_refuses_what_is_not_there() -> None:
    assert invoke("import", ".benchmarks").exit_code == Exit.USAGE
    Path("bad.json").write_text("{")
    assert invoke("import", "bad.json").exit_code == Exit.USAGE
    assert invoke("import").exit_code == Exit.USAGE


def test_import_that_can_not_be_written_failed() -> None:
    pytest_benchmarks()
    Path("file").write_text("")
    result = invoke("import", ".benchmarks", "--results", "file/runs")
    assert result.exit_code == Exit.FAILED
    assert "can't be" in result.stderr
