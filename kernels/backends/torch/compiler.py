"""What ``torch.compile`` needs here, and how it is called."""

from __future__ import annotations

import importlib
import importlib.util
import os
import shutil
import sysconfig
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kernels.backends.torch.imports import torch
from kernels.contract import AVAILABLE, Availability, Status

if TYPE_CHECKING:
    from collections.abc import Callable


def _python_headers() -> Availability:
    """Say whether ``Python.h`` is there, which all code that it compiles includes."""
    folder = Path(sysconfig.get_path("include"))
    if (folder / "Python.h").is_file():
        return AVAILABLE
    return Availability(
        Status.MISSING,
        f"torch.compile needs Python's headers, and {folder} has no Python.h.",
        "apt-get install python3-dev, or the like for this Python.",
    )


def _cpp_compiler() -> Availability:
    """Say whether the C++ compiler is there that ``torch.compile`` takes on a CPU."""
    name = os.environ.get("CXX", "g++")
    if shutil.which(name) is not None:
        return AVAILABLE
    return Availability(
        Status.MISSING,
        f"torch.compile needs a C++ compiler on a CPU, and {name!r} is not found.",
        "apt-get install g++, or name a compiler in the environment variable CXX.",
    )


def _triton() -> Availability:
    """Say whether Triton is there, with the C compiler that builds its launchers."""
    if importlib.util.find_spec("triton") is None:
        return Availability(
            Status.MISSING,
            "torch.compile needs Triton on a GPU, and it is not installed.",
            "pip install triton, in the version that this PyTorch asks for.",
        )
    names = [os.environ["CC"]] if "CC" in os.environ else ["gcc", "clang"]
    if not any(map(shutil.which, names)):
        return Availability(
            Status.MISSING,
            f"Triton needs a C compiler, and {' or '.join(names)} is not found.",
            "apt-get install gcc, or name a compiler in the environment variable CC.",
        )
    return AVAILABLE


def availability(device: str) -> Availability:
    """Say whether ``torch.compile`` can compile for a device; compiles nothing.

    Parameters
    ----------
    device : str

    Returns
    -------
    Availability
    """
    headers = _python_headers()
    if not headers:
        return headers
    return _triton() if device.startswith("gpu") else _cpp_compiler()


def compiled(function: Callable[..., None]) -> Any:
    """Have a function compiled at its first call, for all batch sizes at once.

    Only a size of 1 is compiled apart, which ``torch.compile`` always does.

    Parameters
    ----------
    function : callable
        Takes tensors. Whether a number among its arguments is compiled in, so that every
        other one compiles anew, depends on the version of PyTorch.

    Returns
    -------
    callable
    """
    # PyTorch's own modules use names of PyTorch that warn.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        importlib.import_module("torch._inductor.compile_fx")
    # In this process: no pool of workers beside what is being timed.
    torch._inductor.config.compile_threads = 1
    return torch.compile(function, dynamic=True)
