from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.commands.verdict_options import margins
from bench.plan.values import SelectionError

if TYPE_CHECKING:
    from pathlib import Path

NAME = "bench_epoch[airfoil-nd.numba_parallel-cpu(0)-inmemory-B10]"


def settings(folder: Path, text: str) -> None:
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")


def table(text: str) -> str:
    return f"[tool.minibatch-bench.margins]\n{text}\n"


def test_without_a_file_it_is_the_usual_one(tmp_path: Path) -> None:
    assert margins(None, tmp_path).of(NAME) == 0.015
    settings(tmp_path, "[project]\nname = 'x'\n")
    assert margins(None, tmp_path, 0.01).of(NAME) == 0.01


def test_the_last_pattern_that_fits_decides(tmp_path: Path) -> None:
    settings(
        tmp_path,
        table('default = "2%"\n"bench_*" = "3%"\n"bench_epoch[*numba_parallel*" = "5"\n'
              '"bench_step*" = "9%"'),
    )  # fmt: skip
    found = margins(None, tmp_path)
    assert found.of(NAME) == 0.05
    assert found.of("bench_step[x]") == 0.09
    assert found.of("bench_epoch[nd.a]") == 0.03
    assert found.of("t.py::test_x") == 0.02


def test_the_default_may_stand_last(tmp_path: Path) -> None:
    settings(tmp_path, table('"bench_*" = "3%"\ndefault = "2%"'))
    assert margins(None, tmp_path).of(NAME) == 0.03
    assert margins(None, tmp_path).of("t.py::x") == 0.02


def test_the_nearest_file_with_a_table_counts(tmp_path: Path) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    settings(tmp_path, table('default = "2%"'))
    settings(below.parent, "[project]\nname = 'x'\n")
    assert margins(None, below).of(NAME) == 0.02
    settings(below, table('default = "3%"'))
    assert margins(None, below).of(NAME) == 0.03


def test_the_working_directory_is_where_it_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings(tmp_path, table('default = "4%"'))
    monkeypatch.chdir(tmp_path)
    assert margins().of(NAME) == 0.04


def test_an_option_stands_for_the_default_alone(tmp_path: Path) -> None:
    settings(tmp_path, table('default = "2%"\n"bench_epoch*" = "5%"'))
    found = margins("7%", tmp_path)
    assert found.of(NAME) == 0.05
    assert found.of("bench_step[x]") == pytest.approx(0.07)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (table("default = 0.015"), "give percent, as"),
        (table('default = "much"'), "give a number above 0"),
        (table('default = "0%"'), "give a number above 0"),
        (table('default = "-1%"'), "give a number above 0"),
        (table('default = "nan"'), "give a number above 0"),
        (table('default = "200%"'), "at most"),
        (table('"bench_*" = "x"'), "'bench_\\*'.*give a number above 0"),
        (table('defualt = "5%"'), "'defualt' is no pattern"),
        ("[tool.minibatch-bench]\nmargins = 3\n", "must be a table"),
        ("[tool]\nminibatch-bench = 3\n", "must be a table"),
        ("[tool", "is no valid TOML"),
    ],
)
def test_what_is_wrong_is_refused_with_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    settings(tmp_path, text)
    with pytest.raises(SelectionError, match=said) as refused:
        margins(None, tmp_path)
    assert str(tmp_path / "pyproject.toml") in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SelectionError, match="is no valid TOML"):
        margins(None, tmp_path)


@pytest.mark.parametrize("text", ["", "0", "-3", "five", "1.5%%", "inf"])
def test_a_wrong_option_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(SelectionError, match="--margin"):
        margins(text, tmp_path)
