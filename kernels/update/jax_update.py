"""``update.jax``: one compiled call for all tensors.

    w = w - eta g              read w and g, write w, in one pass

Reference: JAX manual, ``jax.jit``, its ``donate_argnums``.

XLA fuses the product with the difference, and writes to the memory of the weights that the
call takes over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kernels.backends.jax.updating import JaxUpdateKernel

if TYPE_CHECKING:
    from kernels.backends.jax.updating import JaxUpdateState


class JaxUpdate(JaxUpdateKernel):
    """One fused loop for each tensor, one call for all."""

    name = "update.jax"
    operator = "multiply_subtract_fusion"
    bytes_per_parameter = 12

    @staticmethod
    def updated(kept: Any, g: list[Any], eta: Any) -> Any:
        """Write down one update of all tensors."""
        return [w - eta * d for w, d in zip(kept, g, strict=True)]

    def update(self, state: JaxUpdateState) -> None:
        """Enqueue one update."""
        state.w = self.compiled(state.w, state.g, state.eta)


KERNEL = JaxUpdate()
