"""JAX, imported at the first use of a name in it."""

from __future__ import annotations

import importlib
import os
from types import ModuleType
from typing import Any

# JAX takes three quarters of a GPU's memory for itself when it first touches it, which
# leaves too little for the libraries that it is measured beside. It reads this then.
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")


class _LazyModule(ModuleType):
    """A module of that name; what was used once is a plain attribute from then on."""

    def __getattr__(self, name: str) -> Any:
        value = getattr(importlib.import_module(self.__name__), name)
        setattr(self, name, value)
        return value


jax: Any = _LazyModule("jax")
jnp: Any = _LazyModule("jax.numpy")
