"""Processes that are started alike: the same layout of memory, the same CPUs."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bench.machine import conditions
from bench.machine.conditions import Conditions, controlled, fingerprint_under, started_in
from bench.store.schema import CONDITIONS

SEED = 7
#: Where an object of the heap, and a variable of the environment, lie.
WHERE = "import ctypes, os; print(id(object()), ctypes.CDLL(None).getenv(b'PATH'))"

needs_fixed = pytest.mark.skipif(
    bool(conditions.why_not_fixed()), reason="this system does not let addresses be fixed"
)


def addresses(layout: int | None) -> str:
    """Return where things lie in a process that is started in a layout."""
    with started_in(layout) as environment:
        done = subprocess.run(
            [sys.executable, "-I", "-c", WHERE],
            env={"PATH": os.environ["PATH"], **environment},
            capture_output=True,
            text=True,
            check=True,
        )
    return done.stdout


@needs_fixed
def test_processes_of_a_layout_lie_alike_and_those_of_another_do_not() -> None:
    assert addresses(1) == addresses(1)
    assert len({addresses(layout) for layout in range(4)}) == 4


@needs_fixed
def test_what_is_started_afterwards_is_as_before() -> None:
    addresses(1)
    assert len({addresses(None) for _ in range(4)}) > 1


def test_where_it_is_forbidden_cpus_are_chosen_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    @contextmanager
    def forbidden() -> Iterator[None]:
        raise OSError(errno.EPERM, "personality() is not permitted")
        yield

    monkeypatch.setattr(conditions, "fixed_addresses", forbidden)
    assert conditions.why_not_fixed() == "personality() is not permitted"
    found = controlled(SEED, [{}], cpus=(0, 1))
    assert found is not None
    assert not found.fixed
    assert found.place(0).layout is None
    assert found.place(0).cpus != found.place(2).cpus
    fixed = Conditions(SEED, (0, 1))
    assert found.told != fixed.told, "it is another condition"


def test_a_number_always_has_the_same_place() -> None:
    drawn = Conditions(SEED, (0, 1, 2))
    assert [drawn.place(n) for n in range(9)] == [drawn.place(n) for n in range(9)]
    assert len({drawn.place(n).layout for n in range(9)}) == 9
    assert drawn.place(0).layout != Conditions(SEED + 1, (0, 1, 2)).place(0).layout


def test_numbers_go_through_all_cpus_two_on_each() -> None:
    drawn = Conditions(SEED, (0, 1, 2))
    cpus = [drawn.place(n).cpus for n in range(6)]
    assert cpus[::2] == cpus[1::2]
    assert sorted(cpus[::2]) == [(0,), (1,), (2,)]
    assert drawn.place(6).cpus == cpus[0]


@pytest.mark.parametrize(("threads", "n_cpus"), [("", 1), ("1", 1), ("3", 3), ("64", 4)])
def test_processes_of_several_threads_get_as_many_cpus(threads: str, n_cpus: int) -> None:
    found = controlled(SEED, [{}, {"OMP_NUM_THREADS": threads}], cpus=(0, 1, 2, 3))
    assert found is not None
    assert [len(found.place(n).cpus) for n in range(4)] == [n_cpus] * 4


def test_work_on_a_gpu_keeps_all_cpus() -> None:
    assert Conditions(SEED, (0, 1)).place(3, "gpu(0)").cpus == (0, 1)


def test_conditions_are_a_fact_of_the_fingerprint() -> None:
    cpu = next(iter(os.sched_getaffinity(0)))
    drawn = Conditions(SEED, (cpu,))
    with_, without = (fingerprint_under(one, {}) for one in (drawn, None))
    assert with_[CONDITIONS] == "controlled, one CPU each"
    assert with_["cores_usable"] == 1
    assert CONDITIONS not in without
