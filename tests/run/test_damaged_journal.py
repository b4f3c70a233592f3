"""A journal with anything odd in it is refused before anything is measured, or goes on."""

from __future__ import annotations

import io
import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from bench.plan.request import Request
from bench.run import merging, runner
from bench.store.decoding import sound
from bench.store.files import StoreError
from tests.store.test_own_run import ODD, places, with_odd

if TYPE_CHECKING:
    from pathlib import Path

ASKED = Request(
    preset="quick",
    kernels="numpy.closed_form",
    devices="cpu(0)",
    workloads="synthetic-60x2",
    batch_sizes="20",
    loaders="inmemory",
    cases=("bench_epoch",),
    processes=2,
    seconds_per_case=0.001,
    memory=False,
)


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The lines of a journal whose run has measured all and was killed before it was saved."""
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(runner.Journal, "remove", runner.Journal.close)
        runner.begin(runner.plan(ASKED), folder, Console(file=io.StringIO())).save(folder)
    (path,) = runner.unfinished(folder)
    return [json.loads(line) for line in path.read_text().splitlines()]


def resumed(path: Path) -> runner.Run | str:
    """Resume a run; where that is refused, return the sentence."""
    try:
        return runner.resume(path, path.parents[1], Console(file=io.StringIO()))
    except StoreError as error:
        return str(error)


@pytest.mark.parametrize("n_trials", [50, pytest.param(500, marks=pytest.mark.slow)])
def test_any_odd_value_anywhere_is_refused_before_measuring_or_goes_on(
    lines: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n_trials: int
) -> None:
    path, n_refused = tmp_path / runner.FOLDER / "a.jsonl", 0
    monkeypatch.setattr(runner, "_check_same", lambda *_: None)
    monkeypatch.setattr(merging, "pytest_benchmark_generate_machine_info", dict)
    path.parent.mkdir()
    rng = random.Random(0)
    for _ in range(n_trials):
        number = rng.randrange(len(lines))
        where, value = rng.choice([*places(lines[number])]), rng.choice(ODD)
        odd = [*lines]
        odd[number] = with_odd(lines[number], where, value)
        path.write_text("".join(f"{json.dumps(line)}\n" for line in odd))
        run = resumed(path)
        if isinstance(run, str):
            assert run.startswith(f"{path} "), (where, value)
            assert "\n" not in run, (where, value)
            n_refused += 1
            continue
        run._journal.close()
        document = merging.document(run._asked, run._outcomes, complete=True)
        sound(json.loads(json.dumps(document, default=str)))
    assert n_trials / 10 < n_refused < n_trials
