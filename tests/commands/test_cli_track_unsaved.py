"""``python -m bench track``: what could not be measured or saved is never called slower."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.commands.exits import Exit
from bench.run import remeasuring
from bench.store.files import StoreError
from tests.commands.on_command_line import told
from tests.history.stored_history import history, is_kernel

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

FULL = "the run can't be written to there: No space left on device."


def full(*_: Any) -> Path:
    raise StoreError(FULL)


def test_the_verdicts_stand_where_what_confirms_them_can_t_be_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remeasuring, "remeasure", full)
    found = told(history(tmp_path, 12, is_kernel, 0.2, since=12))
    assert found["exit"] == Exit.UNCLEAR
    assert any("No space left on device. What" in one for one in found["warnings"])
    assert {one["verdict"] for one in found["cases"]} >= {"slower"}
