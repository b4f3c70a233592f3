"""The page of many runs: what it says of the newest, and of all of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from bench.compare.over_time import points
from bench.report.page.blocks import Prose, Table
from bench.report.page.history_section import MOST_MACHINES, changes_table, history_section
from bench.report.source import histories
from bench.stats.verdict import Margins
from bench.store.table import read
from tests.history.stored_history import document, factors, store
from tests.report.page.made_up_history import KERNEL, N_RUNS, page_of, write

if TYPE_CHECKING:
    from pathlib import Path

    from bench.report.page.blocks import Page
    from bench.store.table import Loaded


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    return read([write(tmp_path_factory.mktemp("runs"))])


@pytest.fixture(scope="module")
def many(loaded: Loaded) -> Page:
    return page_of(loaded)


def blocks(page: Page, section: str) -> list[Any]:
    (found,) = [one for one in page.sections if one.id == section]
    return list(found.blocks)


def prose(page: Page, section: str) -> str:
    return " ".join(one.text for one in blocks(page, section) if isinstance(one, Prose))


def rows(table: Table) -> list[dict[str, str]]:
    return [{name: str(cell) for name, cell in row.items()} for row in table.rows]


def table(page: Page, name: str) -> list[dict[str, str]]:
    found = [
        one
        for section in page.sections
        for one in section.blocks
        if isinstance(one, Table) and one.id == name
    ]
    return rows(found[0]) if found else []


def test_the_answer_counts_the_verdicts_of_each_machine(many: Page) -> None:
    told = [one.text for one in blocks(many, "answer") if isinstance(one, Prose)]
    outcomes = [one for one in told if re.match(r"(Slower|Unclear|No case is slower)", one)]
    assert len(outcomes) == 2
    assert "3 slower" in outcomes[0]
    assert outcomes[1].startswith("No case is slower: 6 same")
    assert "run-060 of 2026-03-01 03:00 UTC, against 20 earlier runs." in prose(many, "answer")


def test_what_is_slower_is_listed_with_its_cause_and_the_machine_beside_it(many: Page) -> None:
    slower = table(many, "changed-0")
    assert KERNEL in {row["what"] for row in slower}
    assert len(slower) == 3
    assert {row["cause"] for row in slower} == {"code"}
    parts = {row["what"]: row["verdict"] for row in table(many, "machine-0")}
    assert parts["machine: memory"] == "same"


def test_nothing_is_called_slower_that_track_does_not(many: Page) -> None:
    verdicts = {row["verdict"] for row in table(many, "history-table")}
    assert verdicts <= {"same", "unclear", "a control", "slower, confirmed"} | {
        "slower, not confirmed"
    }
    assert "python -m bench track" in prose(many, "answer")


def test_change_points_tell_size_time_and_what_changed(many: Page) -> None:
    found = table(many, "changes-table")
    memory = next(row for row in found if row["what"] == "machine: memory")
    assert memory["is a"] == "part of the machine"
    assert memory["since (UTC)"] == "2026-02-09 03:00"
    assert memory["first run after it"] == "run-040"
    assert re.fullmatch(r"6\.?\d*% slower \(5[.\d]*% to 6[.\d]*%\)", memory["size (95%)"])
    changed = memory["what changed between the runs"]
    assert changed == "kernel: Linux 6.1 to Linux 6.8"
    kernel = [row for row in found if row["what"] == KERNEL][-1]
    assert (kernel["is a"], kernel["first run after it"]) == ("case", "run-025")
    assert "faster" in kernel["size (95%)"]


def test_a_drift_is_listed_by_the_month_and_has_no_change_point(many: Page) -> None:
    found = table(many, "drifts-table")
    assert {row["is a"] for row in found} == {"kernel", "case"}
    assert all("nd.fused" in row["what"] for row in found)
    assert all("slower (" in row["a month (95%)"] for row in found)
    assert not any("nd.fused" in row["what"] for row in table(many, "changes-table"))


def test_every_case_of_every_machine_is_listed(many: Page) -> None:
    found = table(many, "history-table")
    assert len(found) == 2 * 14
    assert {row["machine"] for row in found} == {"one, A processor", "two, Another processor"}
    assert {row["runs"] for row in found if row["machine"].startswith("one")} == {str(N_RUNS)}


def test_the_chart_begins_with_what_is_slower(many: Page) -> None:
    chart = next(one for one in blocks(many, "history") if hasattr(one, "history"))
    assert chart.choices[-1].selected in {row["what"] for row in table(many, "changed-0")}


def test_a_machine_with_one_run_is_told_and_not_drawn(tmp_path: Path) -> None:
    for day in range(1, 7):
        store(tmp_path, day, document(day, factors(day)))
    store(tmp_path, 7, document(7, factors(7), node="two"))
    page = page_of(read([tmp_path]))
    assert "1 machine with a single run" in prose(page, "history")
    assert "Nothing comparable: 14 new." in prose(page, "answer")


def test_of_many_machines_some_are_judged_and_the_rest_counted(tmp_path: Path) -> None:
    for day in range(1, 2 * MOST_MACHINES + 5):
        node = f"node{day % (MOST_MACHINES + 2)}"
        store(tmp_path, day, document(day, factors(day), node=node))
    page = page_of(read([tmp_path]))
    assert "2 machines that were measured before these are not judged" in prose(page, "answer")
    told = [one.text for one in blocks(page, "answer") if isinstance(one, Prose)]
    assert sum("The newest run" in one for one in told) == MOST_MACHINES


def test_runs_that_tell_nothing_of_their_machine_still_show(tmp_path: Path) -> None:
    for day in range(1, 10):
        made = document(day, factors(day))
        made["machine_info"] = {}
        store(tmp_path, day, made)
    page = page_of(read([tmp_path]))
    assert len(table(page, "history-table")) == 14
    assert "against 8 earlier runs." in prose(page, "answer")


def test_runs_without_a_time_are_counted(tmp_path: Path) -> None:
    for day in range(1, 4):
        made = document(day, factors(day))
        del made["datetime"]
        store(tmp_path, day, made)
    page = page_of(read([tmp_path]))
    assert "3 runs do not tell" in prose(page, "run")
    assert prose(page, "answer") == "No run tells when it was taken."
    assert "two runs" in prose(page, "history")


def test_a_page_of_a_few_runs_shows_them_over_time_too(loaded: Loaded) -> None:
    found = histories(loaded, Margins())
    drawn = points(loaded.cases, loaded.runs)
    section = history_section(loaded, found.found, drawn)
    assert [type(one).__name__ for one in section.blocks] == ["Chart", "Prose", "Table"]


def test_only_the_newest_of_very_many_change_points_are_listed(
    loaded: Loaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.report.page.history_section.MOST_CHANGES", 2)
    found = changes_table(histories(loaded, Margins()).found)
    assert len(found.rows) == 2
    assert re.match(r"The newest 2 of \d+ change points", found.caption)
