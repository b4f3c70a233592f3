"""``limit``: the floor of this machine, the same compiled loop without the shuffle.

    for each batch:  g = sum over its samples of r x,  r = x w + b - y
                     p = p - (eta / m) g

Reference: the arithmetic as in ``numba.epoch``.

Differs from ``numba.epoch`` in reading the samples as they lie, so that their loads need no
index and the loop over them becomes vector instructions. It is no way to train: the order
of the samples is the same in every epoch. It is what the others are measured against.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernels.backends.numba.training import NumbaEpochKernel, run
from kernels.cost import StepCost

if TYPE_CHECKING:
    from kernels.backends.numba.training import HostArrays
    from kernels.contract import Order, Rates


class Limit(NumbaEpochKernel):
    """The arithmetic alone, in compiled code, over samples in the order that they lie in."""

    name = "limit"
    saves = "the shuffle"
    shuffles = False
    cost = StepCost(features=1, samples=1, parameters=0)

    def whole_epoch(self, state: HostArrays, order: Order, learning_rates: Rates) -> None:
        """Run the compiled epoch over the samples from the first of the order on."""
        first, n = int(order[0]), len(order)
        if first == 0 and n <= len(state.labels):
            run(state, order, learning_rates, 0.0)
        else:  # the gate's batches, which start anywhere and go round
            self._from_elsewhere(state, order, learning_rates)

    def _from_elsewhere(self, state: HostArrays, order: Order, rates: Rates) -> None:
        """Put the samples of the order together first."""
        features, labels = state.features, state.labels
        state.features = features.reshape(len(labels), -1)[order].reshape(-1)
        state.labels = labels[order]
        run(state, order, rates, 0.0)
        state.features, state.labels = features, labels


KERNEL = Limit()
