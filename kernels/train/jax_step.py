"""``jax.step``: one compiled call a step.

    g = gradient of mean((X w + b - y)^2) / 2
    p = p - eta g              in the memory of p, which the call takes over

Reference: JAX manual, "Automatic differentiation" and ``jax.jit``, its ``donate_argnums``.

The formula is differentiated and compiled when it is first called on a shape; from then on
there is no autograd. In an epoch the compiled step cuts its batch out of the permuted data
itself, as cutting it out beforehand is one call more for each step.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from kernels.backends.jax.batches import slice_of
from kernels.backends.jax.imports import jax
from kernels.backends.jax.training import JaxTrainKernel, gradient
from kernels.cost import StepCost
from kernels.stepwise import StepKernel

if TYPE_CHECKING:
    from kernels.backends.jax.training import JaxState
    from kernels.contract import Order, Rates


def one_step(parameters: Any, X: Any, y: Any, eta: Any) -> tuple[Any, Any]:
    """Write down one step on a batch."""
    (w, b), (g_w, g_b) = parameters, gradient(parameters, X, y)
    return w - eta * g_w, b - eta * g_b


def one_step_within(parameters: Any, data: Any, first: Any, eta: Any, m: int) -> Any:
    """Write down one step on m samples of many, from the first on."""
    return one_step(parameters, *slice_of(data, first, m), eta)


class JaxStep(JaxTrainKernel, StepKernel):
    """Gradient and update as one compiled call."""

    name = "jax.step"
    operator = "multiply_subtract_fusion"
    saves = "dispatch and autograd: one compiled call a step, differentiated beforehand"
    # X: read by either product. m values: product written; with b read and written (2); with
    # y read and the residual written (3), read by the product and by the sum (2). d + 1
    # values: w read, g written, both read and w written (3).
    cost = StepCost(features=2, samples=8, parameters=5)

    @cached_property
    def compiled(self) -> Any:
        """A step on a batch, compiled once for each shape."""
        return jax.jit(one_step, donate_argnums=0)

    @cached_property
    def compiled_within(self) -> Any:
        """A step on a part of many samples, compiled once for each shape."""
        return jax.jit(one_step_within, static_argnums=4, donate_argnums=0)

    def step(self, state: JaxState, X: Any, y: Any, eta: float) -> None:
        """Enqueue one step on a batch. A Python float is an argument: none is compiled in."""
        state.carried = self.compiled(state.carried, X, y, eta)

    def epoch(self, state: JaxState, order: Order, learning_rates: Rates) -> None:
        """Enqueue the permutation, then one call for each batch."""
        data = state.batches.permuted(order)
        n, batch_size, step = len(order), state.batch_size, self.compiled_within
        for first, eta in zip(range(0, n, batch_size), learning_rates, strict=True):
            m = min(batch_size, n - first)
            state.carried = step(state.carried, data, first, eta, m)


KERNEL = JaxStep()
