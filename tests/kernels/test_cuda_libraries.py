"""The CUDA libraries are found where the packages put them and loaded for all to see."""

from __future__ import annotations

import ctypes
from importlib.metadata import PackageNotFoundError
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pytest

from kernels.backends.mxnet import cuda_libraries
from kernels.backends.mxnet.cuda_libraries import LIBRARIES, find, gpu_wheel, preload

if TYPE_CHECKING:
    from collections.abc import Callable

SITE = Path("/site")


class Listed(PurePosixPath):
    """A file as a package's metadata lists it."""

    def locate(self) -> Path:
        return SITE / self


def distributions(**contents: list[str] | None) -> Callable[[str], list[Listed] | None]:
    """Stand in for ``importlib.metadata.files``; a package is written with ``_`` for ``-``."""

    def files(package: str) -> list[Listed] | None:
        try:
            listed = contents[package.replace("-", "_")]
        except KeyError:
            raise PackageNotFoundError(package) from None
        return None if listed is None else [Listed(path) for path in listed]

    return files


RUNTIME = ["nvidia/cuda_runtime/__init__.py", "nvidia/cuda_runtime/lib/libcudart.so.11.0"]
CUBLAS = ["nvidia/cublas/lib/libcublas.so.11", "nvidia/cublas/lib/libcublasLt.so.11"]


def test_a_library_is_found_by_its_file_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda_libraries, "files", distributions(nvidia_cublas_cu11=CUBLAS))
    found = find("libcublasLt.so.11", "nvidia-cublas-cu11")
    assert found == SITE / "nvidia/cublas/lib/libcublasLt.so.11"


@pytest.mark.parametrize("contents", [{}, {"p": []}, {"p": None}, {"p": RUNTIME}])
def test_none_where_it_is_not(
    monkeypatch: pytest.MonkeyPatch, contents: dict[str, list[str] | None]
) -> None:
    monkeypatch.setattr(cuda_libraries, "files", distributions(**contents))
    assert find("libcudart.so", "p") is None


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Record what is loaded and how; libcublas itself can't be."""
    calls: list[tuple[str, int]] = []

    def load(name: str, mode: int = ctypes.DEFAULT_MODE) -> None:
        if name.endswith("libcublas.so.11"):
            raise OSError("wrong ELF class")
        calls.append((name, mode))

    monkeypatch.setattr(ctypes, "CDLL", load)
    return calls


def test_what_is_installed_is_loaded_globally_and_the_rest_left(
    monkeypatch: pytest.MonkeyPatch, loaded: list[tuple[str, int]]
) -> None:
    contents = {"nvidia_cuda_runtime_cu11": RUNTIME, "nvidia_cublas_cu11": CUBLAS}
    monkeypatch.setattr(cuda_libraries, "files", distributions(**contents))
    assert preload() == ["libcudart.so.11.0", "libcublasLt.so.11"]
    assert loaded == [
        ("/site/nvidia/cuda_runtime/lib/libcudart.so.11.0", ctypes.RTLD_GLOBAL),
        ("/site/nvidia/cublas/lib/libcublasLt.so.11", ctypes.RTLD_GLOBAL),
    ]


def test_nothing_installed_loads_nothing(
    monkeypatch: pytest.MonkeyPatch, loaded: list[tuple[str, int]]
) -> None:
    monkeypatch.setattr(cuda_libraries, "files", distributions())
    assert preload() == []
    assert loaded == []


@pytest.mark.parametrize(
    ("library", "needs"),
    [
        ("libcublas.so.11", "libcublasLt.so.11"),
        ("libcusolver.so.11", "libcublas.so.11"),
        ("libcudnn.so.8", "libcublas.so.11"),
        ("libnccl.so.2", "libcudart.so.11.0"),
    ],
)
def test_a_library_comes_after_what_it_needs(library: str, needs: str) -> None:
    names = [name for name, _ in LIBRARIES]
    assert names.index(needs) < names.index(library)


def test_every_library_that_the_wheel_asks_for_is_listed() -> None:
    # ``readelf -d libmxnet.so`` of mxnet-cu112 1.9.1, less the system's and the driver's.
    assert {
        "libcudart.so.11.0",
        "libcublas.so.11",
        "libcufft.so.10",
        "libcurand.so.10",
        "libcusolver.so.11",
        "libcudnn.so.8",
        "libnccl.so.2",
        "libnvrtc.so.11.2",
        "libnvToolsExt.so.1",
    } <= {name for name, _ in LIBRARIES}


@pytest.mark.parametrize("contents", [["mxnet/libmxnet.so"], []])
def test_the_gpu_wheel_is_named_where_it_is_installed(
    monkeypatch: pytest.MonkeyPatch, contents: list[str]
) -> None:
    monkeypatch.setattr(cuda_libraries, "files", distributions(mxnet_cu112=contents))
    assert gpu_wheel() == "mxnet-cu112"


def test_wheels_for_other_cuda_are_gpu_wheels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda_libraries, "files", distributions(mxnet_cu117=[]))
    assert gpu_wheel() == "mxnet-cu117"


def test_the_cpu_wheel_is_no_gpu_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda_libraries, "files", distributions(mxnet=["mxnet/libmxnet.so"]))
    assert gpu_wheel() is None
