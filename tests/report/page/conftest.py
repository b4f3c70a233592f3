"""A page of a real run, and a real browser to open it in."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bench.advising import finding
from bench.convergence import statistics
from bench.report.page.material import Material
from bench.store import read_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

REFERENCE = Path(__file__).parents[3] / "results" / "reference"
#: Epochs and whole trainings of four kernels at eleven batch sizes, three processes each.
ADVISED = REFERENCE / "20261122T215340Z-ade4374-4a100d.json"
#: Every question at four batch sizes, five processes each, with memory.
QUICK = REFERENCE / "20261122T191945Z-b5c8249-49b9fd.json"
#: No network is there to be looked for, and no display.
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
#: Set where the absence of a browser is a failure.
REQUIRED = "REQUIRE_BROWSER"


@pytest.fixture(scope="package")
def advised(tmp_path_factory: pytest.TempPathFactory) -> Material:
    """A run with its answers, from steps counted on a few seeds."""
    document = read_run(ADVISED)
    with pytest.MonkeyPatch.context() as patch:
        cache = tmp_path_factory.mktemp("counted")
        patch.setattr(statistics.Statistics.__init__, "__defaults__", (cache,))
        patch.setattr("bench.convergence.tuning.MOST_SEEDS", 16)
        found = finding.find(finding.rows_of([document]), 0.01)
    return Material(document, ADVISED.name, found)


@pytest.fixture(scope="package")
def quick() -> Material:
    """A run of every question, without times to a target."""
    return Material(read_run(QUICK), QUICK.name, None, "not asked for")


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    program = shutil.which("chromium")
    if program is None:
        _miss("there is no chromium: apt-get install chromium")
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - may be missing
    except ImportError:
        _miss("there is no playwright: pip install '.[browser]'")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield browser
        browser.close()


def _miss(reason: str) -> None:
    if os.environ.get(REQUIRED):
        pytest.fail(f"{reason} (and {REQUIRED} is set)")
    pytest.skip(reason)
