"""``jax.momentum``: one compiled call an epoch, with momentum.

    for each batch, inside the call:
        g = gradient of mean((X w + b - y)^2) / 2
        v = mu v - eta g
        p = p + v

Reference: Sutskever, Martens, Dahl & Hinton 2013, ICML, PMLR 28:1139, equations 1 and 2;
JAX manual, ``jax.lax.scan``.

Differs from ``jax.scan`` in carrying the velocities along too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kernels.backends.jax.epoch_training import JaxEpochKernel
from kernels.backends.jax.imports import jax, jnp
from kernels.backends.jax.training import gradient, to_host
from kernels.cost import StepCost
from kernels.rule import VELOCITY_WITH_RATE

if TYPE_CHECKING:
    from kernels.backends.jax.training import JaxState
    from kernels.contract import Start, Weight


class JaxMomentum(JaxEpochKernel):
    """A whole epoch as one compiled call, with momentum."""

    name = "jax.momentum"
    operator = "multiply_subtract_fusion, add"
    rule = VELOCITY_WITH_RATE
    saves = "nothing: it adds the velocity to jax.scan, to show what that costs"
    # As jax.scan; d + 1 values: w read, g written; v and g read, v written (3); w and v read,
    # w written (3).
    cost = StepCost(features=4, samples=11, parameters=8)

    def carried_at(self, start: Start, device: str) -> Any:
        """Copy the parameters at the start to a device, beside velocities of zero."""
        parameters = super().carried_at(start, device)
        return parameters, jax.tree.map(jnp.zeros_like, parameters)

    def scanned(self, carried: Any, X: Any, y: Any, eta: Any) -> Any:
        """Write down one step."""
        (w, b), (v_w, v_b) = carried
        g_w, g_b = gradient((w, b), X, y)
        mu = self.rule.momentum
        v_w, v_b = mu * v_w - eta * g_w, mu * v_b - eta * g_b
        return (w + v_w, b + v_b), (v_w, v_b)

    def parameters(self, state: JaxState) -> tuple[Weight, float]:
        """Wait, and return the weight, shape (n_features,), and the bias."""
        parameters, _ = state.carried
        return to_host(parameters)


KERNEL = JaxMomentum()
