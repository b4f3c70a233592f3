"""Shows the progress of a run on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from bench.report.progress import Progress


class LiveProgress:
    """On a terminal, one line that is written over instead of a dot for each case."""

    def __init__(self, reporter: pytest.TerminalReporter, progress: Progress) -> None:
        reporter.showfspath = False
        self._reporter = reporter
        self._progress = progress

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Show which case runs, and how long the run still takes."""
        if nodeid not in self._progress:
            return
        line = self._progress.line(nodeid)[: self._reporter._tw.fullwidth - 1]
        self._reporter.rewrite(line, erase=True)

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(
        self, report: pytest.TestReport
    ) -> tuple[str, str, str] | None:
        """Print no dot for a case that passed or was skipped; failures stay visible."""
        if report.when == "call" and report.passed:
            self._progress.finish(report.nodeid, report.duration)
            return "passed", "", ""
        if report.skipped:
            return "skipped", "", ""
        return None
