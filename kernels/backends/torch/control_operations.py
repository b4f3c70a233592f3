"""The array operations of the controls, with PyTorch tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kernels.backends.torch.devices import named
from kernels.backends.torch.imports import torch
from kernels.backends.torch.threads import restore
from kernels.controls import SCALE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class TorchOperations:
    """Operations on tensors of one device."""

    def __init__(self, device: str) -> None:
        restore()
        self._device = named(device)
        self._from_numpy, self._add, self._mm = torch.from_numpy, torch.add, torch.mm

    def to_device(self, host: NDArray[np.float32]) -> Any:
        """Copy a NumPy array to a new tensor."""
        return self._from_numpy(host).to(self._device, copy=True)

    def to_host(self, array: Any) -> NDArray[np.float32]:
        """Wait, and copy to a NumPy array."""
        host: NDArray[np.float32] = array.to("cpu", copy=True).numpy()
        return host

    def copy_into(self, target: Any, source: Any) -> Any:
        """Enqueue a copy from one tensor to another."""
        return target.copy_(source)

    def triad(self, a: Any, b: Any, c: Any) -> Any:
        """Enqueue ``add`` with its factor: one pass."""
        return self._add(b, c, alpha=SCALE, out=a)

    def matmul(self, target: Any, a: Any, b: Any) -> Any:
        """Enqueue ``mm`` into the target."""
        return self._mm(a, b, out=target)

    def empty(self, array: Any) -> Any:
        """Enqueue a negation in place."""
        return array.neg_()
