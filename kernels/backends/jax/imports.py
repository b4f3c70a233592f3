"""JAX, imported at the first use of a name in it."""

from __future__ import annotations

import os
from typing import Any

from kernels import tf32
from kernels.backends.optional import LazyModule

# JAX takes three quarters of a GPU's memory for itself when it first touches it, which
# leaves too little for the libraries that it is measured beside. It reads this then.
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")


jax: Any = LazyModule("jax")
jnp: Any = LazyModule("jax.numpy")


def precision() -> str:
    """Name what every product asks for: without one a GPU may take TF32, also for gradients."""
    return "high" if tf32.is_allowed() else "highest"
