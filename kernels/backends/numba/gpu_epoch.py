"""A whole epoch of mini-batch SGD as one kernel that Numba compiles for GPUs.

Imported when Numba is there, as ``gpu_jitted``, whose remarks on numbers and loops hold
here too. What the kernel calls is inlined: Numba compiles functions of the device for no
GPU but one that is there, and the tests compile this where there is none.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numba import cuda, float32

ZERO, ONE = np.float32(0), np.float32(1)


@cuda.jit(device=True, inline="always")  # type: ignore[untyped-decorator]
def _copy(target: Any, source: Any, thread: Any, n_threads: Any) -> None:
    """Copy an array, a thread a value."""
    k = thread
    while k < len(target):
        target[k] = source[k]
        k += n_threads


@cuda.jit(device=True, inline="always")  # type: ignore[untyped-decorator]
def _add_up(values: Any, thread: Any, place: Any, n: Any, stride: Any) -> None:
    """Add up what n threads have, n a power of two; the first of them gets it."""
    others = n >> 1
    while others > 0:
        if place < others:
            values[thread] += values[thread + others * stride]
        cuda.syncthreads()
        others >>= 1


@cuda.jit(device=True, inline="always")  # type: ignore[untyped-decorator]
def _residual_part(X: Any, y: Any, at: Any, p: Any, lane: Any, lanes: Any) -> Any:
    """Return a lane's part of ``x w + b - y`` of one row."""
    d, total, k = X.shape[1], ZERO, lane
    while k < d:
        total += X[at, k] * p[k]
        k += lanes
    if lane == 0:
        total += p[d] - y[at]
    return total


@cuda.jit(device=True, inline="always")  # type: ignore[untyped-decorator]
def _gradient_part(
    X: Any,
    order: Any,
    residuals: Any,
    k: Any,
    begins: Any,
    here: Any,
    part: Any,
    parts: Any,
    lanes: Any,
) -> Any:
    """Return a part of column k of ``X^T r``; residual i is in ``residuals[i lanes]``."""
    total, i = ZERO, part
    while i < here:
        x = X[order[begins + i], k] if k < X.shape[1] else ONE
        total += residuals[i * lanes] * x
        i += parts
    return total


@cuda.jit(device=True, inline="always")  # type: ignore[untyped-decorator]
def _clear(sums: Any, mine: Any, column: Any, n_columns: Any, n: Any) -> None:
    """Set a thread's parts of the columns to zero."""
    k = column
    while k < n:
        sums[mine + k] = ZERO
        k += n_columns


@cuda.jit(device=True, inline="always")  # type: ignore[untyped-decorator]
def _move(
    p: Any,
    v: Any,
    mu: Any,
    sums: Any,
    m: Any,
    eta: Any,
    part: Any,
    column: Any,
    n_columns: Any,
    momentum: Any,
) -> None:
    """Update the parameters; the first part's threads have the sums."""
    k = column
    while part == 0 and k < len(p):
        moved = eta * (sums[k] / m)
        if momentum:
            v[k] = mu * v[k] - moved
            p[k] += v[k]
        else:
            p[k] -= moved
        k += n_columns


@cache
def epoch(*, momentum: bool, in_shared: bool) -> Any:
    """Return the kernel of a whole epoch, for one block.

    Its threads are ``rows x lanes`` for the residuals: ``lanes`` threads share a row and
    add up what they have. For the gradient they are ``parts x columns``: ``parts`` threads
    share a column and add up at the end of a step. Both are powers of two.

    Parameters
    ----------
    momentum : bool
    in_shared : bool
        Whether the gradient, the parameters and their velocity are in shared memory while
        the kernel runs; ``gpu_shape`` counts how much of it that takes.

    Returns
    -------
    Dispatcher
        A kernel of ``X`` (n, d), ``y`` (n,), ``order`` (k,), ``rates`` (steps,), ``theta``
        (d + 1,) with the bias last, ``velocity`` like it, ``mu``, ``workspace`` for the
        gradient's parts (max(threads, d + 1),), ``batch_size``, ``lanes``, ``parts``.
    """

    @cuda.jit  # type: ignore[untyped-decorator]
    def whole(
        X: Any,
        y: Any,
        order: Any,
        rates: Any,
        theta: Any,
        velocity: Any,
        mu: Any,
        workspace: Any,
        batch_size: Any,
        lanes: Any,
        parts: Any,
    ) -> None:
        n, thread, n_threads = len(theta), cuda.threadIdx.x, cuda.blockDim.x
        row, lane, n_rows = thread // lanes, thread % lanes, n_threads // lanes
        n_columns = n_threads // parts
        column, part = thread % n_columns, thread // n_columns
        mine = part * n_columns

        shared = cuda.shared.array(0, float32)
        scratch, sums, p, v = shared, workspace, theta, velocity
        if in_shared:
            begins_p = n_threads + max(n_threads, n)
            sums, p = shared[n_threads:begins_p], shared[begins_p : begins_p + n]
            _copy(p, theta, thread, n_threads)
            if momentum:
                v = shared[begins_p + n : begins_p + 2 * n]
                _copy(v, velocity, thread, n_threads)
            cuda.syncthreads()

        for step in range(len(rates)):
            begins = step * batch_size
            ends = min(begins + batch_size, len(order))
            m = np.float32(ends - begins)
            _clear(sums, mine, column, n_columns, n)
            while begins < ends:
                here = min(n_rows, ends - begins)
                if row < here:
                    scratch[thread] = _residual_part(X, y, order[begins + row], p, lane, lanes)
                cuda.syncthreads()
                _add_up(scratch, thread, lane, lanes, 1)
                # The rows are in the cache by now.
                k = column
                while k < n:
                    sums[mine + k] += _gradient_part(
                        X, order, scratch, k, begins, here, part, parts, lanes
                    )
                    k += n_columns
                cuda.syncthreads()
                begins += n_rows
            _add_up(sums, thread, part, parts, n_columns)
            _move(p, v, mu, sums, m, rates[step], part, column, n_columns, momentum)
            cuda.syncthreads()

        if in_shared:
            _copy(theta, p, thread, n_threads)
            if momentum:
                _copy(velocity, v, thread, n_threads)

    return whole
