"""TF32 is forbidden to every library, unless a user allows it: then each is to decide."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from kernels import tf32
from kernels.backends.cupy import imports
from kernels.backends.jax.imports import precision

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """
import json, os, sys
import kernels.backends
from kernels import tf32
assert not {"mxnet", "torch", "jax", "cupy", "numba"} & {*sys.modules}
print(json.dumps([os.environ.get(tf32.OVERRIDE), tf32.is_allowed()]))
"""


@pytest.mark.parametrize(
    ("given", "override", "allowed"),
    [
        ({}, "0", False),
        ({tf32.OVERRIDE: "1"}, "1", True),  # what a user has set stays
        (tf32.ALLOWING, None, True),
        # A process that forbids it starts one that is to allow it.
        ({tf32.OVERRIDE: "0", **tf32.ALLOWING}, None, True),
        ({tf32.OVERRIDE: "1", **tf32.ALLOWING}, "1", True),
        ({"MINIBATCH_BENCH_TF32": "0"}, "0", False),
    ],
)
def test_it_is_settled_before_a_library_is_loaded(
    given: dict[str, str], override: str | None, allowed: bool
) -> None:
    own = {tf32.OVERRIDE, *tf32.ALLOWING}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**{name: one for name, one in os.environ.items() if name not in own}, **given},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == [override, allowed]


@pytest.fixture
def forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(tf32.OVERRIDE, "0")
    monkeypatch.setenv("MINIBATCH_BENCH_TF32", "0")  # so that it is put back
    monkeypatch.setenv("CUPY_TF32", "0")


@pytest.mark.usefixtures("forbidden")
def test_libraries_ask_for_it_where_it_is_allowed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(imports, "find", lambda *_: None)
    asked = []
    for _ in range(2):
        imports.make_ready.cache_clear()
        imports.make_ready()
        asked.append((precision(), os.environ["CUPY_TF32"]))
        tf32.allow()
    assert asked == [("highest", "0"), ("high", "1")]
    imports.make_ready.cache_clear()


@pytest.mark.usefixtures("forbidden")
def test_only_a_gpu_rounds() -> None:
    assert not tf32.rounds("gpu(0)")
    tf32.allow()
    assert tf32.rounds("gpu(1)")
    assert not tf32.rounds("cpu(0)")
