"""Counts the bytes that CuPy's memory pool has given out.

The pool tells how many they are now, not how many they were at most; its hooks are called
whenever that changes (CuPy User Guide, "Memory Management").
"""

from __future__ import annotations

from typing import Any

from kernels.backends.cupy.imports import cupy

MemoryHook: Any = cupy.cuda.MemoryHook


class PeakHook(MemoryHook):  # type: ignore[misc] # CuPy ships no types
    """Follows one GPU's memory in this thread, from ``with`` to the end of its block.

    Parameters
    ----------
    device : int
        CUDA's number of the GPU.
    used_bytes : int
        What the pool has given out before.

    Attributes
    ----------
    used_bytes, peak_bytes : int
        In the pool's units: every array is rounded up to 512 bytes.
    """

    name = "PeakHook"

    def __init__(self, device: int, used_bytes: int) -> None:
        self._device = device
        self.used_bytes = self.peak_bytes = used_bytes

    def __enter__(self) -> PeakHook:
        """Begin to follow."""
        super().__enter__()
        return self

    def malloc_postprocess(self, **told: Any) -> None:
        """Add what was given out; CuPy calls it also where that failed."""
        if told["device_id"] == self._device and told["mem_ptr"]:
            self.used_bytes += told["mem_size"]
            self.peak_bytes = max(self.peak_bytes, self.used_bytes)

    def free_postprocess(self, **told: Any) -> None:
        """Take off what was given back."""
        if told["device_id"] == self._device:
            self.used_bytes -= told["mem_size"]
