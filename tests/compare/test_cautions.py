from __future__ import annotations

from typing import Any

import pytest
from inline_snapshot import snapshot

from bench.compare.side_by_side import compare
from tests.compare.made_up_runs import case, fingerprint, foreign, run, table

# ruff: noqa: E501 - a sentence is as long as it is


AROUND = [[0.99, 0.98, 1.0], [1.0, 1.01, 1.0], [1.01, 1.0, 1.02]]
SINGLE = [[1.0, 1.1, 0.9, 1.0, 1.1, 0.9, 1.0]]


def warned(
    of_case: dict[str, Any] | None = None, axis: str = "auto", **of_run: Any
) -> list[str]:
    cases = [
        case(name, AROUND, kernel=kernel, backend=backend)
        for name in "ab"
        for kernel, backend in (("nd.autograd", "mxnet"), ("numpy.closed_form", "numpy"))
    ]
    cases[2] |= of_case or {}
    runs = table([run("a", processes=3), run("b", 2, **({"processes": 3} | of_run))])
    return list(compare(table(cases), runs, axis).warnings)


def test_runs_that_differ_in_nothing_get_no_warning() -> None:
    assert warned() == []
    assert warned(preset="full") == []


def test_what_differs_beside_what_is_compared() -> None:
    backends = {"mxnet": {"mxnet": "1.9.2"}, "numpy": {"numpy": "1.26.4"}, "jax": {"jax": "1"}}
    changed = fingerprint(
        cpu_model="Another", backends=backends, cores_usable=1, moon="new", huge_pages="never"
    )
    assert warned(fingerprint=changed, commit="0000000") == snapshot(
        [
            "The runs also differ in software, which 1 of 2 ratios may depend on (backends.mxnet.mxnet: 1.9.1 and 1.9.2): measure both with the same versions, or read the ratios as of these too.",
            "The runs also differ in settings, which every ratio may depend on (cores_usable: 2 and 1): measure both with the same settings, or read the ratios as of these too.",
            "The runs also differ in their code, which every ratio may depend on (commit: b5c8249 and 0000000): measure both at one commit, or read the ratios as of the code too.",
            "The runs also differ in facts of no known kind, which every ratio may depend on (moon: – and new): make them the same, or find out whether they matter.",
        ]
    )


def test_what_is_compared_is_not_warned_about() -> None:
    changed = fingerprint(backends={"mxnet": {"mxnet": "1.9.2"}, "numpy": {"numpy": "1.26.4"}})
    assert warned(fingerprint=changed) == []
    assert warned(axis="date", fingerprint=changed) == snapshot(
        [
            "The runs also differ in software, which 1 of 2 ratios may depend on (backends.mxnet.mxnet: 1.9.1 and 1.9.2): measure both with the same versions, or read the ratios as of these too."
        ]
    )


def test_a_backend_that_no_compared_case_uses_is_no_warning() -> None:
    both = {"mxnet": {"mxnet": "1.9.1"}, "numpy": {"numpy": "1.26.4"}, "jax": {"jax": "1"}}
    assert warned(axis="date", fingerprint=fingerprint(backends=both)) == []


def test_a_loss_that_differs_though_the_training_did_not() -> None:
    assert warned({"loss": 0.26}) == snapshot(
        [
            "1 case trained alike and ended at another loss, bench_epoch[airfoil-nd.autograd-cpu(0)-inmemory-B10] at 0.26000 instead of 0.25750: one side may compute something else; run python -m bench check on both."
        ]
    )
    assert warned({"loss": 0.26, "seed": 1}) == []
    assert warned({"loss": 0.2575 * (1 + 1e-6)}) == []


def test_runs_that_can_not_be_relied_on() -> None:
    assert warned({"untrusted": True}) == snapshot(
        [
            "Most rounds of 1 case were disturbed (bench_epoch[airfoil-nd.autograd-cpu(0)-inmemory-B10]): do not rely on their ratios; measure them again on a quiet machine."
        ]
    )
    assert warned(status="interrupted") == snapshot(
        [
            "b was interrupted and holds what was finished: measure the rest with python -m bench run --resume where its journal is still there."
        ]
    )
    assert warned(dirty=True) == snapshot(
        [
            "The code of b had changes that no commit holds: commit them and measure again before you rely on what is said of the code."
        ]
    )


def test_one_process_is_too_few() -> None:
    cases = [case(name, SINGLE) for name in "ab"]
    runs = table([run("a"), run("b")])
    assert list(compare(table(cases), runs).warnings) == snapshot(
        [
            "The interval of every ratio is from the rounds of one process each, which is too narrow between runs (a, b): measure with python -m bench run --processes 5."
        ]
    )
    few = [case(name, [[1.0, 1.1]]) for name in "ab"]
    assert list(compare(table(few), runs).warnings) == snapshot(
        [
            "No ratio has an interval, because there were too few rounds or none were kept: measure longer, or in several processes."
        ]
    )


def test_other_work_is_said() -> None:
    cases = [case(name, AROUND, batch_size=size) for name in "ab" for size in (1, 10)]
    cases[0]["sampling"] = "sequential"
    runs = table([run("a"), run("b")])
    assert list(compare(table(cases), runs).warnings) == snapshot(
        [
            "1 case with the same name did other work and is left out, as bench_epoch[airfoil-nd.autograd-cpu(0)-inmemory-B1] (sampling: sequential and without-replacement): measure both with the same options."
        ]
    )


def test_foreign_runs_tell_less() -> None:
    cases = [foreign(name, SINGLE[0], "test_x") for name in "ab"]
    runs = table([run(name) | {"fingerprint_id": None} for name in "ab"])
    assert list(compare(table(cases), runs).warnings) == snapshot(
        [
            "The interval of every ratio is from the rounds of one process each, which is too narrow between runs (a, b): run each several times, and see whether it shows again.",
            "a, b tell no fingerprint, so settings and most versions can't be compared: make sure yourself that they were the same.",
        ]
    )


def test_names_that_stand_twice_and_runs_that_share_nothing() -> None:
    cases = [case(name, AROUND, batch_size=size) for name in "ab" for size in (1, 10)]
    cases += [case("b", AROUND, batch_size=10), case("c", AROUND, batch_size=99)]
    runs = table([run(name, processes=3) for name in "abc"])
    assert list(compare(table(cases), runs).warnings) == snapshot(
        [
            "c has no case in common with a: leave it out, or choose another baseline.",
            "1 name stands more than once in one run (bench_epoch[airfoil-nd.autograd-cpu(0)-inmemory-B10]) and can't be compared: give every benchmark a name of its own.",
        ]
    )


@pytest.mark.parametrize("n_runs", [3, 12])
def test_many_names_are_counted(n_runs: int) -> None:
    names = [f"run{number}" for number in range(n_runs)]
    cases = [case(name, SINGLE) for name in names]
    (said,) = compare(table(cases), table([run(name) for name in names])).warnings
    assert ("and 8 more" in said) is (n_runs == 12)
    assert len(said) < 300
