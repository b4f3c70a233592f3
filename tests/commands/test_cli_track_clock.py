"""``python -m bench track``: what it says of a processor that is slower, or for one run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.commands.exits import Exit
from tests.commands.on_command_line import told
from tests.history.stored_history import FINGERPRINT, MIB, document, factors, history, store

if TYPE_CHECKING:
    from pathlib import Path


def test_a_slower_clock_is_the_machine_s_and_so_are_the_cases_that_went_with_it(
    tmp_path: Path,
) -> None:
    found = told(history(tmp_path, 44, lambda _: True, 0.2, since=42), "--no-confirm")
    assert found["exit"] == Exit.FAILED
    assert {(one["verdict"], one["confirmed"], one["cause"]) for one in found["cases"]} == {
        ("slower", True, "machine (clock)")
    }
    parts = {
        name: one["verdict"]
        for name, one in found["by_name"].items()
        if name.startswith("machine: ")
    }
    assert [name for name, verdict in parts.items() if verdict == "slower"] == [
        "machine: clock"
    ]


def test_a_clock_that_is_off_for_one_run_is_told_and_taken_out(tmp_path: Path) -> None:
    found = told(history(tmp_path, 20, lambda _: True, 0.05, since=20), "--no-confirm")
    assert found["exit"] in {Exit.OK, Exit.UNCLEAR}
    for one in found["cases"]:
        assert one["ratio"] == pytest.approx(1.0, abs=0.03)
        assert "The processor's clock made it" in one["reason"]


def test_a_clock_that_never_moved_is_the_same(tmp_path: Path) -> None:
    found = told(history(tmp_path, 24), "--no-confirm")
    assert found["by_name"]["machine: clock"]["verdict"] == "same"
    assert found["exit"] == Exit.OK


def test_a_machine_whose_memory_no_control_reaches_is_told_so(tmp_path: Path) -> None:
    huge = {"level": 3, "type": "Unified", "size_bytes": 512 * MIB, "shared_by": 16}
    for day in range(1, 10):
        path = store(
            tmp_path, day, document(day, factors(day), FINGERPRINT | {"caches": [huge]})
        )
    found = told(path, "--no-confirm")
    assert "machine: memory" not in found["by_name"]
    assert any("a slower memory is not seen" in one for one in found["warnings"])
