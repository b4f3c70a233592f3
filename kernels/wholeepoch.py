"""What kernels share that do a whole epoch in one call: checking it, cutting it up."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from kernels.defaults import TrainDefaults

if TYPE_CHECKING:
    from kernels.contract import Order, Rates


class EpochKernel(TrainDefaults, ABC):
    """A training kernel that gives ``whole_epoch``; its state has ``batch_size``."""

    loaders: tuple[str, ...] | None = ("inmemory",)

    @abstractmethod
    def whole_epoch(self, state: Any, order: Order, learning_rates: Rates) -> None:
        """Enqueue one epoch; timed. The rates are as many as the steps."""

    def epoch(self, state: Any, order: Order, learning_rates: Rates) -> None:
        """Enqueue one epoch in one call."""
        n_steps = -(-len(order) // state.batch_size)
        if len(learning_rates) != n_steps:
            raise ValueError(f"{len(learning_rates)} learning rates for {n_steps} steps.")
        self.whole_epoch(state, order, learning_rates)
