"""What is said when the airfoil file is not the original."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from data import airfoil
from data.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ORIGINAL = airfoil.FILE.read_bytes()
LINES = ORIGINAL.splitlines(keepends=True)


def _with_line(number: int, line: bytes) -> bytes:
    return b"".join([*LINES[: number - 1], line, *LINES[number:]])


DAMAGES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "truncated: it ends after 0 complete rows of 1503"),
    "cut between rows": (b"".join(LINES[:1000]), "truncated: it ends after 1000 complete"),
    "cut within a row": (ORIGINAL[:-60], "truncated: it ends after 1501 complete"),
    "last line end lost": (ORIGINAL[:-1], "truncated: it ends after 1502 complete"),
    "a digit changed": (ORIGINAL.replace(b"126.201", b"126.202", 1), "was edited"),
    "line ends changed": (ORIGINAL.replace(b"\n", b"\r\n"), "was edited"),
    "rows swapped": (b"".join([LINES[1], LINES[0], *LINES[2:]]), "was edited"),
    "a column lost": (
        _with_line(7, b"3150\t0\t0.3048\t71.3\t125.201\n"),
        r"wrongly shaped: line 7 has 5 tab-separated column\(s\) instead of 6",
    ),
    "commas": (ORIGINAL.replace(b"\t", b","), r"wrongly shaped: line 1 has 1 tab"),
    "a header": (b"f\talpha\tc\tU\tdelta\tSPL\n" + ORIGINAL, "wrongly shaped: line 1 has 'f'"),
    "not a number": (
        _with_line(12, b"10000\t0\t0.3048\t71.3\tn/a\t115.391\n"),
        "wrongly shaped: line 12 has 'n/a' instead of a number",
    ),
    "not text": (b"\x89\xff\x00\n" * 10_000, "wrongly shaped: line 1 has 1 tab"),
    "a row too many": (ORIGINAL + LINES[-1], "wrongly shaped: it goes on after line 1503"),
    "half a row too many": (ORIGINAL + b"800\t0", "wrongly shaped: it goes on after line 1503"),
}


@pytest.mark.parametrize(("content", "message"), DAMAGES.values(), ids=DAMAGES.keys())
def test_the_message_says_what_is_wrong_and_what_to_do(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "airfoil.dat"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        airfoil.load(path)
    assert str(path) in str(caught.value)
    assert str(caught.value).endswith(airfoil.REMEDY)


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        pytest.param(lambda _: None, "is missing", id="missing"),
        pytest.param(lambda path: path.mkdir(), "can't be read", id="a folder"),
    ],
)
def test_a_file_that_cannot_be_read(
    tmp_path: Path, prepare: Callable[[Path], None], message: str
) -> None:
    path = tmp_path / "airfoil.dat"
    prepare(path)
    with pytest.raises(DataError, match=re.escape(message)) as caught:
        airfoil.load(path)
    assert str(path) in str(caught.value)
    assert str(caught.value).endswith(airfoil.REMEDY)


def test_an_intact_copy_elsewhere_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "copy.dat"
    path.write_bytes(ORIGINAL)
    assert (airfoil.load(path).features == airfoil.load().features).all()


def test_the_remedy_restores_this_file() -> None:
    assert airfoil.REMEDY.endswith(f"`git checkout -- data/{airfoil.FILE.name}`")
