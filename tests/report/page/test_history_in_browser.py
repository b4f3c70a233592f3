"""The page of many runs in a real browser: bands, marks, change points, and who can read it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from bench.report.page.rendering import render
from bench.store.table import read
from tests.history.stored_history import document, factors, store
from tests.report.page.made_up_history import (
    KERNEL,
    MEMORY,
    N_RUNS,
    QUIET,
    UPGRADED,
    page_of,
    write,
)
from tests.report.page.test_in_browser import draw, opened
from tests.report.page.test_injection import EVIL, Tags

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    runs = write(tmp_path_factory.mktemp("runs"))
    written = tmp_path_factory.mktemp("pages") / "many.html"
    written.write_text(render(page_of(read([runs]))), encoding="utf-8")
    return written


def test_the_days_of_runs_that_are_not_at_midnight_stand_at_the_axis(
    chromium: Browser, tmp_path: Path
) -> None:
    for day in range(1, 12):
        made = document(day, factors(day))
        made["datetime"] = made["datetime"].replace("T03", "T12")
        store(tmp_path, day, made)
    written = tmp_path / "noon.html"
    written.write_text(render(page_of(read([tmp_path]))), encoding="utf-8")
    with opened(chromium, written) as page:
        place = draw(page, "history-chart")
        # Labels that would overlap are there, and not shown.
        shown = '.role-axis-label text:not([opacity="0"])'
        labels = [one for one in place.locator(shown).all_text_contents() if "s" not in one]
    assert len([one for one in labels if one.startswith("Jan")]) >= 4
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize("case", [KERNEL, QUIET], ids=["step", "no step"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_that_keeps_a_reader_out(
    chromium: Browser, path: Path, scheme: str, case: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415 - comes with playwright

    with opened(chromium, path, color_scheme=scheme, bypass_csp=True) as page:
        place = draw(page, "history-chart")
        place.locator('select[data-field="case"]').select_option(case)
        page.wait_for_selector("#history-chart[data-drawn]")
        place.locator("details.numbers summary").click()
        found = Axe().run(page).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []


def test_the_band_the_marks_and_the_change_points_are_drawn(
    chromium: Browser, path: Path
) -> None:
    with opened(chromium, path) as page:
        place = draw(page, "history-chart")
        assert place.get_attribute("data-drawn") == str(N_RUNS)
        place.locator('select[data-field="case"]').select_option(KERNEL)
        page.wait_for_selector("#history-chart[data-drawn]")
        drawn = place.locator("svg .mark-symbol path[aria-label]")
        marked = [str(one.get_attribute("aria-label")) for one in drawn.all()]
        assert sum("mark: slower" in one for one in marked) >= 3
        assert sum("mark: left out" in one for one in marked) == 1
        # Five runs have no band, and five once more after the upgrade.
        assert sum("mark: no band" in one for one in marked) == 10
        assert place.locator("svg .mark-area path").count() >= 1
        rules = place.locator('svg .mark-rule line[stroke-width="14"]')
        n_rules = rules.count()
        assert n_rules >= 1
        assert place.locator("svg .mark-text text", has_text="faster").count() >= 1
        box = rules.first.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 8)
        tooltip = page.locator("#vg-tooltip-element.visible").inner_text()
    assert re.search(r"\d% faster \(\d", tooltip)
    assert "2026-01-25 03:00" in tooltip
    assert "no fact that the runs tell" in tooltip


def test_a_run_tells_where_it_was_to_be_expected(chromium: Browser, path: Path) -> None:
    with opened(chromium, path) as page:
        place = draw(page, "history-chart")
        place.locator('select[data-field="case"]').select_option(MEMORY)
        page.wait_for_selector("#history-chart[data-drawn]")
        place.locator('path[aria-label*="run-030"]').first.hover()
        tooltip = page.locator("#vg-tooltip-element.visible").inner_text()
        place.locator("details.numbers summary").click()
        lines = place.locator("details.numbers tbody tr")
        lines.first.wait_for()
        numbers = lines.all_inner_texts()
    expected = re.search(r"expected\s+((\d+) µs to ([\d.]+) ms)", tooltip)
    assert expected is not None
    # The runs lie 0.4% apart: at 95% about twice that to both sides.
    assert 980 < float(expected[2]) < 995
    assert 1.005 < float(expected[3]) < 1.02
    assert "2026-01-30 03:00" in tooltip
    assert "within the band" in tooltip
    assert len(numbers) == N_RUNS
    (line,) = [one for one in numbers if one.startswith("run-030")]
    assert expected[1] in line
    (step,) = [one for one in numbers if one.startswith("run-040")]
    assert "% slower (" in step


def test_another_machine_can_be_chosen(chromium: Browser, path: Path) -> None:
    with opened(chromium, path) as page:
        place = draw(page, "history-chart")
        place.locator('select[data-field="machine"]').select_option("two, Another processor")
        page.wait_for_selector('#history-chart[data-drawn="15"]')
        assert place.locator('path[aria-label*="run-101"]').count() == 1


def test_the_page_fits_a_phone(chromium: Browser, path: Path) -> None:
    with opened(chromium, path, viewport={"width": 400, "height": 800}) as page:
        draw(page, "history-chart")
        assert page.evaluate("document.documentElement.scrollWidth") == 400


def test_nothing_of_a_file_becomes_markup(chromium: Browser, tmp_path: Path) -> None:
    for day in range(1, 25):
        slower = 1.2 if day > 12 else 1.0
        print_ = UPGRADED if day > 12 else {**UPGRADED, "kernel": EVIL}
        drawn = {name: one * slower for name, one in factors(day).items()}
        made = document(day, drawn, print_, node=f"n{EVIL}")
        for benchmark in made["benchmarks"]:
            benchmark["name"] += EVIL
        store(tmp_path, day, made)
    page = page_of(read([tmp_path]))
    text = render(page)
    assert "\\u003c/script" in text
    tags = Tags()
    tags.feed(text)
    assert tags.scripts == 3
    written = tmp_path / "evil.html"
    written.write_text(text, encoding="utf-8")
    with opened(chromium, written) as opened_page:
        draw(opened_page, "history-chart")
        rule = opened_page.locator('svg .mark-rule line[stroke-width="14"]').first
        box = rule.bounding_box()
        assert box is not None
        opened_page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 8)
        opened_page.locator("#vg-tooltip-element.visible").wait_for()
        assert opened_page.evaluate("typeof window.evil") == "undefined"
        assert opened_page.locator("img").count() == 0
