"""``jax.scan``: one compiled call an epoch.

    for each batch, inside the call:
        g = gradient of mean((X w + b - y)^2) / 2
        p = p - eta g

Reference: JAX manual, ``jax.lax.scan``.

Differs from ``jax.step`` in where the loop is: the call takes the order and all learning
rates, gathers the samples, scans over the full batches and does the short last one after
them.
"""

from __future__ import annotations

from typing import Any

from kernels.backends.jax.epoch_training import JaxEpochKernel
from kernels.backends.jax.training import gradient
from kernels.cost import StepCost


class JaxScan(JaxEpochKernel):
    """A whole epoch as one compiled call."""

    name = "jax.scan"
    operator = "multiply_subtract_fusion"
    saves = "dispatch of every step: Python makes one call an epoch"
    # As jax.step, and the gather: rows read and written (2 of X, 2 of y). m values: product
    # written; with b read and written (2); with y read by the product and by the sum (4), no
    # residual written. The order is read with either gather, as many values (2).
    cost = StepCost(features=4, samples=11, parameters=5)

    def scanned(self, carried: Any, X: Any, y: Any, eta: Any) -> Any:
        """Write down one step."""
        (w, b), (g_w, g_b) = carried, gradient(carried, X, y)
        return w - eta * g_w, b - eta * g_b


KERNEL = JaxScan()
