"""Numba's kernels for GPUs: their arithmetic in its simulator, and that it compiles them."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kernels.backends.numba import BACKEND, gpu_devices
from kernels.backends.numba.gpu_shape import (
    MOST_THREADS,
    SHARED_BYTES,
    WARP,
    blocks,
    epoch_shape,
)
from kernels.contract import Status
from kernels.registry import discover

if TYPE_CHECKING:
    from kernels.contract import TrainKernel, UpdateKernel

ROOT = Path(__file__).parents[2]
REGISTRY = discover()
FOR_GPUS = {
    "numba.cuda_epoch",
    "numba.cuda_epoch_momentum",
    "update.numba_cuda",
    "update.numba_cuda_momentum",
}
REGISTERS = 65536


@pytest.fixture
def numba_cuda() -> None:
    if not (answer := BACKEND.probe() and gpu_devices.installed()):
        pytest.skip(str(answer))


def run(*arguments: str, **variables: str) -> str:
    """Run Python in a process of its own: Numba chooses its simulator when imported."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.peer
def test_the_arithmetic_in_the_simulator(numba_cuda: None) -> None:
    run("-m", "tests.cuda.numba_simulated", NUMBA_ENABLE_CUDASIM="1")


COMPILE = """
import itertools
import re
import sys
from numba import cuda, float32, int32, int64
from kernels.backends.numba import gpu_epoch, gpu_jitted
v, X, places = float32[::1], float32[:, ::1], int32[::1]
state, sizes = (v, v, float32, v), (int32, int32, int32)
shapes = itertools.product((False, True), (False, True))
kernels = [
    *(
        (gpu_epoch.epoch(momentum=m, in_shared=s), (X, v, places, v, *state, *sizes))
        for m, s in shapes
    ),
    (gpu_jitted.update, (v, v, float32)),
    (gpu_jitted.momentum_update, (v, v, v, float32, float32)),
    (gpu_jitted.gather, (X, v, int64[::1], X, v)),
    (gpu_jitted.triad, (v, v, v)),
    (gpu_jitted.matmul, (X, X, X)),
    (gpu_jitted.negate, (v,)),
    (gpu_jitted.hold, (int32,)),
]
capability = (int(sys.argv[1][0]), int(sys.argv[1][1]))
for i, (kernel, signature) in enumerate(kernels):
    ptx, _ = cuda.compile(kernel.py_func, signature, cc=capability, device=False, abi="numba")
    assert not re.search(r"\\.f64", ptx), kernel
    with open(f"{sys.argv[2]}/{i}.ptx", "w") as file:
        file.write(ptx)
"""


def nvidia_compiler() -> Path | None:
    """Return the folder of the compiler that the extra brings, or None."""
    nvidia = importlib.util.find_spec("nvidia")
    places = (nvidia and nvidia.submodule_search_locations) or []
    found = [Path(place) / "cuda_nvcc" for place in places]
    return next((folder for folder in found if (folder / "nvvm").is_dir()), None)


@pytest.mark.peer
@pytest.mark.parametrize("capability", ["75", "80", "90"])
def test_machine_code_without_a_gpu(numba_cuda: None, capability: str, tmp_path: Path) -> None:
    compiler = nvidia_compiler()
    if compiler is None:
        pytest.skip("NVVM is not installed: pip install -e '.[numba-cuda]' brings it")
    run("-c", COMPILE, capability, str(tmp_path))
    files = sorted(tmp_path.glob("*.ptx"))
    assert len(files) == 11
    for file in files:
        # A block for which there are not enough registers can't be launched.
        limit = f"--maxrregcount={REGISTERS // MOST_THREADS}"
        command = [str(compiler / "bin" / "ptxas"), "-v", f"-arch=sm_{capability}", limit]
        done = subprocess.run(
            [*command, str(file), "-o", str(file.with_suffix(".cubin"))],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert " 0 bytes spill stores" in done.stderr, "not enough registers"


@pytest.mark.parametrize("momentum", [False, True])
@pytest.mark.parametrize("m", [1, 7, 64, 1500, 1_000_000])
@pytest.mark.parametrize("d", [1, 4, 5, 33, 64, 511, 512, 4096, 50_000])
def test_the_block_of_an_epoch(m: int, d: int, momentum: bool) -> None:
    shape = epoch_shape(m, d, momentum=momentum)
    for size in (shape.threads, shape.lanes, shape.parts):
        assert size & (size - 1) == 0
    assert WARP <= shape.threads <= MOST_THREADS
    assert 1 <= shape.lanes <= shape.threads
    # A column that threads share has threads of its own.
    assert shape.parts == 1 or shape.threads // shape.parts > d
    assert 4 * shape.n_shared <= SHARED_BYTES
    assert shape.in_shared or d > 64


@pytest.mark.parametrize("n", [1, 256, 257])
def test_every_element_has_a_thread(n: int) -> None:
    assert blocks(n) == (1 if n <= 256 else 2)


def test_kernels_for_gpus_and_for_cpus() -> None:
    kernels: list[TrainKernel | UpdateKernel]
    kernels = [*REGISTRY.train.values(), *REGISTRY.update.values()]
    kinds = {one.name: one.device_kinds for one in kernels if one.backend == "numba"}
    for_gpus = {name for name, kind in kinds.items() if kind == ("gpu",)}
    assert for_gpus == FOR_GPUS
    assert all(kinds[name] == ("cpu",) for name in kinds.keys() - for_gpus)


def test_devices_without_numba_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu_devices, "reports", gpu_devices.reports.__wrapped__)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    (report,) = gpu_devices.reports()
    assert report.device == "gpu(0)"
    assert report.availability.status is Status.MISSING
    assert "'.[numba-cuda]'" in report.availability.remedy


def test_the_cpu_is_listed_first_and_as_usable_as_numba() -> None:
    first, *others = BACKEND.devices()
    assert (first.device, first.availability) == ("cpu(0)", BACKEND.probe())
    assert others
    assert all(report.device.startswith("gpu(") for report in others)


def test_numba_cuda_takes_no_file_for_its_own() -> None:
    # Its finder answers for every module with ``numba.cuda`` in its name, endlessly.
    folder = ROOT / "kernels" / "backends" / "numba"
    assert not list(folder.glob("cuda*"))
