"""Runs that histories are drawn from: the same from a folder and from what was stored of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from bench.history.pools import MEMORY
from bench.selftest.recorded import PLACE, recorded, to_json
from bench.store.files import StoreError
from tests.history.stored_history import NAMES, document, factors, history, is_memory, store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_what_was_stored_is_what_was_read(tmp_path: Path) -> None:
    history(tmp_path / "runs", 9)
    lacking = document(10, factors(10))
    del lacking["benchmarks"][0]
    store(tmp_path / "runs", 10, lacking)
    found = recorded(tmp_path / "runs")
    place = tmp_path / "stored.json"
    place.write_text(json.dumps({"history": {"seed": 7, PLACE: to_json(found)}}))
    again = recorded(place)
    assert again.runs == found.runs
    assert again.seed == 7
    assert np.isnan(found.logs).sum() == 1
    np.testing.assert_array_equal(again.logs, found.logs)
    assert again.watched.pools == found.watched.pools
    for one in ("controls", "dependence", "margins", "pool_margins"):
        np.testing.assert_array_equal(getattr(again.watched, one), getattr(found.watched, one))


def test_controls_beyond_the_cache_are_of_the_memory(tmp_path: Path) -> None:
    history(tmp_path, 9)
    found = recorded(tmp_path)
    (pool,) = [one for one in found.watched.pools if one.name == MEMORY]
    keys = found.series["key"]
    assert {keys[n] for n in pool.members} == {one for one in NAMES if is_memory(one)}


@pytest.mark.parametrize("content", ["{}", "[]", "no json", '{"history": {"recorded": 3}}'])
def test_another_file_is_refused_in_a_sentence(tmp_path: Path, content: str) -> None:
    place = tmp_path / "some.json"
    place.write_text(content)
    with pytest.raises(StoreError, match="holds no recorded runs"):
        recorded(place)


def test_too_few_runs_are_refused(tmp_path: Path) -> None:
    history(tmp_path, 7)
    with pytest.raises(StoreError, match="that tell anything are needed; there: 7"):
        recorded(tmp_path)


def _is_control(benchmark: dict[str, Any]) -> bool:
    return str(benchmark["name"]).startswith("bench_machine")


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        (lambda one: not is_memory(one["name"]), "no control of memory"),
        (_is_control, "no kernel with two cases or more"),
    ],
)
def test_without_what_a_step_is_put_into_they_are_refused(
    tmp_path: Path, kept: Callable[[dict[str, Any]], bool], said: str
) -> None:
    for day in range(1, 10):
        made = document(day, factors(day))
        made["benchmarks"] = [one for one in made["benchmarks"] if kept(one)]
        store(tmp_path, day, made)
    with pytest.raises(StoreError, match=said):
        recorded(tmp_path)
