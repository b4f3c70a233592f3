"""What the ``jax.*`` training kernels share: their arrays, the gradient, the epoch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kernels.backends.jax.batches import InMemory, rows
from kernels.backends.jax.devices import named
from kernels.backends.jax.imports import jax, jnp, precision
from kernels.defaults import TrainDefaults

if TYPE_CHECKING:
    from collections.abc import Callable

    from data.workload import Workload
    from kernels.contract import Start, Weight

    #: From what a training carries along, a batch and its rate to what it carries next.
    Step = Callable[[Any, Any, Any, Any], Any]


@dataclass
class JaxState:
    """What one training carries along.

    Attributes
    ----------
    batches : InMemory
    batch_size : int
    device : str
    carried : tuple
        The parameters ``(w, b)``, shapes (n_features,) and (); or, with momentum, they and
        their velocities. Every compiled call takes it over and gives a new one, in the same
        memory.
    """

    batches: InMemory
    batch_size: int
    device: str
    carried: Any


class JaxTrainKernel(TrainDefaults):
    """A training whose arrays are handed on from call to call."""

    backend = "jax"
    loaders: tuple[str, ...] | None = ("inmemory",)

    def carried_at(self, start: Start, device: str) -> Any:
        """Copy what is carried along at the start to a device: the parameters."""
        where = named(device)
        w = jax.device_put(start.weight, where, may_alias=False)
        return w, jax.device_put(np.float32(start.bias), where, may_alias=False)

    def prepare(
        self,
        workload: Workload,
        device: str,
        batch_size: int,
        loader: str,  # noqa: ARG002 - there is one
        start: Start,
    ) -> JaxState:
        """Copy the data and the start to the device."""
        batches = InMemory(workload, device, batch_size)
        return JaxState(batches, batch_size, device, self.carried_at(start, device))

    def reset(self, state: JaxState, start: Start) -> None:
        """Carry the start along: JAX's arrays can't be written to."""
        state.carried = self.carried_at(start, state.device)

    def parameters(self, state: JaxState) -> tuple[Weight, float]:
        """Wait, and return the weight, shape (n_features,), and the bias."""
        return to_host(state.carried)


def to_host(parameters: tuple[Any, Any]) -> tuple[Weight, float]:
    """Wait, and copy the parameters: weight, shape (n_features,), and bias."""
    # Copies, not views: an array that NumPy looks into can't be taken over by the next call.
    w, b = parameters
    return np.array(w), float(np.array(b))


def loss(parameters: tuple[Any, Any], X: Any, y: Any) -> Any:
    """Write down the mean of ``(X w + b - y)^2 / 2`` over a batch.

    Parameters
    ----------
    parameters : tuple of (Array, shape (n_features,); Array, shape ())
    X : Array, shape (m, n_features)
    y : Array, shape (m,)

    Returns
    -------
    Array, shape ()
    """
    w, b = parameters
    r = jnp.matmul(X, w, precision=precision()) + b - y
    return jnp.mean(r**2) / 2


def gradient(parameters: tuple[Any, Any], X: Any, y: Any) -> tuple[Any, Any]:
    """Write down the gradient of `loss`, by JAX's own differentiation."""
    g_w, g_b = jax.grad(loss)(parameters, X, y)
    return g_w, g_b


def compiled_epoch(step: Step) -> Any:
    """Compile a whole epoch at its first call, once for each shape.

    Parameters
    ----------
    step : callable
        What to carry on from ``(carried, X, y, eta)``.

    Returns
    -------
    callable
        From ``(carried, (features, labels), order, rates, batch_size)`` to what is carried.
    """

    def one(carried: Any, batch: tuple[Any, Any, Any]) -> tuple[Any, None]:
        return step(carried, *batch), None

    def epoch(carried: Any, data: Any, order: Any, rates: Any, batch_size: int) -> Any:
        n_full, n_left = divmod(len(order), batch_size)
        X, y = (rows(array, order) for array in data)
        if n_full:
            n = n_full * batch_size
            X_full = X[:n].reshape(n_full, batch_size, X.shape[1])
            y_full = y[:n].reshape(n_full, batch_size)
            carried, _ = jax.lax.scan(one, carried, (X_full, y_full, rates[:n_full]))
        if n_left:
            carried = step(carried, X[-n_left:], y[-n_left:], rates[-1])
        return carried

    return jax.jit(epoch, static_argnums=4, donate_argnums=0)
