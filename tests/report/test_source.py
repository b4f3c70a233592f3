"""What a report of one run finds in it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bench.advise.answer import Found
from bench.report import source
from bench.report.source import Asked, some_run
from tests.store import made_up_run

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_batch_sizes_are_found_for_the_target_that_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    targets = []

    def find(_rows: Any, tolerance: float, *_more: Any) -> Found:
        targets.append(tolerance)
        return Found((), (), {})

    monkeypatch.setattr("bench.advise.reading.find", find)
    run = tmp_path / "run.json"
    run.write_text(json.dumps(made_up_run.document(format=1)))
    for asked in (Asked(tolerance=0.05), Asked(tolerance=0.05, target=False), Asked()):
        source.source(some_run([run]), asked, print)
    assert targets == [0.05, 0.01]
