"""What the ``update.numba_*`` kernels share: arrays, and the compiled loops."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from kernels.defaults import UpdateDefaults

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kernels.contract import Weight


@cache
def plain(*, parallel: bool) -> Callable[..., None]:
    """Return ``w <- w - eta g`` over the elements, compiled when it is first called."""
    from numba import njit, prange

    @njit(fastmath={"contract"}, parallel=parallel)  # type: ignore[untyped-decorator]
    def update(w: Any, g: Any, eta: Any) -> None:
        for i in prange(len(w)):
            w[i] -= eta * g[i]

    loop: Callable[..., None] = update
    return loop


@cache
def with_momentum() -> Callable[..., None]:
    """Return ``v <- mu v - eta g, w <- w + v`` over the elements."""
    from numba import njit

    @njit(fastmath={"contract"})  # type: ignore[untyped-decorator]
    def update(w: Any, g: Any, v: Any, eta: Any, mu: Any) -> None:
        for i in range(len(w)):
            v[i] = mu * v[i] - eta * g[i]
            w[i] += v[i]

    loop: Callable[..., None] = update
    return loop


@dataclass
class UpdateState:
    """Arrays of one update, in tuples as the loop takes them.

    Attributes
    ----------
    weights : list of ndarray, each of shape (n,)
    calls : list of tuple
        For each tensor the arguments of the loop.
    loop : callable
    """

    weights: list[Any]
    calls: list[tuple[Any, ...]]
    loop: Callable[..., None]


class NumbaUpdateKernel(UpdateDefaults):
    """An update by a compiled loop; subclasses say which."""

    backend = "numba"
    device_kinds = ("cpu",)
    parallel = False

    def prepare(
        self,
        device: str,  # noqa: ARG002 - there is one
        weights: Sequence[Weight],
        gradients: Sequence[Weight],
        eta: float,
    ) -> UpdateState:
        """Copy the parameters and their gradients."""
        w, g = [one.copy() for one in weights], [one.copy() for one in gradients]
        rate, mu = np.float32(eta), np.float32(self.rule.momentum)
        if mu:
            calls = [(a, b, np.zeros_like(a), rate, mu) for a, b in zip(w, g, strict=True)]
            return UpdateState(w, calls, with_momentum())
        pairs = [(a, b, rate) for a, b in zip(w, g, strict=True)]
        return UpdateState(w, pairs, plain(parallel=self.parallel))

    def update(self, state: UpdateState) -> None:
        """Update every tensor, one after the other."""
        loop = state.loop
        for arguments in state.calls:
            loop(*arguments)

    def parameters(self, state: UpdateState) -> list[Weight]:
        """Return copies of the parameters, each of shape (n,)."""
        return [one.copy() for one in state.weights]
