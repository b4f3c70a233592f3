"""What a run of this suite must hold, and what is left out of another's file."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bench.report.page.rendering import render
from bench.report.source import Asked, markdown, page, some_run, source
from bench.store.decoding import sound
from bench.store.files import StoreError, read_run

if TYPE_CHECKING:
    from collections.abc import Iterator

FILES = Path(__file__).parent / "files"
QUICK = Path(__file__).parents[2] / "results/reference/20261123T005615Z-9a2304b-2160a2.json"
MISSING = object()
ODD: tuple[Any, ...] = (
    MISSING,
    None,
    -1,
    1.5,
    "x",
    "",
    True,
    [],
    [None],
    [[1]],
    {},
    {"a": 1},
    [{"a": [1]}],
    1e400,
    10**30,
    -(10**400),
    "\ud800",
    ["\udfff"],
)


def places(value: Any, at: tuple[Any, ...] = (), depth: int = 0) -> Iterator[tuple[Any, ...]]:
    """Yield the way to every value of a document, of lists but that of cases to the first."""
    if at:
        yield at
    if depth < 4 and isinstance(value, dict):
        for name in value:
            yield from places(value[name], (*at, name), depth + 1)
    elif depth < 4 and isinstance(value, list):
        for place in range(len(value) if at == ("benchmarks",) else min(len(value), 1)):
            yield from places(value[place], (*at, place), depth + 1)


def some_of_each_kind() -> list[dict[str, Any]]:
    """Return two cases of each kind but epochs, of the committed runs."""
    kinds: dict[str, list[dict[str, Any]]] = {}
    for path in sorted(QUICK.parent.glob("*.json")):
        for benchmark in json.loads(path.read_text(encoding="utf-8"))["benchmarks"]:
            kinds.setdefault(benchmark["extra_info"]["case"], []).append(benchmark)
    return [one for kind, cases in kinds.items() if kind != "epoch" for one in cases[:2]]


def with_odd(document: dict[str, Any], at: tuple[Any, ...], value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(document)
    inner: Any = changed
    for name in at[:-1]:
        inner = inner[name]
    if value is MISSING:
        del inner[at[-1]]
    else:
        inner[at[-1]] = value
    return changed


def small(path: Path) -> dict[str, Any]:
    """Return a run with few cases: of this suite with some of each kind."""
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    document["benchmarks"] = document["benchmarks"][:6]
    if "bench" in document:
        document["benchmarks"] += some_of_each_kind()
        document["bench"]["skipped"] = document["bench"]["skipped"][:2]
    return document


@pytest.mark.parametrize("n_trials", [10, pytest.param(60, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "path", [QUICK, *sorted(FILES.glob("*.json"))], ids=lambda one: one.stem
)
def test_any_odd_value_anywhere_is_refused_or_shown_and_never_a_traceback(
    path: Path, tmp_path: Path, n_trials: int
) -> None:
    document = small(path)
    trials = [(at, value) for at in places(document) for value in ODD]
    shown = 0
    for at, value in random.Random(0).sample(trials, n_trials):
        odd = tmp_path / "run.json"
        odd.write_text(json.dumps(with_odd(document, at, value)), encoding="utf-8")
        try:
            found = source(some_run([odd]), Asked(target=False), print)
            assert render(page(found), str), at
            assert markdown(found), at
        except StoreError:
            continue
        shown += 1
    assert shown > n_trials / 3


def test_a_wrong_type_in_a_run_of_ours_is_named(tmp_path: Path) -> None:
    document = with_odd(small(QUICK), ("bench", "processes"), "many")
    path = tmp_path / "run.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(StoreError, match=r"is damaged: .*bench\.processes"):
        read_run(path)


def test_of_another_suites_file_is_left_out_what_is_not_what_it_is_called() -> None:
    foreign: dict[str, Any] = {
        "machine_info": {"node": "n", "cpu": "a text", "fingerprint": [1]},
        "commit_info": "none",
        "benchmarks": [
            {
                "name": "test",
                "stats": {"median": 1.0, "rounds": "many"},
                "extra_info": {"half_width": "wide", "mine": "kept", "batch_size": 3},
                "params": "none",
            }
        ],
    }
    assert sound(foreign) == {
        "machine_info": {"node": "n"},
        "benchmarks": [
            {
                "name": "test",
                "stats": {"median": 1.0},
                "extra_info": {"mine": "kept", "batch_size": 3},
            }
        ],
    }


def test_a_sound_file_is_read_as_it_is() -> None:
    document = json.loads(QUICK.read_text(encoding="utf-8"))
    assert read_run(QUICK) == document
    assert sound(document) == document


def test_files_of_other_suites_are_kept_but_for_what_is_odd_in_them() -> None:
    for path in FILES.glob("*.json"):
        document = json.loads(path.read_text(encoding="utf-8"))
        kept = sound(document)
        for benchmark in document["benchmarks"]:  # a list, where a kernel's name is looked for
            benchmark["extra_info"].pop("kernel", None)
        assert kept == document
