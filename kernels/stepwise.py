"""The loop that all step-by-step kernels share: one step for each batch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from kernels.defaults import TrainDefaults

if TYPE_CHECKING:
    from kernels.contract import Order, Rates


class StepKernel(TrainDefaults, ABC):
    """A training kernel that gives only ``step``; its state has ``batches``."""

    @abstractmethod
    def step(self, state: Any, X: Any, y: Any, eta: float) -> None:
        """Enqueue one step; timed.

        Parameters
        ----------
        state : object
        X : array on the device, shape (m, n_features)
        y : array on the device, shape (m,)
        eta : float
            The learning rate of this step.
        """

    def epoch(self, state: Any, order: Order, learning_rates: Rates) -> None:
        """Enqueue one step for each batch of the order."""
        step = self.step
        for (X, y), eta in zip(state.batches(order), learning_rates, strict=True):
            step(state, X, y, eta)
