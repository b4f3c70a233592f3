"""CuPy, imported at the first use of a name in it, with the CUDA libraries that it needs.

CuPy's wheel asks the dynamic linker for NVRTC and cuBLAS. The ``cupy`` extra installs them
from the ``nvidia-*-cu12`` packages, into folders that the linker does not search; what is
loaded already it finds by name. Not with ``RTLD_GLOBAL``: MXNet's GPU wheel has the same
functions from CUDA 11.
"""

from __future__ import annotations

import ctypes
import os
from functools import cache
from typing import Any

from kernels import tf32
from kernels.backends.mxnet.cuda_libraries import find
from kernels.backends.optional import LazyModule

#: Library and the package that brings it, each after those that it needs itself.
LIBRARIES = (
    ("libnvrtc.so.12", "nvidia-cuda-nvrtc-cu12"),
    ("libcublasLt.so.12", "nvidia-cublas-cu12"),
    ("libcublas.so.12", "nvidia-cublas-cu12"),
)


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
    for library, package in LIBRARIES:
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
