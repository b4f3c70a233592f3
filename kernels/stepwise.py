"""What all step-by-step kernels share: the loop over the batches, a step in phases."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from kernels.defaults import TrainDefaults

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kernels.contract import Order, Rates

#: The phases of a step, in their order. What one call does together is of the last of them
#: that it does; where one call does the whole step, its only phase is ``step``.
PHASES = ("forward", "backward", "update")


class StepKernel(TrainDefaults, ABC):
    """A training kernel that gives only ``step``; its state has ``batches``."""

    def __init_subclass__(cls, **arguments: Any) -> None:
        """Take inherited phases from a class with a step of its own: they are not of it."""
        super().__init_subclass__(**arguments)
        if "step" in vars(cls) and "phases" not in vars(cls):
            cls.phases = StepKernel.phases  # type: ignore[method-assign]

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

    def phases(self, state: Any, X: Any, y: Any, eta: float) -> Iterator[str]:
        """Do one step as ``step`` does, and stop after each of its phases.

        Nothing waits for the device, so the time between two names is what the host takes
        to enqueue a phase. Never used where a step is timed as a whole.

        Parameters
        ----------
        state, X, y, eta
            As in ``step``.

        Yields
        ------
        str
            A phase whose calls have returned: some of ``PHASES``, in their order, or
            ``step`` alone, which is all that is known of a step unless the kernel says more.
        """
        self.step(state, X, y, eta)
        yield "step"

    def epoch(self, state: Any, order: Order, learning_rates: Rates) -> None:
        """Enqueue one step for each batch of the order."""
        step = self.step
        for (X, y), eta in zip(state.batches(order), learning_rates, strict=True):
            step(state, X, y, eta)
