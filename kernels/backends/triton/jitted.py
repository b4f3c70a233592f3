"""The kernels that Triton compiles; importing this imports Triton.

Reference: Tillet, Kung & Cox 2019, "Triton: an intermediate language and compiler for tiled
neural network computations", MAPL; Triton manual, "Vector Addition" and "Fused Softmax".
No ``tl.dot``: it would multiply in TF32, with 10 bits.
"""

from __future__ import annotations

import triton
import triton.language as tl

# Triton reads annotations itself, and takes pointers and tiles to be of no Python type.
# mypy: disable-error-code="no-untyped-def,untyped-decorator"


@triton.jit
def sgd_update(w, g, eta, n, BLOCK: tl.constexpr):
    """``w <- w - eta g``; w, g: (n,). A program does BLOCK elements."""
    i = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    there = i < n
    p = tl.load(w + i, mask=there)
    tl.store(w + i, p - eta * tl.load(g + i, mask=there), mask=there)


@triton.jit
def sgd_momentum_update(w, g, v, eta, mu, n, BLOCK: tl.constexpr):
    """``v <- mu v - eta g; w <- w + v``; w, g, v: (n,). A program does BLOCK elements."""
    i = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    there = i < n
    velocity = mu * tl.load(v + i, mask=there) - eta * tl.load(g + i, mask=there)
    tl.store(v + i, velocity, mask=there)
    tl.store(w + i, tl.load(w + i, mask=there) + velocity, mask=there)


@triton.jit(do_not_specialize=["m"])
def add_up(
    X, y, theta, parts, rate, m, d: tl.constexpr,
    ROWS: tl.constexpr, COLUMNS: tl.constexpr, ALONE: tl.constexpr,
):  # fmt: skip
    """``[X^T r, sum(r)]`` with ``r = X w + b - y``, of some of the rows.

    X: (m, d); y: (m,); theta: (d + 1,), the bias last; parts: (programs, d + 1). A program
    goes through the rows in tiles of ROWS. If it is ALONE it updates theta itself.
    """
    k = tl.arange(0, COLUMNS)
    w = tl.load(theta + k, mask=k < d, other=0.0)
    b = tl.load(theta + d)
    g = tl.zeros((COLUMNS,), tl.float32)
    g_b = tl.zeros((ROWS,), tl.float32)
    for begins in range(tl.program_id(0) * ROWS, m, tl.num_programs(0) * ROWS):
        i = begins + tl.arange(0, ROWS)
        there = i < m
        at = i.to(tl.int64)[:, None] * d + k[None, :]
        x = tl.load(X + at, mask=there[:, None] & (k < d)[None, :], other=0.0)
        r = tl.sum(x * w[None, :], axis=1) + b - tl.load(y + i, mask=there, other=0.0)
        r = tl.where(there, r, 0.0)
        g += tl.sum(x * r[:, None], axis=0)
        g_b += r
    sum_r = tl.sum(g_b, axis=0)
    if ALONE:
        tl.debug_barrier()  # all warps have read theta before one writes it
        tl.store(theta + k, w - rate * g, mask=k < d)
        tl.store(theta + d, b - rate * sum_r)
    else:
        part = parts + tl.program_id(0) * (d + 1)
        tl.store(part + k, g, mask=k < d)
        tl.store(part + d, sum_r)


@triton.jit
def update_from_parts(
    parts, theta, rate, n_columns, n_parts: tl.constexpr,
    PARTS: tl.constexpr, COLUMNS: tl.constexpr,
):  # fmt: skip
    """``theta <- theta - rate sum(parts)``.

    parts: (n_parts, n_columns); theta: (n_columns,). A program does COLUMNS columns.
    """
    k = tl.program_id(0) * COLUMNS + tl.arange(0, COLUMNS)
    j = tl.arange(0, PARTS)
    there = (j < n_parts)[:, None] & (k < n_columns)[None, :]
    part = tl.load(parts + j[:, None] * n_columns + k[None, :], mask=there, other=0.0)
    p = tl.load(theta + k, mask=k < n_columns)
    tl.store(theta + k, p - rate * tl.sum(part, axis=0), mask=k < n_columns)
