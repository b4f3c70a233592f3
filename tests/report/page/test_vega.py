"""The script of the charts is made by another process while the page is, or here."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from bench.report.page.rendering import EXPORTED, Ahead, bundled

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _not_made_yet() -> Iterator[None]:
    bundled.cache_clear()
    yield
    bundled.cache_clear()


def test_it_is_made_elsewhere_once_it_is_needed() -> None:
    ahead = Ahead()
    script = ahead.script()
    assert EXPORTED.partition(" = ")[0] in script
    assert bundled.cache_info().currsize == 0
    assert script == bundled()


@pytest.mark.parametrize("error", [OSError, None])
def test_where_no_process_makes_it_it_is_made_here(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception] | None
) -> None:
    start = subprocess.Popen

    def refused(command: list[str], **options: object) -> subprocess.Popen[str]:
        if error is not None:
            raise error
        return start(["false"], **options)  # type: ignore[call-overload, no-any-return]

    monkeypatch.setattr(subprocess, "Popen", refused)
    assert Ahead().script() == bundled()


def test_the_process_is_ended_where_no_page_is_made() -> None:
    ahead = Ahead()
    assert ahead._process is not None
    ahead.give_up()
    assert ahead._process.returncode is not None
