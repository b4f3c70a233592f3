"""What the ``update.*`` kernels of MXNet share: parameters, gradients, velocities, a rate."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from kernels.backends.mxnet.batches import context
from kernels.backends.mxnet.imports import mx
from kernels.defaults import UpdateDefaults

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kernels.contract import Weight

#: The most tensors that one of MXNet's ``multi_*`` operators takes.
MOST_TENSORS = 60


@dataclass
class UpdateState:
    """Arrays of one update.

    Attributes
    ----------
    w, g : list of NDArray, each of shape (n,)
    eta : float
    v : list of NDArray
        Velocities, in momentum kernels.
    apply : object
        What else the kernel made in ``prepare``.
    """

    w: list[Any]
    g: list[Any]
    eta: float
    v: list[Any] = field(default_factory=list)
    apply: Any = None


class NdUpdateKernel(UpdateDefaults, ABC):
    """An update of ``nd`` arrays; subclasses give ``update``."""

    backend = "mxnet"

    def prepare(
        self, device: str, weights: Sequence[Weight], gradients: Sequence[Weight], eta: float
    ) -> UpdateState:
        """Copy the parameters and their gradients to the device."""
        ctx, dtype = context(device), "float32" if self.precision == "float32" else "float16"
        w = [mx.nd.array(one, ctx=ctx, dtype=dtype) for one in weights]
        g = [mx.nd.array(one, ctx=ctx, dtype=dtype) for one in gradients]
        v = [mx.nd.zeros(one.shape, ctx=ctx) for one in w] if self.rule.momentum else []
        return UpdateState(w=w, g=g, eta=eta, v=v)

    @abstractmethod
    def update(self, state: UpdateState) -> None:
        """Enqueue one update of all tensors; timed."""

    def parameters(self, state: UpdateState) -> list[Weight]:
        """Wait, and return the parameters, each of shape (n,)."""
        return [w.asnumpy().astype(np.float32, copy=False) for w in state.w]


def groups(n_tensors: int) -> Iterator[slice]:
    """Cut a list of tensors into as few parts as the ``multi_*`` operators take.

    Parameters
    ----------
    n_tensors : int

    Yields
    ------
    slice
    """
    for first in range(0, n_tensors, MOST_TENSORS):
        yield slice(first, min(first + MOST_TENSORS, n_tensors))


def interleaved(*lists: Sequence[Any]) -> list[Any]:
    """Put lists together as the ``multi_*`` operators want them: w0, g0, w1, g1, …."""
    return [array for arrays in zip(*lists, strict=True) for array in arrays]
