"""What tests of the cache look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import duckdb
import pandas as pd

if TYPE_CHECKING:
    from pathlib import Path

    from bench.store.table import Loaded


def shards(cache: Path) -> list[Path]:
    return [one for one in cache.glob("*/*") if not one.name.startswith(".")]


def rows_of(file: Path) -> list[Any]:
    return duckdb.execute("FROM read_parquet($1)", [str(file)]).fetchall()


def assert_same(first: Loaded, second: Loaded) -> None:
    pd.testing.assert_frame_equal(first.cases, second.cases)
    pd.testing.assert_frame_equal(first.runs, second.runs)
    assert first.damaged == second.damaged


def failing(*_: object, **__: object) -> NoReturn:
    raise OSError(28, "No space left on device")
