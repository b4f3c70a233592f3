"""What the page about one run says, and in which order."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bench.report.page.blocks import Answer, Facts, Number, Prose, Table, Trust
from bench.report.page.one_run import Material, one_run_page
from bench.report.page.rendering import render
from bench.report.page.run_section import command, flattened, gpus
from bench.report.page.run_section import date as date_of
from tests.store import made_up_run

if TYPE_CHECKING:
    from bench.report.page.blocks import Block, Page

LARGEST = 5_000_000


@pytest.fixture(scope="module")
def page(quick: Material) -> Page:
    return one_run_page(quick)


def blocks(page: Page, section: str) -> list[Block]:
    (found,) = [one for one in page.sections if one.id == section]
    return list(found.blocks)


def of_kind(page: Page, section: str, kind: type) -> Any:
    return [one for one in blocks(page, section) if isinstance(one, kind)]


def test_a_reader_gets_answers_in_the_order_of_the_questions(page: Page) -> None:
    assert [section.id for section in page.sections] == [
        *("answer", "run", "ladder", "speed", "loss", "target", "phases", "roofline"),
        *("memory", "cases", "skipped", "machine", "method"),
    ]
    html = render(page)
    places = [html.index(f'<section id="{section.id}"') for section in page.sections]
    assert places == sorted(places)


def test_the_page_of_a_default_run_is_small(advised: Material, page: Page) -> None:
    assert len(render(page).encode()) < LARGEST
    assert len(render(one_run_page(advised)).encode()) < LARGEST


@pytest.mark.parametrize(
    ("told", "date"),
    [
        ("2023-03-07T01:30:00-05:00", "7 March 2023, 06:30 UTC"),
        ("2023-03-07T01:30:00", "7 March 2023, 01:30 UTC"),
        ("last week", "last week"),
        (None, ""),
    ],
)
def test_the_date_of_a_run_is_in_utc(told: str | None, date: str) -> None:
    assert date_of({"datetime": told}) == date


def test_it_says_first_what_was_run_on_what(page: Page) -> None:
    (facts,) = of_kind(page, "run", Facts)
    told = dict(facts.pairs)
    assert told["Machine"] == "AMD EPYC, 2 cores, 24 GiB"
    assert told["GPU"].startswith("none: no NVIDIA driver is installed")
    assert "mxnet 1.9.1" in told["Versions"]
    assert told["Commit"] == "9a2304b985"
    assert told["Date"] == "23 November 2026, 00:56 UTC"
    assert (
        told["Measured"]
        == "435 cases, each in 3 processes, preset default, 326 skipped, in 13 min"
    )


def test_it_says_whether_the_run_can_be_trusted(page: Page) -> None:
    (trust,) = of_kind(page, "run", Trust)
    assert trust.level == "fair"
    assert "205 of 435 medians known to ±1%" in " ".join(trust.reasons)
    assert "120 of 44071 rounds" in " ".join(trust.reasons)


def test_the_answer_has_two_sentences_and_says_how_sure_it_is(advised: Material) -> None:
    (answer,) = of_kind(one_run_page(advised), "answer", Answer)
    fastest, size = answer.headline.fastest, answer.headline.recommendation
    assert fastest.startswith("nd.fused trains fastest of 4 on cpu(0): loss within 1% of ")
    assert "300x as fast as the textbook's nd.autograd" in fastest
    assert re.fullmatch(r"Give it batches of \d+; \d+ to \d+ are about as good\.", size)
    assert answer.headline.reasons[0].startswith("Every step has a fixed cost worth ")
    # Never above the grade of the run, of which less than half of the medians are precise.
    assert answer.headline.level == advised.trusted.level == "fair"
    assert answer.bars[0].name == "nd.fused"
    assert [bar.best for bar in answer.bars] == [True, False, False, False]
    for bar in answer.bars:
        assert 0 <= bar.low <= bar.at <= bar.high <= 100


def test_every_case_is_in_the_table_with_its_interval_and_marks(
    page: Page, quick: Material
) -> None:
    (table,) = of_kind(page, "cases", Table)
    names = [row["case"] for row in table.rows]
    assert names == list(quick.table["name"])
    told = next(
        row for row in table.rows if "nd.sgd_update-cpu(0)-inmemory-B100]" in str(row["case"])
    )
    assert str(told["±95%"]).startswith("±")
    assert str(told["between processes"]).startswith("±")
    seconds = quick.table.set_index("name").loc[told["case"], "seconds"]
    assert told["seconds"] == Number(str(told["seconds"]), seconds)


def test_a_gpus_own_time_is_shown_warm_and_cold_where_there_is_one(quick: Material) -> None:
    first, second, *rest = quick.document["benchmarks"]
    own = {"device_seconds": 5e-6, "device_held": True, "cold_seconds": 7e-6}
    span = {"device_seconds": 8e-6, "device_held": False, "cold_seconds": None}
    timed = [
        {**one, "extra_info": {**one["extra_info"], **facts}}
        for one, facts in ((first, own), (second, span))
    ]
    document = {**quick.document, "benchmarks": [*timed, *rest]}
    page = one_run_page(replace(quick, document=document))
    (table,) = of_kind(page, "cases", Table)
    shown = [(str(row["by events"]), str(row["by events, cold"])) for row in table.rows[:3]]
    assert shown == [("5.00 µs", "7.00 µs"), ("8.00 µs (a span)", "–"), ("–", "–")]
    assert "a span where not all could be enqueued" in of_kind(page, "cases", Prose)[0].text


def test_skips_are_counted_by_reason_and_listed(page: Page) -> None:
    reasons, every = of_kind(page, "skipped", Table)
    assert sum(int(str(row["cases"])) for row in reasons.rows) == 326
    assert len(every.rows) == 326


def test_failures_are_shown_with_their_reasons() -> None:
    failed = [{"id": "bench_epoch[x]", "reason": "wrong loss"}]
    material = Material(made_up_run.document(failed=failed), "run.json")
    shown = blocks(one_run_page(material), "skipped")
    assert isinstance(shown[0], Prose)
    assert shown[0].kind == "warning"
    assert isinstance(shown[1], Table)
    assert shown[1].rows[0] == {"case": "bench_epoch[x]", "reason": "wrong loss"}


def test_an_incident_is_shown_with_its_process_cause_and_message() -> None:
    lost = {"id": "bench_epoch[x]", "process": 2, "cause": "crash", "message": "signal 11"}
    shown = blocks(
        one_run_page(Material(made_up_run.document(incidents=[lost]), "r")), "skipped"
    )
    (table,) = [one for one in shown if isinstance(one, Table)]
    assert table.rows[0] == {
        "case": "bench_epoch[x]",
        "reason": "process 2: crash: signal 11",
    }


def test_the_exact_command_is_there(page: Page) -> None:
    commands = [one for one in of_kind(page, "method", Prose) if one.kind == "command"]
    (text,) = [one.text for one in commands]
    assert text.startswith("python -m bench run --cases epoch,target,machine,notebook ")


@pytest.mark.parametrize(
    ("words", "typed"),
    [
        (["-c", "a b.toml", "--benchmark-only"], "pytest -c 'a b.toml' --benchmark-only"),
        (["run", "--kernels", "nd.*"], "python -m bench run --kernels 'nd.*'"),
        ([], "pytest"),
        ("odd", "pytest odd"),
    ],
)
def test_a_command_can_be_typed_again(words: Any, typed: str) -> None:
    assert command(words) == typed


def test_nested_facts_have_dotted_names() -> None:
    facts = {"a": {"b": 1, "c": [1, 2]}, "d": [{"e": 5}], "f_bytes": 2048, "g": None, "h": True}
    assert dict(flattened(facts)) == {
        "a.b": "1",
        "a.c": "1, 2",
        "d": "e 5",
        "f_bytes": "2.05 kB (2048)",
        "g": "–",
        "h": "yes",
    }


def test_a_run_of_nothing_still_has_a_page() -> None:
    empty = Material({"benchmarks": [], "bench": {"status": "interrupted"}}, "run.json")
    html = render(one_run_page(empty))
    assert "holds no epochs of a training" in html


def test_what_is_no_number_sorts_as_nothing() -> None:
    assert Number("–", float("nan")).key is None
    assert Number("–", float("inf")).key is None
    assert Number("1", 1.0).key == 1.0


def test_the_roofline_has_a_line_of_ceilings_for_each_device(page: Page) -> None:
    (ceilings, _) = of_kind(page, "roofline", Prose)
    assert ceilings.text.startswith("cpu(0): Ceilings: ")
    assert "(matmul); L1 " in ceilings.text


def test_the_gpus_are_named_with_what_their_products_may_do() -> None:
    assert gpus({"gpus": [{"name": "A"}, {"name": "B", "tf32": False}]}) == "A, B"
    assert gpus({"gpus": [{"name": "A", "tf32": True}]}) == "A (TF32 allowed)"
