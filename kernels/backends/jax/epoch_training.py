"""What the ``jax.*`` kernels share that do a whole epoch in one compiled call."""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from kernels.backends.jax.training import JaxState, compiled_epoch, start_on, state_of
from kernels.wholeepoch import EpochKernel

if TYPE_CHECKING:
    from data.workload import Workload
    from kernels.contract import Order, Rates, Start


class JaxEpochKernel(EpochKernel):
    """An epoch as one ``lax.scan`` over its batches; subclasses give ``scanned``."""

    backend = "jax"

    @abstractmethod
    def scanned(self, carried: Any, X: Any, y: Any, eta: Any) -> Any:
        """Write down one step.

        Parameters
        ----------
        carried : tuple
            As in ``JaxState``.
        X : Array, shape (m, n_features)
        y : Array, shape (m,)
        eta : Array, shape ()

        Returns
        -------
        tuple
            What is carried to the next step.
        """

    @cached_property
    def compiled(self) -> Any:
        """The epoch, compiled once for each shape; one for all states of the process."""
        return compiled_epoch(self.scanned)

    def prepare(
        self,
        workload: Workload,
        device: str,
        batch_size: int,
        loader: str,  # noqa: ARG002 - there is one
        start: Start,
    ) -> JaxState:
        """Copy the data and the start to the device."""
        return state_of(workload, device, batch_size, start_on(device, start))

    def whole_epoch(self, state: JaxState, order: Order, learning_rates: Rates) -> None:
        """Enqueue one compiled call."""
        state.carried = self.compiled(
            state.carried,
            state.batches.data,
            order.astype(np.int32),
            np.asarray(learning_rates).astype(np.float32),
            state.batch_size,
        )
