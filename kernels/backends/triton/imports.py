"""Triton and the kernels that it compiles, imported at the first use of a name in them."""

from __future__ import annotations

from typing import Any

from kernels.backends.optional import LazyModule

triton: Any = LazyModule("triton")
jitted: Any = LazyModule("kernels.backends.triton.jitted")
