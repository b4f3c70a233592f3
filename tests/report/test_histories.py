"""What a report adds to histories: error rates, margins, why a case is missing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner, Result

from bench.commands import app
from bench.commands.exits import Exit
from bench.report.source import histories
from bench.stats.verdict import Margins
from bench.store.files import read_run
from bench.store.table import read
from tests.history.stored_history import NAMES, document, factors, history, store

if TYPE_CHECKING:
    from pathlib import Path

RATES = {
    "format": 2,
    "measured": "2026-01-05T00:00:00+00:00",
    "fingerprint_id": "0123456789ab",
    "node": "one",
    "rates": [{"rule": "track", "false_slower": [1, 300], "same": [290, 300], "found": {}}],
}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder without settings or measured rates of its own."""
    monkeypatch.chdir(tmp_path)


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(app.app_of(["report"]), ["report", *map(str, arguments)])


def test_a_verdict_carries_how_often_the_rule_is_wrong_on_its_machine(tmp_path: Path) -> None:
    history(tmp_path / "runs", 8)
    rates = tmp_path / "results" / "selftest"
    rates.mkdir(parents=True)
    (rates / "one.json").write_text(json.dumps(RATES))
    (found,) = histories(read([tmp_path / "runs"]), Margins()).found
    assert found.judgement.rates is not None
    assert (found.judgement.rates.rule, found.judgement.rates.false_slower.of) == ("track", 300)


def test_a_missing_case_is_told_with_the_reason_that_the_run_gives(tmp_path: Path) -> None:
    history(tmp_path / "runs", 8)
    drawn = {name: one for name, one in factors(9).items() if name != NAMES[0]}
    made = document(9, drawn)
    made["bench"]["skipped"] = [{"id": NAMES[0], "reason": "NumPy is not installed."}]
    store(tmp_path / "runs", 9, made)
    (found,) = histories(read([tmp_path / "runs"]), Margins()).found
    (missing,) = [one for one in found.judgement.cases if one.name == NAMES[0]]
    assert "skipped: NumPy is not installed" in missing.reason


def test_of_machines_that_are_not_judged_on_the_page_no_file_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in range(1, 13):
        store(tmp_path / "runs", day, document(day, factors(day), node=f"node{day % 2}"))
    read_again: list[Path] = []

    def read_one(path: Path) -> object:
        read_again.append(path)
        return read_run(path)

    monkeypatch.setattr("bench.report.source.read_run", read_one)
    monkeypatch.setattr("bench.report.source.MOST_MACHINES", 1)
    found = histories(read([tmp_path / "runs"]), Margins()).found
    assert len(found) == 2
    assert [path.name for path in read_again] == ["run-012.json"]


def test_the_margins_of_the_project_hold_on_the_page_too(tmp_path: Path) -> None:
    history(tmp_path / "runs", 12)
    page = tmp_path / "page.html"
    settings = tmp_path / "pyproject.toml"
    settings.write_text('[tool.minibatch-bench.margins]\ndefault = "7%"\n')
    result = invoke(tmp_path / "runs", "-o", page)
    assert result.exit_code == Exit.OK, result.output
    assert ">7%</td>" in page.read_text(encoding="utf-8")


def test_margins_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    history(tmp_path / "runs", 12)
    (tmp_path / "pyproject.toml").write_text("[tool.minibatch-bench.margins]\ndefault = 7\n")
    page = tmp_path / "page.html"
    result = invoke(tmp_path / "runs", "-o", page)
    assert result.exit_code == Exit.USAGE
    assert "is not allowed" in result.output
    assert not page.exists()


def test_runs_side_by_side_are_shown_over_time_too(tmp_path: Path) -> None:
    history(tmp_path / "runs", 7)
    page = tmp_path / "page.html"
    result = invoke(tmp_path / "runs", "-o", page)
    assert result.exit_code == Exit.OK, result.output
    text = page.read_text(encoding="utf-8")
    assert "Every ratio" in text
    assert '"history": {"cases":' in text
