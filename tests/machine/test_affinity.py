import os

import pytest

from bench.machine import threads


def test_at_least_one_core_is_usable() -> None:
    assert threads.usable_cores() >= 1
    assert list(threads.usable_cpus()) == sorted(threads.usable_cpus())


def test_where_the_system_does_not_tell_all_cores_are_usable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert threads.usable_cpus() == ()
    assert threads.usable_cores() == 6
