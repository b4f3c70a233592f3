"""The seam with pytest-benchmark, on its real fixture: fails where a version changes it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bench.commands import plugin

pytest_plugins = ["pytester"]

CASE = """
from bench.measure.measurement import Measurement
from bench.measure.measurement import record
from bench.measure.rounds import Round

def test_recorded(benchmark):
    rounds = tuple(Round(0.5, seconds, 4) for seconds in (8.0, 2.0, 4.0, 6.0))
    record(benchmark, Measurement(rounds, {"kernel": "example", "loss": 0.25}, "a group"))
    assert benchmark.disabled or len(benchmark.stats.stats.data) == 4
"""


@pytest.fixture
def folder(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Path:
    # In a parallel session pytest-benchmark measures nothing.
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    pytester.makepyfile(test_case=CASE)
    return pytester.path


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    # In this process the packages of the suite are imported already.
    strict = ("-W", "error", "-W", "ignore:Module already imported")
    return pytester.runpytest_inprocess("-p", "no:cacheprovider", *strict, *arguments)


def recorded(pytester: pytest.Pytester) -> dict[str, Any]:
    run(pytester, "--benchmark-json=out.json").assert_outcomes(passed=1)
    (benchmark,) = json.loads((pytester.path / "out.json").read_text())["benchmarks"]
    assert isinstance(benchmark, dict)
    return benchmark


@pytest.mark.usefixtures("folder")
def test_the_statistics_are_of_the_rounds_by_the_iteration(pytester: pytest.Pytester) -> None:
    stats = recorded(pytester)["stats"]
    assert stats["data"] == [2.0, 0.5, 1.0, 1.5]
    assert (stats["rounds"], stats["iterations"]) == (4, 4)
    assert (stats["min"], stats["max"], stats["mean"], stats["median"]) == (0.5, 2, 1.25, 1.25)


@pytest.mark.usefixtures("folder")
def test_facts_group_and_name_reach_the_file(pytester: pytest.Pytester) -> None:
    benchmark = recorded(pytester)
    assert benchmark["extra_info"] == {"kernel": "example", "loss": 0.25}
    assert benchmark["group"] == "a group"
    assert benchmark["fullname"] == "test_case.py::test_recorded"
    assert benchmark["options"] == {"disable_gc": True, "timer": "perf_counter"}


@pytest.mark.usefixtures("folder")
def test_the_table_shows_it_without_a_warning(pytester: pytest.Pytester) -> None:
    result = run(pytester, "--benchmark-columns=min,median,rounds,iterations")
    result.assert_outcomes(passed=1, warnings=0)
    result.stdout.fnmatch_lines(["*benchmark 'a group': 1 tests*", "test_recorded*4*4"])


@pytest.mark.usefixtures("folder")
def test_where_benchmarks_are_disabled_nothing_is_recorded_and_nothing_warns(
    pytester: pytest.Pytester,
) -> None:
    result = run(pytester, "--benchmark-disable")
    result.assert_outcomes(passed=1, warnings=0)
    assert "a group" not in result.stdout.str()


def test_the_fixture_can_not_be_used_again(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_case=CASE + "    benchmark(lambda: None)\n")
    result = run(pytester)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*FixtureAlreadyUsed*bench.measure*"])


def test_a_case_runs_without_the_tracer_of_the_session(
    tracer: Any,
) -> None:
    case = SimpleNamespace(path=plugin.CASES / "bench_epoch.py", funcargs={})
    case.funcargs["benchmark"] = SimpleNamespace()
    call = plugin.pytest_runtest_call(case)  # type: ignore[arg-type]
    next(call)
    assert sys.gettrace() is None
    assert next(call, "ended") == "ended"
    assert sys.gettrace() is tracer
    test = plugin.pytest_runtest_call(SimpleNamespace(path=Path(__file__)))  # type: ignore[arg-type]
    next(test)
    assert sys.gettrace() is tracer, "tests are covered"
