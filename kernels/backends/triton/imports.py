"""Triton and the kernels that it compiles, imported at the first use of a name in them."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any


class _LazyModule(ModuleType):
    """A module of that name; what was used once is a plain attribute from then on."""

    def __getattr__(self, name: str) -> Any:
        value = getattr(importlib.import_module(self.__name__), name)
        setattr(self, name, value)
        return value


triton: Any = _LazyModule("triton")
jitted: Any = _LazyModule("kernels.backends.triton.jitted")
