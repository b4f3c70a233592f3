"""``python -m bench selftest``: what it stores, prints, and what its exit code says."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner, Result

from bench.commands import app, selftest
from bench.commands.exits import Exit
from bench.report.verdicts.wording import rates_of
from bench.selftest.sampling import Samples
from bench.stats.verdict import Judgement
from bench.store.rates import Machine, with_rates
from tests.history.stored_history import history
from tests.selftest.test_rating import pool
from tests.selftest.test_stored_runs import folder_of

if TYPE_CHECKING:
    from pathlib import Path


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(app.app_of(["selftest"]), ["selftest", *map(str, arguments)])


@pytest.fixture
def sampled(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Put made-up samples in the place of measuring."""

    def use(n_pairs: int, *, complete: bool = True) -> None:
        samples = Samples({"case": pool(n_pairs, 0.005, 0.005)}, {}, {}, None, complete)
        monkeypatch.setattr(selftest, "sample", lambda *_: samples)

    return use


def test_every_rule_is_rated_and_stored(tmp_path: Path, sampled: Any) -> None:
    sampled(100)
    done = invoke("--results", tmp_path)
    assert done.exit_code == Exit.OK, done.output
    for rule in ("bench ab", "mean:5%", "asv continuous", "pyperf compare_to"):
        assert rule in done.stdout
    (path,) = tmp_path.glob("*.json")
    again = invoke(path)
    assert again.exit_code == Exit.OK
    table, _, _ = done.stdout.partition("samples:")
    assert again.stdout == table


def test_too_few_samples_are_unclear(tmp_path: Path, sampled: Any) -> None:
    sampled(1)
    assert invoke("--results", tmp_path).exit_code == Exit.UNCLEAR


def test_interrupted_it_keeps_what_it_has(tmp_path: Path, sampled: Any) -> None:
    sampled(100, complete=False)
    assert invoke("--results", tmp_path).exit_code == Exit.INTERRUPTED
    (path,) = tmp_path.glob("*.json")
    assert json.loads(path.read_text())["complete"] is False


def test_bad_input_is_one_sentence(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.json"
    damaged.write_text("{")
    for arguments in (
        ("--minutes", "none"),
        ("--cases", "nothing"),
        (damaged,),
        (tmp_path / "missing.json",),
    ):
        done = invoke(*arguments)
        assert done.exit_code == Exit.USAGE, done.output
        assert "Traceback" not in done.output


def test_compare_is_rated_by_runs(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    runs.mkdir()
    folder_of(runs, 4, conditions="controlled")
    done = invoke("--compare", runs, "--results", tmp_path / "out")
    assert done.exit_code == Exit.OK, done.output
    assert "bench compare" in done.stdout
    assert "0/6" in done.stdout
    damaged = invoke("--compare", tmp_path / "missing", "--results", tmp_path / "out")
    assert damaged.exit_code == Exit.USAGE, damaged.output


@pytest.mark.slow
def test_a_kernel_that_is_not_there_is_refused() -> None:
    done = invoke("--kernels", "nothing.at_all")
    assert done.exit_code == Exit.USAGE, done.output
    assert "Traceback" not in done.output


@pytest.mark.slow
def test_real_processes_are_sampled(tmp_path: Path) -> None:
    done = invoke(
        *("--kernels", "numpy.closed_form", "--batch-sizes", "100", "--minutes", "0.1"),
        *("--timed", "0.01", "--load", "--results", tmp_path),
    )
    assert done.exit_code in (Exit.OK, Exit.UNCLEAR), done.output
    (path,) = tmp_path.glob("*.json")
    stored = json.loads(path.read_text())
    (pairs,) = stored["pools"].values()
    assert len(pairs) >= 1
    assert stored["loaded"] is True


def test_track_is_rated_by_histories_drawn_from_runs(tmp_path: Path) -> None:
    newest = history(tmp_path / "runs", 16)
    done = invoke(
        *("--history", tmp_path / "runs", "--histories", "1"), *("--results", tmp_path / "out")
    )
    assert done.exit_code == Exit.OK, done.output
    assert "Drawn from 16 runs, 16 of them undisturbed." in done.stdout
    judgement = Judgement("track", "earlier", "now", ())
    machine = json.loads(newest.read_text())["machine_info"]
    rated = with_rates(
        judgement, Machine(machine["fingerprint_id"], machine["node"]), tmp_path / "out"
    )
    assert rated.rates is not None
    assert rated.rates.false_slower.of == 1
    assert "of histories of 60 runs" in rates_of(rated.rates)


@pytest.mark.slow
def test_what_was_stored_of_histories_is_judged_again_without_the_runs(tmp_path: Path) -> None:
    history(tmp_path / "runs", 16)
    out = tmp_path / "out"
    first = invoke("--history", tmp_path / "runs", "--histories", "2", "--results", out)
    (stored,) = out.glob("*.json")
    shutil.rmtree(tmp_path / "runs")
    again = invoke("--history", stored, "--histories", "2", "--results", tmp_path / "again")
    assert again.exit_code == Exit.OK, again.output
    tables = [one.stdout.partition("Drawn from")[0] for one in (first, again)]
    assert tables[0] == tables[1]
    (copy,) = (tmp_path / "again").glob("*.json")
    told = [json.loads(one.read_text()) for one in (stored, copy)]
    for one in told:
        del one["measured"]
    assert told[0] == told[1]


def test_too_few_runs_make_no_history(tmp_path: Path) -> None:
    history(tmp_path, 5)
    done = invoke("--history", tmp_path)
    assert done.exit_code == Exit.USAGE
    assert "recorded runs that tell anything are needed; there: 5." in done.output
