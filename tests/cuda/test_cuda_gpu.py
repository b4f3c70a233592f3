"""What is asked of the driver, and which CUDA libraries are loaded for CuPy."""

from __future__ import annotations

import ctypes
import os
from typing import TYPE_CHECKING, Any

import pytest

from kernels.backends.cuda_driver import DriverError
from kernels.backends.cupy import imports
from kernels.cuda import gpu

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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


def test_libraries_from_packages_are_loaded_before_cupy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CUPY_TF32", "1")
    loaded: list[tuple[str, int]] = []

    def find(library: str, package: str) -> Path | None:
        return tmp_path / library if package != "nvidia-cuda-nvrtc-cu12" else None

    def load(path: str, mode: int) -> None:
        loaded.append((path, mode))
        if "Lt" in path:
            raise OSError(path)

    monkeypatch.setattr(imports, "find", find)
    monkeypatch.setattr(ctypes, "CDLL", load)
    assert imports.make_ready() == ("libcublas.so.12",)
    assert [path for path, _ in loaded] == [
        str(tmp_path / "libcublasLt.so.12"),
        str(tmp_path / "libcublas.so.12"),
    ]
    # MXNet's GPU wheel has the same names from CUDA 11.
    assert all(mode == ctypes.RTLD_LOCAL for _, mode in loaded)
    assert os.environ["CUPY_TF32"] == "0"
