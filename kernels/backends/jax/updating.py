"""What the ``update.jax*`` kernels share: parameters, gradients, velocities, a rate."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from kernels.backends.jax.devices import named
from kernels.backends.jax.imports import jax
from kernels.defaults import UpdateDefaults

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kernels.contract import Weight


@dataclass
class JaxUpdateState:
    """Arrays of one update.

    Attributes
    ----------
    w, g : list of Array, each of shape (n,)
    eta : float
    v : list of Array
        Velocities, in momentum kernels.
    """

    w: list[Any]
    g: list[Any]
    eta: float
    v: list[Any]


class JaxUpdateKernel(UpdateDefaults, ABC):
    """One compiled call for all tensors; subclasses give ``updated`` and ``update``."""

    backend = "jax"

    @staticmethod
    @abstractmethod
    def updated(kept: Any, g: list[Any], eta: Any) -> Any:
        """Write down one update of all tensors: from what it keeps to what it keeps then."""

    @cached_property
    def compiled(self) -> Any:
        """The update, compiled once for each list of shapes; it writes in place."""
        return jax.jit(self.updated, donate_argnums=0)

    def prepare(
        self, device: str, weights: Sequence[Weight], gradients: Sequence[Weight], eta: float
    ) -> JaxUpdateState:
        """Copy the parameters and their gradients to the device."""
        where = named(device)

        def put(one: Weight) -> Any:
            return jax.device_put(one, where, may_alias=False)

        v = [put(np.zeros_like(one)) for one in weights] if self.rule.momentum else []
        return JaxUpdateState([put(w) for w in weights], [put(g) for g in gradients], eta, v)

    @abstractmethod
    def update(self, state: JaxUpdateState) -> None:
        """Enqueue one update of all tensors; timed."""

    def parameters(self, state: JaxUpdateState) -> list[Weight]:
        """Wait, and return copies of the parameters, each of shape (n,)."""
        # Copies, not views: what NumPy looks into can't be written in place.
        return [np.array(w) for w in state.w]
