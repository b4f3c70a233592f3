import os

import pytest

from bench.measure import affinity


def test_at_least_one_core_is_usable() -> None:
    assert affinity.usable_cores() >= 1
    assert list(affinity.usable_cpus()) == sorted(affinity.usable_cpus())


def test_where_the_system_does_not_tell_all_cores_are_usable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert affinity.usable_cpus() == ()
    assert affinity.usable_cores() == 6
