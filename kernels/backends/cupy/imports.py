"""CuPy, imported at the first use of a name in it, with the CUDA libraries that it needs.

CuPy has a wheel for each CUDA. It asks the dynamic linker for NVRTC and cuBLAS. The extras
install them from NVIDIA's packages, into folders that the linker does not search; what is
loaded already it finds by name, and takes instead of another CUDA's that is installed too. Not
with ``RTLD_GLOBAL``: MXNet's GPU wheel has the same functions from CUDA 11.
"""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from typing import Any

from kernels import tf32
from kernels.backends.mxnet.cuda_libraries import find
from kernels.backends.optional import LazyModule


@dataclass(frozen=True)
class Wheel:
    """CuPy for one CUDA.

    Attributes
    ----------
    name : str
        Of the package.
    extra : str
        The extra of this project that brings it.
    cuda : int
        The major version.
    libraries : tuple of (str, str)
        Library and the package that brings it, each after those that it needs itself.
    """

    name: str
    extra: str
    cuda: int
    libraries: tuple[tuple[str, str], ...]


WHEELS = (
    Wheel(
        "cupy-cuda12x",
        "cupy",
        12,
        (
            ("libnvrtc.so.12", "nvidia-cuda-nvrtc-cu12"),
            ("libcublasLt.so.12", "nvidia-cublas-cu12"),
            ("libcublas.so.12", "nvidia-cublas-cu12"),
        ),
    ),
    Wheel(
        "cupy-cuda13x",
        "cupy13",
        13,
        (
            ("libnvrtc.so.13", "nvidia-cuda-nvrtc"),
            ("libcublasLt.so.13", "nvidia-cublas"),
            ("libcublas.so.13", "nvidia-cublas"),
        ),
    ),
)


def wheel() -> Wheel:
    """Return the one that is installed, and the first where none is."""
    for each in WHEELS:
        with suppress(metadata.PackageNotFoundError):
            metadata.version(each.name)
            return each
    return WHEELS[0]


@cache
def make_ready() -> tuple[str, ...]:
    """Load the libraries that are installed, and say to CuPy how products are to be done.

    Returns
    -------
    tuple of str
        Those loaded. One that is missing is left for CuPy to find, or to name.
    """
    os.environ["CUPY_TF32"] = str(int(tf32.is_allowed()))  # CuPy reads it once
    loaded = []
    for library, package in wheel().libraries:
        path = find(library, package)
        if path is None:
            continue
        try:
            ctypes.CDLL(str(path), mode=ctypes.RTLD_LOCAL)
        except OSError:
            continue
        loaded.append(library)
    return tuple(loaded)


cupy: Any = LazyModule("cupy", make_ready)
