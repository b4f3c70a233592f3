"""The array operations of the controls, each one compiled call with JAX arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kernels.backends.jax.devices import named
from kernels.backends.jax.imports import jax, jnp, precision
from kernels.controls import SCALE

if TYPE_CHECKING:
    from numpy.typing import NDArray


class JaxOperations:
    """Operations on arrays of one device; results are new arrays, as JAX's always are."""

    def __init__(self, device: str) -> None:
        self._device = named(device)
        self._copy, self._negative = jax.jit(jnp.copy), jax.jit(jnp.negative)
        self._triad = jax.jit(lambda b, c: b + SCALE * c)
        self._matmul = jax.jit(lambda a, b: jnp.matmul(a, b, precision=precision()))

    def to_device(self, host: NDArray[np.float32]) -> Any:
        """Copy a NumPy array to a new array."""
        return jax.device_put(host, self._device, may_alias=False)

    def to_host(self, array: Any) -> NDArray[np.float32]:
        """Wait, and copy to a NumPy array."""
        return np.array(array)

    def copy_into(self, target: Any, source: Any) -> Any:  # noqa: ARG002 - arrays never change
        """Enqueue a copy."""
        return self._copy(source)

    def triad(self, a: Any, b: Any, c: Any) -> Any:  # noqa: ARG002 - arrays never change
        """Enqueue both operators as one: one pass."""
        return self._triad(b, c)

    def matmul(self, target: Any, a: Any, b: Any) -> Any:  # noqa: ARG002 - arrays never change
        """Enqueue the product, as exactly as all products here."""
        return self._matmul(a, b)

    def empty(self, array: Any) -> Any:
        """Enqueue a negation."""
        return self._negative(array)
