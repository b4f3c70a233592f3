"""An epoch for any number of features: loops over them, which become vector instructions.

Rows are worked on four at a time, so that four residuals are summed at once and a gradient
that is read and written serves four rows; each row is read once, its residual is known
before it leaves the cache for the gradient.
"""

from __future__ import annotations

from typing import Any

import numpy as np

ZERO = np.float32(0)


def function(*, shuffled: bool, momentum: bool) -> Any:
    """Return an epoch, not yet compiled by Numba.

    Parameters
    ----------
    shuffled : bool
        Whether samples are read in the given order, or as they lie.
    momentum : bool

    Returns
    -------
    function
    """
    zero, float32, unsigned = ZERO, np.float32, np.uintp

    def epoch(
        X: Any,
        y: Any,
        order: Any,
        rates: Any,
        batch_size: int,
        w: Any,
        b: Any,
        v: Any,
        vb: Any,
        mu: Any,
        g: Any,
        targets: Any,  # noqa: ARG001 - scratch that only the other form needs
    ) -> None:
        d = unsigned(len(w))
        for s, first in enumerate(range(0, len(order), batch_size)):
            m = min(batch_size, len(order) - first)
            g[:] = zero
            gb = zero
            for k in range(first, first + m - 3, 4):
                i0 = unsigned(order[k] if shuffled else k)
                i1 = unsigned(order[k + 1] if shuffled else k + 1)
                i2 = unsigned(order[k + 2] if shuffled else k + 2)
                i3 = unsigned(order[k + 3] if shuffled else k + 3)
                x0, x1 = X[i0 * d : i0 * d + d], X[i1 * d : i1 * d + d]
                x2, x3 = X[i2 * d : i2 * d + d], X[i3 * d : i3 * d + d]
                r0, r1, r2, r3 = b[0] - y[i0], b[0] - y[i1], b[0] - y[i2], b[0] - y[i3]
                for j in range(len(w)):
                    r0 += x0[j] * w[j]
                    r1 += x1[j] * w[j]
                    r2 += x2[j] * w[j]
                    r3 += x3[j] * w[j]
                for j in range(len(w)):
                    g[j] += (r0 * x0[j] + r1 * x1[j]) + (r2 * x2[j] + r3 * x3[j])
                gb += (r0 + r1) + (r2 + r3)
            for k in range(first + m - m % 4, first + m):
                i = unsigned(order[k] if shuffled else k)
                x = X[i * d : i * d + d]
                r = b[0] - y[i]
                for j in range(len(w)):
                    r += x[j] * w[j]
                for j in range(len(w)):
                    g[j] += r * x[j]
                gb += r
            eta = float32(rates[s] / m)
            if momentum:
                for j in range(len(w)):
                    v[j] = mu * v[j] - eta * g[j]
                    w[j] += v[j]
                vb[0] = mu * vb[0] - eta * gb
                b[0] += vb[0]
            else:
                for j in range(len(w)):
                    w[j] -= eta * g[j]
                b[0] -= eta * gb

    return epoch
