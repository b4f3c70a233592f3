"""Runs that are read through the index, and what is parsed of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bench.store import rows, table
from bench.store.index import place
from bench.store.rule import RULE
from tests.store.made_up_files import foreign, own, write

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def however_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use the index for any set of files."""
    monkeypatch.setattr(table, "RULE", replace(RULE, max_parsed_bytes=0))


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of the files that are parsed, as they are."""
    names: list[str] = []
    read_file = rows._read

    def noted(file: Path) -> Any:
        names.append(file.name)
        return read_file(file)

    monkeypatch.setattr(rows, "_read", noted)
    return names


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    folder = tmp_path / "runs"
    for n in range(5):
        write(folder / f"{n}.json", own(n, datetime=f"2026-01-0{5 - n}T00:00:00"))
    write(folder / "other.json", foreign("a", kernel="x\0'\"y", loss=None))
    write(folder / "bad.json", {})
    return folder


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where the index is to be."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return place()
