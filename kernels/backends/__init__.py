"""The libraries that kernels run on, found by being there; importing this imports none.

Every package in this folder has a ``BACKEND``: to add a library is to add a folder.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kernels.contract import Backend

#: On GPUs from compute capability 8.0 on cuBLAS rounds the factors of float32 products to 10
#: bits (TF32) where a library lets it, as MXNet does for ``linalg_gemm`` and so for Gluon's
#: ``Dense``; such a product does not match the reference. ``0`` forbids it to all libraries of
#: NVIDIA's that are loaded from now on; what a user has set stays.
TF32 = "NVIDIA_TF32_OVERRIDE"
os.environ.setdefault(TF32, "0")

#: The library that the suite is about comes first wherever backends are listed.
FIRST = "mxnet"


def _discover() -> dict[str, Backend]:
    """Import every package of this folder and collect the backends by name."""
    packages = [module.name for module in pkgutil.iter_modules(__path__) if module.ispkg]
    packages.sort(key=lambda name: (name != FIRST, name))
    found = [importlib.import_module(f"{__name__}.{name}").BACKEND for name in packages]
    return {backend.name: backend for backend in found}


BACKENDS: dict[str, Backend] = _discover()


def get(name: str) -> Backend:
    """Return the backend of a name.

    Parameters
    ----------
    name : str

    Returns
    -------
    Backend

    Raises
    ------
    KeyError
        When there is none of that name.
    """
    return BACKENDS[name]
