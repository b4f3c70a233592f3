"""The small kernels that Numba compiles for GPUs: updates, a permutation, controls.

Imported when Numba is there: the decorators are its own. Each is compiled at its first
launch. Under NUMBA_ENABLE_CUDASIM=1 they run in Numba's simulator, in plain Python, which
knows shared memory and ``syncthreads``, no shuffles.

No number is of 64 bits but indices: NumPy's float32 keeps literals from being doubles.
Loops are ``while`` where the step is not 1: ``range`` divides, in 64 bits, to count turns.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import cuda, float32

from kernels.controls import SCALE

ZERO = np.float32(0)
_SCALE = np.float32(SCALE)
#: Side of the tiles of ``matmul``.
TILE = 16
#: The longest that one ``nanosleep`` may last (PTX ISA), in nanoseconds.
NANOSLEEP = 1_000_000


@cuda.jit  # type: ignore[untyped-decorator]
def hold(times: Any) -> None:
    """Sleep so many times."""
    i = 0
    while i < times:
        cuda.nanosleep(NANOSLEEP)
        i += 1


@cuda.jit  # type: ignore[untyped-decorator]
def update(w: Any, g: Any, eta: Any) -> None:
    """Do ``w <- w - eta g``."""
    i = cuda.grid(1)
    while i < len(w):
        w[i] -= eta * g[i]
        i += cuda.gridsize(1)


@cuda.jit  # type: ignore[untyped-decorator]
def momentum_update(w: Any, g: Any, v: Any, eta: Any, mu: Any) -> None:
    """Do ``v <- mu v - eta g, w <- w + v``."""
    i = cuda.grid(1)
    while i < len(w):
        velocity = mu * v[i] - eta * g[i]
        v[i] = velocity
        w[i] += velocity
        i += cuda.gridsize(1)


@cuda.jit  # type: ignore[untyped-decorator]
def gather(X: Any, y: Any, order: Any, rows: Any, labels: Any) -> None:
    """Put rows and labels in an order, a thread a value."""
    d, i = X.shape[1], cuda.grid(1)
    while i < len(order) * d:
        row = i // d
        k, at = i - row * d, order[row]
        rows[row, k] = X[at, k]
        if k == 0:
            labels[row] = y[at]
        i += cuda.gridsize(1)


@cuda.jit  # type: ignore[untyped-decorator]
def triad(a: Any, b: Any, c: Any) -> None:
    """Do ``a <- b + SCALE c``."""
    i = cuda.grid(1)
    while i < len(a):
        a[i] = b[i] + _SCALE * c[i]
        i += cuda.gridsize(1)


@cuda.jit  # type: ignore[untyped-decorator]
def negate(a: Any) -> None:
    """Do ``a <- -a`` on one element."""
    a[0] = -a[0]


@cuda.jit  # type: ignore[untyped-decorator]
def matmul(target: Any, a: Any, b: Any) -> None:
    """Do ``target <- a b`` on square matrices, by tiles in shared memory.

    Reference: Numba documentation, "CUDA examples", "Matrix multiplication".
    """
    left = cuda.shared.array((TILE, TILE), float32)
    right = cuda.shared.array((TILE, TILE), float32)
    j, i = cuda.grid(2)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    n, total = len(a), ZERO
    for begins in range(0, n, TILE):
        left[y, x] = a[i, begins + x] if i < n and begins + x < n else ZERO
        right[y, x] = b[begins + y, j] if begins + y < n and j < n else ZERO
        cuda.syncthreads()
        for k in range(TILE):
            total += left[y, k] * right[k, x]
        cuda.syncthreads()
    if i < n and j < n:
        target[i, j] = total
