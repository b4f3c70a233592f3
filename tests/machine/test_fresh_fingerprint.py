"""What a process has run does not change the fingerprint of its run."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from bench.machine import fingerprint as module
from bench.machine.fingerprint import fingerprint_id, fresh_fingerprint
from bench.plan.matrix import availability
from kernels import backends, controls

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    module._taken.cache_clear()
    yield
    module._taken.cache_clear()


@pytest.mark.peer
@pytest.mark.slow
def test_parallel_code_that_has_run_here_does_not_show() -> None:
    before = fresh_fingerprint()
    for name in ("mxnet", "numba", "torch"):
        if availability(name, "cpu(0)"):
            make = backends.get(name).controls("cpu(0)")["triad"]
            make(2 * controls.MIB).run()
    module._taken.cache_clear()
    assert fingerprint_id(fresh_fingerprint()) == fingerprint_id(before)
    assert "not_fresh" not in before


def test_where_no_process_can_be_started_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any, **__: Any) -> Any:
        raise subprocess.TimeoutExpired("python", 120)

    monkeypatch.setattr(subprocess, "run", refused)
    monkeypatch.setattr(module, "fingerprint", lambda: {"cpu_model": "Example CPU"})
    taken = fresh_fingerprint()
    assert taken["cpu_model"] == "Example CPU"
    assert taken["not_fresh"].startswith("TimeoutExpired: ")


@pytest.mark.slow
@pytest.mark.usefixtures("without_mxnet")
def test_each_setting_has_a_fingerprint_of_its_own() -> None:
    plain = fresh_fingerprint()
    one_thread: Any = fresh_fingerprint({"OMP_NUM_THREADS": "1"})
    assert one_thread["threads"]["settings"]["OMP_NUM_THREADS"] == "1"
    assert fingerprint_id(one_thread) != fingerprint_id(plain)
    pinned: Any = fresh_fingerprint(cpus=(0,))
    assert pinned["affinity"] == "0"
    assert pinned["cores_usable"] == 1
