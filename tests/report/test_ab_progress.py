"""What is shown while pairs are measured."""

from __future__ import annotations

import io

from rich.console import Console

from bench.compare.paired import Contest
from bench.report.progress import AbProgress
from bench.stats.verdict import Verdict

CONTESTS = [
    Contest(0.015, [0.001, -0.001] * 4, Verdict.SAME),
    Contest(0.015, [0.05, 0.051] * 4),
    Contest(0.015, [-0.05, -0.051] * 4),
    Contest(0.015, [0.1, -0.1] * 4),
    Contest(0.015, [0.05]),
    Contest(0.015),
]
NAMES = [f"case {number}" for number in range(len(CONTESTS))]


def shown(*, terminal: bool, now: str = "", height: int = 40) -> str:
    file = io.StringIO()
    console = Console(file=file, width=90, height=height, force_terminal=terminal)
    with AbProgress(console, NAMES, CONTESTS) as progress:
        progress.show(75.0, now)
        progress.show(75.0, now)
    return file.getvalue()


def test_a_terminal_shows_each_case_with_its_verdict_so_far() -> None:
    rows = {line[:6]: line.split() for line in shown(terminal=True).splitlines()}
    assert rows["case 0"][-1] == "same"
    assert rows["case 1"][-1] == "slower?"
    assert rows["case 2"][-1] == "faster?"
    assert rows["case 3"][-1] == "unclear"
    assert rows["case 4"][3:6] == ["too", "few", "pairs"]
    assert "1 of 6 cases decided (1 same); about 1 min 15 s left" in shown(terminal=True)


def test_a_small_terminal_shows_what_is_open() -> None:
    text = shown(terminal=True, height=10)
    assert "case 0" not in text
    assert "… and 3 more" in text


def test_elsewhere_a_pair_is_a_line() -> None:
    said = "pair 8: 1 of 6 cases decided (1 same); about 1 min 15 s left\n"
    assert shown(terminal=False) == said


def test_elsewhere_nothing_is_said_when_a_case_begins() -> None:
    assert shown(terminal=False, now="case 1") == ""
