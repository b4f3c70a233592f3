"""The libraries that kernels run on, found by being there; importing this imports none.

Every package in this folder has a ``BACKEND``: to add a library is to add a folder.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

from kernels import tf32

if TYPE_CHECKING:
    from kernels.contract import Backend

tf32.settle()

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
