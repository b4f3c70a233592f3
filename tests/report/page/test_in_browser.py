"""The page in a real browser: nothing leaves it, its charts draw, its tables work."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from bench.report.page.one_run import one_run_page
from bench.report.page.rendering import render

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from bench.report.page.one_run import Material

#: Charts of the two runs together: each kind is in one of them.
OF_ADVISED = ("speed-chart", "loss-chart", "target-chart", "steps-chart", "phases-chart")
OF_QUICK = ("ladder-chart", "published-chart", "roofline-chart", "memory-chart")


@pytest.fixture(scope="module")
def pages(
    advised: Material, quick: Material, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    written = {}
    for name, material in (("advised", advised), ("quick", quick)):
        written[name] = folder / f"{name}.html"
        written[name].write_text(render(one_run_page(material)), encoding="utf-8")
    return written


@contextmanager
def opened(chromium: Browser, path: Path, **options: Any) -> Iterator[Page]:
    """Open a page, and hold that it neither complained nor asked for anything."""
    told: list[str] = []
    asked: list[str] = []
    page = chromium.new_page(**options)
    page.set_default_timeout(600_000)  # a busy machine may take its time
    page.on("console", lambda message: told.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    yield page
    page.close()
    assert told == []
    assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]


def draw(page: Page, chart: str) -> Any:
    """Bring a chart into view, and wait until it is drawn."""
    place = page.locator(f"#{chart}")
    place.scroll_into_view_if_needed()
    page.wait_for_selector(f"#{chart}[data-drawn]")
    return place


def marks(page: Page, chart: str) -> int:
    """Count what is drawn: points, circles and bars."""
    drawn = page.locator(f"#{chart} .mark-symbol path, #{chart} .mark-rect path")
    return int(drawn.count())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "charts"), [("advised", OF_ADVISED), ("quick", OF_QUICK)], ids=["advised", "quick"]
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_chart_draws_and_nothing_leaves_the_page(
    chromium: Browser, pages: dict[str, Path], name: str, charts: tuple[str, ...], scheme: str
) -> None:
    with opened(chromium, pages[name], color_scheme=scheme) as page:
        for chart in charts:
            place = draw(page, chart)
            assert int(place.get_attribute("data-drawn")) > 0
            assert marks(page, chart) > 3


@pytest.mark.slow
def test_a_series_can_be_switched_off_and_all_on(
    chromium: Browser, pages: dict[str, Path]
) -> None:
    with opened(chromium, pages["advised"]) as page:
        place = draw(page, "speed-chart")
        shown = int(place.get_attribute("data-drawn"))
        place.locator('input[data-member="nd.autograd"]').uncheck()
        page.wait_for_selector(f'#speed-chart[data-drawn="{shown - 11}"]')
        place.locator('button[data-series="none"]').click()
        page.wait_for_selector('#speed-chart[data-drawn="0"]')
        assert place.locator(".empty").is_visible()
        place.locator('button[data-series="all"]').click()
        page.wait_for_selector('#speed-chart[data-drawn="44"]')


@pytest.mark.slow
def test_axes_and_quantities_can_be_switched(chromium: Browser, pages: dict[str, Path]) -> None:
    with opened(chromium, pages["advised"]) as page:
        place = draw(page, "speed-chart")

        def axis() -> str:
            return " ".join(place.locator("svg .role-axis").all_text_contents())

        first = axis()
        assert "seconds per epoch" in first
        place.get_by_role("group", name="Vertical axis").get_by_label("linear").check()
        page.wait_for_selector("#speed-chart[data-drawn]")
        assert axis() != first
        place.get_by_label("samples per second").check()
        place.locator(".role-axis-title", has_text="samples per second").wait_for()
        assert "seconds per epoch" not in axis()


@pytest.mark.slow
def test_a_point_tells_its_number_and_interval(
    chromium: Browser, pages: dict[str, Path], advised: Material
) -> None:
    rows = advised.epochs.set_index(["kernel", "batch_size"])
    row = rows.loc[("nd.autograd", 1)]
    with opened(chromium, pages["advised"]) as page:
        draw(page, "speed-chart")
        page.locator(
            '#speed-chart path[aria-label*="nd.autograd"][aria-label*="batch size: 1;"]'
        ).first.hover()
        text = page.locator("#vg-tooltip-element").inner_text()
    assert "nd.autograd" in text
    assert f"{1e3 * row['low']:.0f} ms to {1e3 * row['high']:.0f} ms" in text


@pytest.mark.slow
def test_the_numbers_of_a_chart_are_there_as_a_table(
    chromium: Browser, pages: dict[str, Path]
) -> None:
    with opened(chromium, pages["advised"]) as page:
        place = draw(page, "speed-chart")
        place.locator("details.numbers summary").click()
        rows = place.locator("details.numbers tbody tr")
        rows.first.wait_for()
        assert rows.count() == int(place.get_attribute("data-drawn"))


def test_the_cases_sort_and_filter(
    chromium: Browser, pages: dict[str, Path], quick: Material
) -> None:
    with opened(chromium, pages["quick"]) as page:
        table = page.locator("#cases-table")
        total = len(quick.table)
        assert table.get_by_role("status").inner_text() == f"{total} of {total} shown"

        head = table.locator("thead th", has_text="seconds").first
        head.get_by_role("button").click()
        assert head.get_attribute("aria-sort") == "ascending"
        first = table.locator("tbody tr").first.locator("th, td").last.inner_text()
        assert first == quick.table.sort_values("seconds").iloc[0]["name"]
        head.get_by_role("button").click()
        assert head.get_attribute("aria-sort") == "descending"
        first = table.locator("tbody tr").first.locator("th, td").last.inner_text()
        assert first == quick.table.sort_values("seconds").iloc[-1]["name"]

        # Cases without a loss stay last, whichever way.
        head = table.locator("thead th", has_text="loss").first
        column = head.evaluate("one => one.cellIndex + 1")
        cells = table.locator(f"tbody tr > :nth-child({column})")
        for _ in range(2):
            head.get_by_role("button").click()
            losses = cells.all_inner_texts()
            assert losses[0].strip()
            assert not losses[-1].strip()

        table.get_by_label("question").select_option("epoch")
        table.get_by_role("searchbox").fill("fused B=10")
        shown = table.locator("tbody tr:visible").all_inner_texts()
        epochs = quick.table[quick.table["case"] == "epoch"]
        # B=10 is found in B=100 too: it is a search in the text.
        fused = epochs[epochs["kernel"].str.contains("fused")]
        sizes = [f"B={size:g}" for size in fused["batch_size"]]
        assert len(shown) == sum("B=10" in size for size in sizes)
        assert table.get_by_role("status").inner_text() == f"{len(shown)} of {total} shown"
        table.get_by_role("button", name="Show all").click()
        assert table.locator("tbody tr:visible").count() == total


@pytest.mark.slow
def test_a_table_sorts_by_keyboard(chromium: Browser, pages: dict[str, Path]) -> None:
    with opened(chromium, pages["quick"]) as page:
        head = page.locator("#cases-table thead th", has_text="seconds").first
        head.get_by_role("button").focus()
        page.keyboard.press("Enter")
        assert head.get_attribute("aria-sort") == "ascending"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["advised", "quick"])
def test_all_text_fits_a_phone(chromium: Browser, pages: dict[str, Path], name: str) -> None:
    with opened(chromium, pages[name], viewport={"width": 400, "height": 800}) as page:
        for chart in OF_ADVISED if name == "advised" else OF_QUICK:
            draw(page, chart)
        assert page.evaluate("document.documentElement.scrollWidth") == 400
        cut = page.evaluate(
            """[...document.querySelectorAll('h1, h2, h3, p, dt, dd, summary, label')]
            .filter(one => one.offsetParent && !one.closest('.scroller'))
            .filter(one => one.scrollWidth > one.clientWidth + 1
                && getComputedStyle(one).display !== 'inline')
            .map(one => one.textContent.slice(0, 60))"""
        )
        assert cut == []


@pytest.mark.slow
@pytest.mark.parametrize("size", [(1280, 900), (400, 800)])
def test_the_first_screen_tells_which_is_fastest_and_how_sure(
    chromium: Browser, pages: dict[str, Path], advised: Material, size: tuple[int, int]
) -> None:
    (headline,) = advised.headlines
    viewport = {"width": size[0], "height": size[1]}
    with opened(chromium, pages["advised"], viewport=viewport) as page:
        first = page.get_by_text(headline.fastest)
        sure = page.locator(".answer .sureness .badge")
        for place in (first, sure):
            box = place.bounding_box()
            assert box is not None
            assert box["y"] + box["height"] <= size[1]
        assert headline.contest.winner.kernel in first.inner_text()


@pytest.mark.slow
@pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=["desktop", "phone"])
def test_a_link_lands_where_it_says_though_charts_are_drawn_late(
    chromium: Browser, pages: dict[str, Path], size: tuple[int, int]
) -> None:
    viewport = {"width": size[0], "height": size[1]}
    with opened(chromium, pages["advised"], viewport=viewport) as page:
        page.locator('nav a[href="#cases"]').click()
        page.evaluate("window.dispatchEvent(new Event('beforeprint'))")  # all are drawn for it
        for chart in OF_ADVISED:
            page.wait_for_selector(f"#{chart}[data-drawn]")
        page.wait_for_function(
            "Math.abs(document.getElementById('cases').getBoundingClientRect().top) < 60"
        )
        assert page.evaluate("scrollY") > 2000


@pytest.mark.slow
def test_the_page_reads_without_scripts(chromium: Browser, pages: dict[str, Path]) -> None:
    with opened(chromium, pages["advised"], java_script_enabled=False) as page:
        assert page.locator(".answer .first").is_visible()
        assert page.locator("#cases-table tbody tr").count() == 88
        assert page.locator("#speed-chart noscript").count() == 1
        assert not page.locator("#theme").is_visible()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_that_keeps_a_reader_out(
    chromium: Browser, pages: dict[str, Path], scheme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415 - comes with playwright

    # What looks at the page is a script of its own, which the page's policy would stop.
    with opened(chromium, pages["quick"], color_scheme=scheme, bypass_csp=True) as page:
        for chart in OF_QUICK:
            draw(page, chart)
        found = Axe().run(page).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []


@pytest.mark.slow
def test_the_colours_can_be_switched(chromium: Browser, pages: dict[str, Path]) -> None:
    with opened(chromium, pages["advised"], color_scheme="light") as page:
        draw(page, "speed-chart")

        def paper() -> str:
            return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))

        before = paper()
        page.get_by_role("button", name="Dark").click()
        assert paper() != before
        page.get_by_role("button", name="Light").click()
        assert paper() == before
