"""What is asked of the driver, and which CUDA libraries are loaded for CuPy."""

from __future__ import annotations

import ctypes
import os
from importlib import metadata
from typing import TYPE_CHECKING, Any

import pytest

from kernels.backends.cuda_driver import CudaDevice, DriverError
from kernels.backends.cupy import devices as cupy_devices
from kernels.backends.cupy import imports
from kernels.backends.numba import gpu_devices
from kernels.cuda import gpu

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


GPU = CudaDevice(0, "NVIDIA Test", "GPU-0", (9, 0))


class Driver:
    """Two GPUs; every multiprocessor count is in the handle."""

    def cuInit(self, flags: int) -> int:  # noqa: N802 - the driver's names
        assert flags == 0
        return 0

    def cuDeviceGet(self, handle: Any, index: int) -> int:  # noqa: N802
        handle._obj.value = 100 + index
        return 0 if index < 2 else 101

    def cuDeviceGetAttribute(self, value: Any, attribute: int, handle: Any) -> int:  # noqa: N802
        assert attribute == 16  # CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT in cuda.h
        value._obj.value = handle.value
        return 0


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    for remembered in (gpu.multiprocessors, imports.make_ready):
        remembered.cache_clear()
    yield
    for remembered in (gpu.multiprocessors, imports.make_ready):
        remembered.cache_clear()


def test_the_driver_counts_multiprocessors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: Driver())
    assert gpu.multiprocessors("gpu(0)") == 100
    assert gpu.multiprocessors("gpu(1)") == 101
    with pytest.raises(DriverError, match=r"gpu\(2\)"):
        gpu.multiprocessors("gpu(2)")


def test_no_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise OSError(name)

    monkeypatch.setattr(ctypes, "CDLL", missing)
    with pytest.raises(DriverError, match="no NVIDIA driver is installed"):
        gpu.multiprocessors("gpu(0)")


def installed(monkeypatch: pytest.MonkeyPatch, *packages: str) -> None:
    """Have these packages, and no others, installed."""

    def version(name: str) -> str:
        if name not in packages:
            raise metadata.PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr(metadata, "version", version)


@pytest.mark.parametrize(
    ("wheel", "packages", "cuda"),
    [
        ("cupy-cuda12x", {"nvidia-cuda-nvrtc-cu12", "nvidia-cublas-cu12"}, "12"),
        ("cupy-cuda13x", {"nvidia-cuda-nvrtc", "nvidia-cublas"}, "13"),
    ],
)
def test_libraries_from_packages_are_loaded_before_cupy(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    wheel: str,
    packages: set[str],
    cuda: str,
) -> None:
    monkeypatch.setenv("CUPY_TF32", "1")
    installed(monkeypatch, wheel)
    asked: set[str] = set()
    loaded: list[tuple[str, int]] = []

    def find(library: str, package: str) -> Path | None:
        asked.add(package)
        return tmp_path / library if "nvrtc" not in package else None

    def load(path: str, mode: int) -> None:
        loaded.append((path, mode))
        if "Lt" in path:
            raise OSError(path)

    monkeypatch.setattr(imports, "find", find)
    monkeypatch.setattr(ctypes, "CDLL", load)
    assert imports.make_ready() == (f"libcublas.so.{cuda}",)
    assert asked == packages
    assert [path for path, _ in loaded] == [
        str(tmp_path / f"libcublasLt.so.{cuda}"),
        str(tmp_path / f"libcublas.so.{cuda}"),
    ]
    # MXNet's GPU wheel has the same names from CUDA 11.
    assert all(mode == ctypes.RTLD_LOCAL for _, mode in loaded)
    assert os.environ["CUPY_TF32"] == "0"


@pytest.mark.parametrize(
    ("wheel", "told"),
    [
        ("cupy-cuda12x", "needs CUDA 12. pip install -e '.[cupy]' brings"),
        ("cupy-cuda13x", "needs CUDA 13. pip install -e '.[cupy13]' brings"),
    ],
)
def test_where_cupy_fails_the_remedy_is_of_its_cuda(
    monkeypatch: pytest.MonkeyPatch, wheel: str, told: str
) -> None:
    installed(monkeypatch, wheel)
    monkeypatch.setattr(cupy_devices, "try_operators", lambda device: "no")
    assert told in cupy_devices.judge(GPU).remedy


@pytest.mark.parametrize(
    ("binding", "told"),
    [
        ("12.9.10", "needs CUDA 12. pip install -e '.[numba-cuda]' brings"),
        ("13.5.0", "needs CUDA 13. pip install -e '.[numba-cuda13]' brings"),
    ],
)
def test_where_numba_fails_the_remedy_is_of_its_cuda(
    monkeypatch: pytest.MonkeyPatch, binding: str, told: str
) -> None:
    monkeypatch.setattr(metadata, "version", {"cuda-bindings": binding}.__getitem__)
    monkeypatch.setattr(gpu_devices, "try_kernel", lambda device: "no")
    assert told in gpu_devices.judge(GPU).remedy
