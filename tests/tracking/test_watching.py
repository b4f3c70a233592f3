from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from bench.exits import Exit
from bench.selection.parsing import SelectionError
from bench.store import StoreError
from bench.tracking import measuring
from bench.tracking.watching import duration, watch

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("30m", 1800), ("24h", 86400), ("1d", 86400), ("1.5h", 5400)],
)
def test_durations_are_a_number_and_a_unit(text: str, seconds: float) -> None:
    assert duration("--every", text) == seconds


@pytest.mark.parametrize("text", ["", "24", "h", "-1h", "0s", "1w", "367d", "1e3s", "nan h"])
def test_anything_else_is_none(text: str) -> None:
    with pytest.raises(SelectionError, match="--every"):
        duration("--every", text)


def test_rounds_begin_on_schedule_and_a_long_one_is_followed_at_once() -> None:
    now = [0.0]
    waited: list[float] = []
    took = iter((10.0, 70.0, 5.0))
    codes = iter((Exit.FAILED, Exit.FAILED, Exit.UNCLEAR))

    def round_() -> Exit:
        now[0] += next(took)
        return next(codes)

    code = watch(round_, lambda _: None, 60.0, 3, wait=waited.append, clock=lambda: now[0])
    assert code is Exit.UNCLEAR
    assert waited == [50.0]


class _Finished:
    """A process that writes a run, or none, and ends with a code."""

    def __init__(self, folder: Path, code: int, name: str | None) -> None:
        self._folder, self._code, self._name = folder, code, name

    def __call__(self, command: list[str]) -> _Finished:
        self.command = command
        return self

    def wait(self) -> int:
        if self._name is not None:
            self._folder.mkdir(exist_ok=True)
            (self._folder / self._name).write_text("{}")
        return self._code


def _process(monkeypatch: pytest.MonkeyPatch, *arguments: Any) -> _Finished:
    process = _Finished(*arguments)
    monkeypatch.setattr(subprocess, "Popen", process)
    return process


def test_a_round_is_bench_run_with_these_options(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "runs"
    process = _process(monkeypatch, folder, 0, "b.json")
    assert measuring.measure(["--preset", "quick"], folder) == folder / "b.json"
    options = ["--preset", "quick", "--results", str(folder)]
    assert process.command == [sys.executable, "-m", "bench", "run", *options]


def test_a_run_with_failed_cases_is_judged_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _process(monkeypatch, tmp_path, Exit.FAILED, "b.json")
    assert measuring.measure([], tmp_path).name == "b.json"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "name", "error"),
    [
        (Exit.FAILED, None, StoreError),
        (Exit.USAGE, None, SelectionError),
        (Exit.INTERRUPTED, "b.json", KeyboardInterrupt),
        (Exit.INTERRUPTED, None, KeyboardInterrupt),
    ],
)
def test_a_run_that_ended_otherwise_says_so(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    code: int,
    name: str | None,
    error: type[BaseException],
) -> None:
    _process(monkeypatch, tmp_path, code, name)
    with pytest.raises(error):
        measuring.measure([], tmp_path)
