"""A page of a real run, and a real browser to open it in."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bench.report.page.one_run import Material
from bench.store.files import read_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

REFERENCE = Path(__file__).parents[3] / "results" / "reference"
#: Four kinds of cases of fourteen kernels, three processes each, with memory.
QUICK = REFERENCE / "20261123T005615Z-9a2304b-2160a2.json"
#: No network is there to be looked for, and no display.
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
#: Set where the absence of a browser is a failure.
REQUIRED = "REQUIRE_BROWSER"


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
