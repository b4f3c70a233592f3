"""What the ``jax.*`` kernels share that do a whole epoch in one compiled call."""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from kernels.backends.jax.training import JaxTrainKernel, compiled_epoch
from kernels.wholeepoch import EpochKernel

if TYPE_CHECKING:
    from kernels.backends.jax.training import JaxState
    from kernels.contract import Order, Rates


class JaxEpochKernel(JaxTrainKernel, EpochKernel):
    """An epoch as one ``lax.scan`` over its batches; subclasses give ``scanned``."""

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

    def whole_epoch(self, state: JaxState, order: Order, learning_rates: Rates) -> None:
        """Enqueue one compiled call."""
        state.carried = self.compiled(
            state.carried,
            state.batches.data,
            order.astype(np.int32),
            np.asarray(learning_rates).astype(np.float32),
            state.batch_size,
        )
