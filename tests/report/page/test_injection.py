"""Nothing in a run file becomes markup or script, wherever it stands."""

from __future__ import annotations

import copy
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

from bench.report.page.one_run import Material, foreign_run, one_run_page
from bench.report.page.rendering import render
from tests.report.page.test_in_browser import opened
from tests.store import made_up_run

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

EVIL = "</script><script>window.evil=1</script><img src=x onerror='window.evil=1'>\u2028${{x}}"


def poisoned(value: Any) -> Any:
    """Put the evil text behind every text of a document."""
    if isinstance(value, str):
        return value + EVIL
    if isinstance(value, dict):
        return {f"{key}": poisoned(one) for key, one in value.items()}
    if isinstance(value, list):
        return [poisoned(one) for one in value]
    return value


def everything() -> dict[str, Any]:
    """A run with text in all places that the page shows, all of it evil."""
    document = copy.deepcopy(made_up_run.document())
    for benchmark in document["benchmarks"]:
        facts = benchmark["extra_info"]
        case, loader = facts["case"], facts["loader"]
        size = facts["batch_size"]
        facts |= {"backend": "mxnet", "saves": "nothing", "marks": {"steal": [1]}}
        facts |= {"half_width": 0.5, "target_half_width": 0.01, "disturbed_rounds": 1}
        facts |= {"stopped": "precise", "untrusted": False, "n_samples": 1500}
        if case == "epoch":
            facts |= {"phases": {"data": 1e-3, "step": 1e-3}, "phases_total": 2e-3}
            facts |= {"memory": {"host_case_bytes": 1000 * size, "host_peak_is_exact": True}}
        benchmark["extra_info"] = poisoned(facts)
        # What the suite's own words are is looked up; the rest may be anything.
        benchmark["extra_info"] |= {"case": case, "loader": loader}
        benchmark["name"] += EVIL
    document["machine_info"] = poisoned(
        {
            "node": "n",
            "cpu": {"brand_raw": "b", "flags": ["f"]},
            "fingerprint": {"cpu_model": "c", "gpus": [{"name": "g"}], "python": "3"},
            "fingerprint_id": "i",
            "volatile": {"utc": "u"},
        }
    )
    document["commit_info"] = {"id": EVIL}
    document["datetime"] = EVIL
    document["bench"] |= poisoned(
        {
            "command": ["c"],
            "preset": "p",
            "failed": [{"id": "i", "reason": "r"}],
            "skipped": [{"id": "i", "reason": "r", "params": {"device": "d"}}],
            "incidents": [{"case": "c", "cause": "x"}],
        }
    )
    return document


class Tags(HTMLParser):
    """Collects what elements and attributes there are."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts = 0
        self.names: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        self.names.add(tag)
        self.attributes.update(name for name, _ in attrs)


@pytest.fixture(scope="module")
def evil_pages() -> dict[str, str]:
    document = everything()
    foreign = {
        **document,
        "benchmarks": [
            {
                "name": EVIL,
                "fullname": EVIL,
                "group": EVIL,
                "params": {EVIL: EVIL},
                "stats": {"median": 1.0, "q1": 0.5, "q3": 2.0, "rounds": 5},
            }
        ],
    }
    return {
        "ours": render(one_run_page(Material(document, EVIL, None, EVIL))),
        "foreign": render(foreign_run(Material(foreign, EVIL))),
    }


@pytest.mark.parametrize("name", ["ours", "foreign"])
def test_no_element_comes_from_a_file(evil_pages: dict[str, str], name: str) -> None:
    tags = Tags()
    tags.feed(evil_pages[name])
    assert tags.scripts == 3  # the data, Vega, and the page's own
    assert "img" not in tags.names
    assert not any(attribute.startswith("on") for attribute in tags.attributes)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ours", "foreign"])
def test_no_script_of_a_file_runs(
    chromium: Browser, evil_pages: dict[str, str], name: str, tmp_path: Path
) -> None:
    path = tmp_path / "evil.html"
    path.write_text(evil_pages[name], encoding="utf-8")
    with opened(chromium, path) as page:
        for chart in page.locator("figure.chart").all():
            chart.scroll_into_view_if_needed()
            page.wait_for_selector(f"#{chart.get_attribute('id')}[data-drawn]")
            for mark in chart.locator(".mark-symbol path").all()[:3]:
                mark.hover(force=True)
            numbers = chart.locator("details.numbers summary")
            numbers.click()
        assert page.evaluate("typeof window.evil") == "undefined"
        assert page.locator("img").count() == 0
