"""Loads the CUDA 11 libraries that MXNet's GPU wheel needs and does not ship.

The ``cu112`` extra installs them from the ``nvidia-*-cu11`` packages, which put them in
folders that the dynamic linker does not search. Loaded by full path and with their
symbols made global, they are found when ``libmxnet.so`` asks for them by name.
"""

from __future__ import annotations

import ctypes
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

#: Library and the package that brings it, each after those that it needs itself.
LIBRARIES = (
    ("libcudart.so.11.0", "nvidia-cuda-runtime-cu11"),
    ("libnvrtc.so.11.2", "nvidia-cuda-nvrtc-cu11"),
    ("libnvToolsExt.so.1", "nvidia-nvtx-cu11"),
    ("libcublasLt.so.11", "nvidia-cublas-cu11"),
    ("libcublas.so.11", "nvidia-cublas-cu11"),
    ("libcufft.so.10", "nvidia-cufft-cu11"),
    ("libcurand.so.10", "nvidia-curand-cu11"),
    ("libcusolver.so.11", "nvidia-cusolver-cu11"),
    ("libcudnn.so.8", "nvidia-cudnn-cu11"),
    ("libnccl.so.2", "nvidia-nccl-cu11"),
)
PACKAGES = dict(LIBRARIES)


#: The one that the suite installs comes first.
GPU_WHEELS = tuple(f"mxnet-cu{one}" for one in (112, 117, 110, 102, 101, 100, 92))


def gpu_wheel() -> str | None:
    """Return the name of the installed MXNet GPU wheel, if one is installed."""
    for name in GPU_WHEELS:
        with suppress(PackageNotFoundError):
            files(name)
            return name
    return None


def find(library: str, package: str) -> Path | None:
    """Return where a package has put a library.

    Parameters
    ----------
    library : str
        File name, as ``libmxnet.so`` asks for it.
    package : str

    Returns
    -------
    Path or None
        None when the package is not installed or does not hold it.
    """
    try:
        listed = files(package) or []
    except PackageNotFoundError:
        return None
    return next((Path(path.locate()) for path in listed if path.name == library), None)


def preload() -> list[str]:
    """Load the libraries that are installed, so that ``libmxnet.so`` finds them.

    Returns
    -------
    list of str
        Those loaded. One that is missing or can't be loaded is left for the import of
        MXNet to name.
    """
    loaded = []
    for library, package in LIBRARIES:
        path = find(library, package)
        if path is None:
            continue
        try:
            ctypes.CDLL(str(path), mode=ctypes.RTLD_GLOBAL)
        except OSError:
            continue
        loaded.append(library)
    return loaded
