"""PyTorch, imported at the first use of a name in it."""

from __future__ import annotations

from typing import Any

from kernels.backends.optional import LazyModule

torch: Any = LazyModule("torch")
