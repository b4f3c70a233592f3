"""Triton's kernels: their arithmetic in its interpreter, and that it compiles them."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from kernels.backends.triton import BACKEND
from kernels.backends.triton.geometry import MOST_PROGRAMS, TILE, step_shape
from kernels.registry import discover

if TYPE_CHECKING:
    from kernels.contract import TrainKernel, UpdateKernel

ROOT = Path(__file__).parents[2]
REGISTRY = discover()
KERNELS: list[TrainKernel | UpdateKernel] = [
    *(kernel for kernel in REGISTRY.train.values() if kernel.backend == "triton"),
    *(kernel for kernel in REGISTRY.update.values() if kernel.backend == "triton"),
]
ARRAY = "*fp32"
#: Kernel, what varies from launch to launch, and what is compiled in.
LAUNCHES: list[tuple[str, dict[str, str], dict[str, Any]]] = [
    ("sgd_update", {"w": ARRAY, "g": ARRAY, "eta": "fp32", "n": "i32"}, {"BLOCK": 1024}),
    (
        "sgd_momentum_update",
        {"w": ARRAY, "g": ARRAY, "v": ARRAY, "eta": "fp32", "mu": "fp32", "n": "i32"},
        {"BLOCK": 1024},
    ),
    *(
        (
            "add_up",
            {
                "X": ARRAY,
                "y": ARRAY,
                "theta": ARRAY,
                "parts": ARRAY,
                "rate": "fp32",
                "m": "i32",
            },
            {"d": d, "ROWS": rows, "COLUMNS": columns, "ALONE": alone},
        )
        for d, rows, columns, alone in ((4, 1024, 4, True), (4096, 1, 4096, False))
    ),
    (
        "update_from_parts",
        {"parts": ARRAY, "theta": ARRAY, "rate": "fp32", "n_columns": "i32"},
        {"n_parts": 7, "PARTS": 128, "COLUMNS": 16},
    ),
]


@pytest.fixture
def triton() -> None:
    for module in ("triton", "torch"):
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not installed: pip install -e '.[triton]' brings it")


@pytest.mark.peer
def test_the_arithmetic_in_the_interpreter(triton: None) -> None:
    # In a process of its own: Triton looks at the variable when a kernel is declared.
    done = subprocess.run(
        [sys.executable, "-m", "tests.cuda.triton_interpreted"],
        cwd=ROOT,
        env={**os.environ, "TRITON_INTERPRET": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr


COMPILE = """
import sys
import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from kernels.backends.triton import jitted
from tests.cuda.test_triton import LAUNCHES
for name, varying, compiled_in in LAUNCHES:
    signature = {**varying, **dict.fromkeys(compiled_in, "constexpr")}
    source = ASTSource(getattr(jitted, name), signature, constexprs=compiled_in)
    compiled = triton.compile(source, target=GPUTarget("cuda", int(sys.argv[1]), 32))
    assert compiled.asm["cubin"].startswith(b"\\x7fELF"), name
    assert "tf32" not in compiled.asm["ptx"], name
"""


@pytest.mark.peer
@pytest.mark.parametrize("capability", ["75", "80", "90"])
def test_machine_code_without_a_gpu(triton: None, capability: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", COMPILE, capability],
        cwd=ROOT,
        env={**os.environ, "TRITON_CACHE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("m", [1, 7, 1500, 10_000, 1_000_000])
@pytest.mark.parametrize("d", [1, 4, 33, 4096])
def test_a_step_is_cut_into_tiles_that_fit(m: int, d: int) -> None:
    shape = step_shape(m, d)
    assert shape.columns >= d
    assert shape.rows * shape.columns <= TILE
    for size in (shape.rows, shape.columns):
        assert size & (size - 1) == 0
    assert 1 <= shape.programs <= MOST_PROGRAMS


def test_a_cpu_is_not_listed() -> None:
    assert all(report.device.startswith("gpu(") for report in BACKEND.devices())


@pytest.mark.parametrize(
    "kernel",
    KERNELS,
    ids=lambda kernel: kernel.name,
)
def test_kernels_are_listed_without_triton(kernel: TrainKernel | UpdateKernel) -> None:
    assert kernel.name in {"triton.fused_step", "update.triton", "update.triton_momentum"}
    assert kernel.availability("gpu(0)")
