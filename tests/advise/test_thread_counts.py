"""Runs are told apart by their threads, and refused where they differ in more."""

from __future__ import annotations

from typing import Any

import pytest

from bench.advise.devices import NotComparableError, by_threads, n_threads
from bench.plan.values import POOLS
from tests.advise.made_up_machine import epoch, on_threads, run

CASES = [epoch("k", 10, 1.0)]


def refused(*runs: dict[str, Any]) -> str:
    with pytest.raises(NotComparableError) as found:
        by_threads({f"run-{number}.json": one for number, one in enumerate(runs)})
    return str(found.value)


def test_threads_are_what_the_option_sets_every_pool_to() -> None:
    assert n_threads(on_threads(3, CASES)) == 3
    assert n_threads(on_threads(None, CASES)) is None
    assert n_threads(run(CASES)) is None
    assert n_threads({"benchmarks": []}) is None


def test_threads_that_only_some_pools_have_are_not_the_runs() -> None:
    for name in POOLS:
        one = on_threads(2, CASES)
        one["bench"]["setting"]["environment"] = {name: "1"}
        assert n_threads(one) is None, name


def test_a_run_that_was_started_with_the_variables_tells_its_threads_too() -> None:
    one = on_threads(2, CASES)
    del one["bench"]["setting"]
    assert n_threads(one) == 2


def test_a_pinned_run_computes_on_no_more_threads_than_it_has_cpus() -> None:
    one = on_threads(4, CASES)
    one["bench"]["setting"]["cpus"] = [0, 2]
    assert n_threads(one) == 2
    alone = on_threads(None, CASES)
    alone["bench"]["setting"]["cpus"] = [1]
    assert n_threads(alone) == 1


def test_runs_are_ordered_by_threads() -> None:
    many, one, two = (on_threads(n, CASES) for n in (16, 1, 2))
    assert list(by_threads({"a": many, "b": one, "c": two}).items()) == [
        (1, one),
        (2, two),
        (16, many),
    ]


def test_what_follows_from_the_number_of_threads_does_not_tell_runs_apart() -> None:
    one = on_threads(1, CASES, affinity="0", backends={"torch": {"torch_threads": "1"}})
    two = on_threads(2, CASES, affinity="0-1", backends={"torch": {"torch_threads": "2"}})
    one["machine_info"]["fingerprint"]["cores_usable"] = 1
    assert list(by_threads({"a": one, "b": two})) == [1, 2]


def test_a_run_that_does_not_tell_is_refused() -> None:
    assert refused(on_threads(1, CASES), on_threads(None, CASES)) == (
        "run-1.json does not tell how many threads it had; measure it with --threads."
    )


def test_two_runs_with_the_same_threads_are_refused() -> None:
    assert refused(on_threads(1, CASES), on_threads(1, CASES)) == (
        "run-0.json and run-1.json both had 1 thread; give one run for each number of threads."
    )


def test_without_a_run_on_one_thread_there_is_no_speedup() -> None:
    assert refused(on_threads(4, CASES), on_threads(2, CASES)) == (
        "no run had one thread (2, 4 were given), and speedup is against that; measure one "
        "with --threads 1."
    )


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        ({"cpu_model": "another"}, "cpu_model"),
        ({"backends": {"torch": {"torch": "2"}}}, "torch"),
        ({"backends": {"numba": {}}}, "numba installed"),
        ({"libraries": {"openblas": ["0.3 Zen"]}}, "libraries"),
    ],
)
def test_runs_that_differ_in_more_are_refused(facts: dict[str, Any], name: str) -> None:
    here = {"cpu_model": "this", "backends": {"torch": {"torch": "1"}}, "libraries": {}}
    message = refused(on_threads(1, CASES, **here), on_threads(2, CASES, **{**here, **facts}))
    assert message.startswith("run-0.json and run-1.json differ in more than threads: ")
    assert name in message.partition("threads: ")[2].partition(";")[0].split(", ")


def test_another_setting_of_the_environment_is_more_than_threads() -> None:
    other = on_threads(2, CASES)
    settings = other["machine_info"]["fingerprint"]["threads"]["settings"]
    settings["OMP_WAIT_POLICY"] = "active"
    message = refused(on_threads(1, CASES), other)
    assert "differ in more than threads: OMP_WAIT_POLICY;" in message
