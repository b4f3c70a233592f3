"""``python -m bench track --baseline``: one run to be judged against, and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.store.prune import FILE, REFERENCE
from tests.commands.on_command_line import told
from tests.history.stored_history import NAMES, document, factors, history, is_kernel, store

if TYPE_CHECKING:
    from pathlib import Path


def test_a_pinned_run_is_what_one_is_judged_against(tmp_path: Path) -> None:
    run = history(tmp_path, 12, is_kernel, 0.30, since=7)
    first, last_fast = tmp_path / "run-001.json", tmp_path / "run-006.json"
    slower = told(run, "--baseline", last_fast)
    assert slower["before"] == "run-006"
    assert slower["by_name"][NAMES[0]]["ratio"] == pytest.approx(1.3, rel=0.05)
    # By their processes alone these two differ by more than nothing; runs differ as much.
    same = told(first, "--baseline", last_fast, "--history", tmp_path)
    assert not any(one["verdict"] == "slower" for one in same["cases"])


def test_a_pinned_run_is_no_surer_than_runs_lie_apart(tmp_path: Path) -> None:
    for day in range(1, 13):
        seconds = {name: one * (1 + 0.1 * (day % 2)) for name, one in factors(day).items()}
        run = store(tmp_path, day, document(day, seconds))
    alone = told(
        run, "--baseline", tmp_path / "run-011.json", "--history", tmp_path / "run-011.json"
    )
    faster = [one for one in alone["cases"] if one["verdict"] == "faster"]
    assert faster
    assert any("too few to say how far runs lie apart" in one for one in alone["warnings"])
    widened = told(run, "--baseline", tmp_path / "run-011.json")
    for one in faster:
        same = widened["by_name"][one["name"]]
        assert same["verdict"] == "unclear"
        assert "apart (standard deviation, of 11 runs)" in same["reason"]
        assert same["low"] < one["low"]


def test_a_baseline_is_pinned_once(tmp_path: Path) -> None:
    run = history(tmp_path, 7)
    for _ in range(2):
        told(run, "--baseline", tmp_path / "run-003.json")
    assert (tmp_path / FILE).read_text().splitlines() == ["run-003.json"]


def test_a_baseline_of_the_reference_needs_no_pin(tmp_path: Path) -> None:
    folder = tmp_path / REFERENCE
    run = history(folder, 7)
    told(run, "--baseline", folder / "run-003.json")
    assert not (folder / FILE).exists()


def test_a_baseline_that_cannot_be_pinned_is_judged_against_all_the_same(
    tmp_path: Path,
) -> None:
    run = history(tmp_path, 7)
    (tmp_path / FILE).mkdir()
    found = told(run, "--baseline", tmp_path / "run-003.json")
    assert found["before"] == "run-003"
    assert any(FILE in one for one in found["warnings"])
