"""What every form shows of a verdict."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from bench.report.verdicts.wording import NOT_MEASURED, ordered, rates_of, title
from bench.report.verdicts.writing import Form, text_of, write
from bench.store.files import StoreError
from tests.report.verdicts.made_up_judgement import (
    CHANGE,
    DRIFT,
    EVERY,
    MISSING,
    PERHAPS,
    RATES,
    SAME,
    SLOWER,
    UNCLEAR,
    UNTRUSTED,
    everything,
    judgement,
)

if TYPE_CHECKING:
    from pathlib import Path

FORMS = pytest.mark.parametrize("form", list(Form))
FOR_PEOPLE = [Form.TERMINAL, Form.MARKDOWN, Form.GITHUB, Form.JUNIT]


@pytest.fixture(autouse=True)
def _no_summary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)


@FORMS
def test_what_is_slower_is_told_with_all_that_belongs_to_it(form: Form) -> None:
    text = text_of(everything(), form).replace("%25", "%")
    ratio = "1.0531234567" if form is Form.JSON else "1.05x (1.03 to 1.07)"
    for part in (SLOWER.name, ratio, "machine (memory)", "Beware of this.", "machine: memory"):
        assert part in text
    margin = "0.015" if form is Form.JSON else "1.5%"
    processes = {Form.JSON: '"n_before": 5', Form.TERMINAL: "5 / 4", Form.MARKDOWN: "5 / 4"}
    for part in (margin, processes.get(form, "5 processes before, 4 now"), "confirmed"):
        assert part in text


@FORMS
def test_what_is_undecided_is_named(form: Form) -> None:
    text = text_of(everything(), form)
    for one in (PERHAPS, UNCLEAR, UNTRUSTED, MISSING):
        assert one.name in text
        assert one.reason in text


@pytest.mark.parametrize("form", FOR_PEOPLE)
def test_it_says_that_it_was_forced(form: Form) -> None:
    said = "compared all the same"
    assert said in text_of(everything(), form)
    assert said not in text_of(everything(forced=False), form)


@pytest.mark.parametrize("form", FOR_PEOPLE)
def test_it_says_how_often_the_rule_is_wrong_here(form: Form) -> None:
    text = text_of(everything(), form).replace("%25", "%")
    assert "of identical code 1 of 300 (0.00844% to 1.84%) called slower" in text
    assert "of slowdowns by 3% 45 of 50" in text
    assert "results/selftest/a.json" in text
    without = text_of(everything(rates=None), form)
    assert "has not been measured: python -m bench selftest" in " ".join(without.split())


@FORMS
def test_it_says_where_the_numbers_come_from(form: Form) -> None:
    if form is not Form.GITHUB:  # its summary does
        assert "results/runs/b.json" in text_of(everything(), form)


@FORMS
def test_steps_and_drift_of_the_history_are_told(form: Form) -> None:
    text = text_of(everything(), form)
    for one in (CHANGE, DRIFT):
        said = one.sentence.replace("%", "%25") if form is Form.GITHUB else one.sentence
        assert said in text or form is Form.JSON
        assert one.name in text


@FORMS
def test_new_cases_are_told(form: Form) -> None:
    if form is not Form.GITHUB:
        assert "bench_epoch[new]" in text_of(everything(), form)


@FORMS
def test_names_from_a_file_do_nothing(form: Form) -> None:
    evil = replace(SLOWER, name="::error::x\n::stop-commands::y [bold]b[/] </x> \x1b[31m\x00")
    text = text_of(judgement(evil, warnings=(evil.name,), sources=(evil.name,)), form)
    assert "\x1b" not in text
    assert "\x00" not in text
    assert not any(line.startswith("::stop") for line in text.splitlines())
    assert "[bold]b[/]" in text


def test_what_has_to_be_acted_on_comes_first() -> None:
    names = [one.name for one in ordered(EVERY)]
    expected = ["slow", "perhaps", "unclear", "disturbed", "gone", "fast", "same"]
    assert names == [f"bench_epoch[{name}]" for name in expected]


def test_of_one_verdict_the_largest_change_comes_first() -> None:
    small, large = replace(SAME, ratio=0.99), replace(SAME, ratio=1.014)
    assert ordered([SAME, small, large]) == [large, small, SAME]


def test_the_title_counts() -> None:
    assert title(everything()) == (
        "2 slower (1 confirmed), 1 unclear, 1 untrusted, 1 not comparable, 1 faster, 1 same, "
        "1 new; machine slower (memory)"
    )
    assert title(judgement()) == "no case"


def test_rates_that_nobody_has_measured() -> None:
    assert rates_of(None) == NOT_MEASURED
    assert rates_of(RATES).startswith("The rule compare on this machine, measured 2026-11-23")


@FORMS
def test_a_file_holds_what_would_be_printed(form: Form, tmp_path: Path) -> None:
    path = tmp_path / "sub" / "verdicts"
    write(everything(), form, path)
    text = path.read_text(encoding="utf-8")
    assert SLOWER.name in text
    assert [one.name for one in path.parent.iterdir()] == ["verdicts"]
    console = Console(file=io.StringIO(), width=160)
    write(everything(), form, console=console)
    printed = console.file.getvalue()  # type: ignore[attr-defined] # a StringIO
    assert SLOWER.name in printed


def test_a_file_that_can_not_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="can't be written"):
        write(everything(), Form.JSON, tmp_path / "file" / "below")


def test_github_gets_a_summary_where_it_asks_for_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "summary.md"
    path.write_text("Before.\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    console = Console(file=io.StringIO())
    write(everything(), Form.JSON, console=console)
    assert path.read_text() == "Before.\n"
    write(everything(), Form.GITHUB, console=console)
    assert path.read_text().startswith("Before.\n### Slower, and confirmed: 2 slower")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))
    with pytest.raises(StoreError, match="can't be written"):
        write(everything(), Form.GITHUB, console=console)
