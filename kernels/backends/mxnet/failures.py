"""Turns what went wrong while importing MXNet into one sentence that names the remedy."""

from __future__ import annotations

import re
import sys

import numpy as np

from kernels.backends.mxnet.cuda_libraries import PACKAGES
from kernels.contract import Availability, Status

INSTALL = "pip install -e '.[cpu]', or '.[cu112]' for NVIDIA GPUs"
#: From this Python on there is no NumPy that the wheel declares: it is installed by itself.
ALONE = (3, 13)

#: System library and the Debian package that brings it.
SYSTEM_PACKAGES = {
    "libquadmath.so.0": "libquadmath0",
    "libgomp.so.1": "libgomp1",
    "libgfortran.so.3": "libgfortran3",
}

_MISSING_LIBRARY = re.compile(r"(lib[\w.+-]+\.so[\w.]*): cannot open shared object file")


def _library(name: str) -> Availability:
    """Explain a shared library that the dynamic linker did not find."""
    if name == "libcuda.so.1":
        return Availability(
            Status.NO_DEVICE,
            "MXNet's GPU wheel can't be imported without the NVIDIA driver (libcuda.so.1).",
            "Install the driver, or the CPU wheel: pip uninstall mxnet-cu112, "
            "then pip install -e '.[cpu]'.",
        )
    if name in PACKAGES:
        return Availability(
            Status.BROKEN,
            f"MXNet's GPU wheel needs {name}, which is not installed.",
            f"pip install -e '.[cu112]' brings it (package {PACKAGES[name]}).",
        )
    package = SYSTEM_PACKAGES.get(name)
    remedy = (
        f"On Debian or Ubuntu: apt-get install {package}."
        if package
        else "Install the system package that brings it."
    )
    return Availability(
        Status.BROKEN, f"MXNet needs the system library {name}, which is missing.", remedy
    )


def _numpy() -> Availability | None:
    """Explain a NumPy that MXNet can't work with."""
    major, minor = (int(part) for part in np.__version__.split(".")[:2])
    if not (1, 26) <= (major, minor) < (3, 0):
        return Availability(
            Status.BROKEN,
            f"MXNet 1.9.1 does not work on NumPy {np.__version__}.",
            "Use NumPy 1.26 or 2: pip install 'numpy>=1.26,<3'.",
        )
    return None


def explain(error: BaseException) -> Availability:
    """Say why MXNet could not be imported, and what to do.

    Parameters
    ----------
    error : BaseException
        What the import raised.

    Returns
    -------
    Availability
        Never an available one.
    """
    if isinstance(error, ModuleNotFoundError) and error.name == "mxnet":
        return Availability(
            Status.MISSING,
            "mxnet is not installed.",
            f"{INSTALL}, then pip install --no-deps mxnet==1.9.1."
            if sys.version_info >= ALONE
            else f"{INSTALL}.",
        )
    if isinstance(error, ModuleNotFoundError) and error.name == "distutils":
        return Availability(
            Status.BROKEN,
            "MXNet needs distutils, which Python 3.12 no longer ships.",
            "pip install setuptools.",
        )
    if match := _MISSING_LIBRARY.search(str(error)):
        return _library(match.group(1))
    if (unsupported := _numpy()) is not None:  # an answer that is false by itself
        return unsupported
    return Availability(
        Status.BROKEN,
        f"importing mxnet raised {type(error).__name__}: {' '.join(str(error).split())}",
        "Reinstall it: pip install --force-reinstall --no-deps mxnet==1.9.1.",
    )
