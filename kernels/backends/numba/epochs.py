"""A whole epoch of mini-batch SGD as one compiled function.

Two ways of writing it:

- for few features (up to 8), every parameter, gradient and feature a variable of its own,
  written out by a template. They stay in registers from the first step to the last: at
  batch size 1 an epoch is one long chain of dependent operations, and a store and a load
  between two steps would lengthen each link. Where the samples lie in order the compiler
  turns the loop over them into vector instructions.
- for more, loops over the features, which become vector instructions. Each row is read
  once: its residual is known before it leaves the cache for the gradient.

Sums may be reassociated (the gate's tolerance holds for any order); nothing else of
IEEE 754 is given up. Indices are unsigned, so that none is checked for being negative.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    #: Of features (flat), labels, order, rates, batch size, w, b, velocities of w and b,
    #: mu, and a scratch array of n_features values.
    Epoch: TypeAlias = Callable[..., None]

MOST_UNROLLED = 8
SUMS = {"reassoc", "contract", "nsz", "arcp"}


def _sum(terms: list[str]) -> str:
    """Add terms pairwise: the shortest chain of dependent additions."""
    while len(terms) > 1:
        pairs = [f"({a} + {b})" for a, b in zip(terms[::2], terms[1::2], strict=False)]
        terms = pairs + terms[len(pairs) * 2 :]
    return terms[0]


def unrolled_source(n_features: int, *, shuffled: bool, momentum: bool) -> str:
    """Write an epoch out for a number of features.

    Parameters
    ----------
    n_features : int
    shuffled : bool
        Whether samples are read in the given order, or as they lie.
    momentum : bool

    Returns
    -------
    str
        Python source of a function ``epoch``.
    """
    features = range(n_features)
    parameters = [*(f"w{j}" for j in features), "b0"]
    gradients = [*(f"g{j}" for j in features), "gb"]
    velocities = [*(f"v{j}" for j in features), "vb0"]
    products = _sum([f"x{j} * w{j}" for j in features])
    if momentum:
        moves = zip(parameters, gradients, velocities, strict=True)
        update = [f"{v} = mu * {v} - eta * {g}; {p} += {v}" for p, g, v in moves]
    else:
        update = [f"{p} -= eta * {g}" for p, g in zip(parameters, gradients, strict=True)]
    body = [
        *(f"w{j} = w[{j}]" for j in features),
        "b0 = b[0]",
        *((f"v{j} = v[{j}]" for j in features) if momentum else ()),
        *(("vb0 = vb[0]",) if momentum else ()),
        "s = 0",
        "for first in range(0, len(order), batch_size):",
        "    m = min(batch_size, len(order) - first)",
        *(f"    {g} = zero" for g in gradients),
        "    for k in range(m):",
        f"        i = unsigned({'order[first + k]' if shuffled else 'first + k'})",
        *(f"        x{j} = X[i * u{n_features} + u{j}]" for j in features),
        f"        r = {products} + (b0 - y[i])",
        *(f"        g{j} += r * x{j}" for j in features),
        "        gb += r",
        "    eta = float32(rates[s] / m)",
        "    s += 1",
        *(f"    {line}" for line in update),
        *(f"w[{j}] = w{j}" for j in features),
        "b[0] = b0",
        *((f"v[{j}] = v{j}" for j in features) if momentum else ()),
        *(("vb[0] = vb0",) if momentum else ()),
    ]
    signature = "def epoch(X, y, order, rates, batch_size, w, b, v, vb, mu, g):"
    return "\n".join([signature, *(f"    {line}" for line in body)])


def _unrolled(n_features: int, *, shuffled: bool, momentum: bool) -> Any:
    source = unrolled_source(n_features, shuffled=shuffled, momentum=momentum)
    names: dict[str, Any] = {"zero": np.float32(0), "float32": np.float32, "unsigned": np.uintp}
    names.update({f"u{j}": np.uintp(j) for j in range(n_features + 1)})
    exec(compile(source, f"<epoch of {n_features} features>", "exec"), names)  # noqa: S102 - written above
    return names["epoch"]


def _looped(*, shuffled: bool, momentum: bool) -> Any:
    zero, float32, unsigned = np.float32(0), np.float32, np.uintp

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
    ) -> None:
        d = len(w)
        for s, first in enumerate(range(0, len(order), batch_size)):
            m = min(batch_size, len(order) - first)
            g[:] = zero
            gb = zero
            for k in range(m):
                i = order[first + k] if shuffled else first + k
                x = X[unsigned(i) * unsigned(d) : unsigned(i + 1) * unsigned(d)]
                r = b[0] - y[i]
                for j in range(d):
                    r += x[j] * w[j]
                for j in range(d):
                    g[j] += r * x[j]
                gb += r
            eta = float32(rates[s] / m)
            if momentum:
                for j in range(d):
                    v[j] = mu * v[j] - eta * g[j]
                    w[j] += v[j]
                vb[0] = mu * vb[0] - eta * gb
                b[0] += vb[0]
            else:
                for j in range(d):
                    w[j] -= eta * g[j]
                b[0] -= eta * gb

    return epoch


@cache
def compiled(n_features: int, *, shuffled: bool, momentum: bool) -> Epoch:
    """Return an epoch for a number of features; it is compiled when it is first called.

    Parameters
    ----------
    n_features : int
        Above 8 the same function serves all.
    shuffled, momentum : bool

    Returns
    -------
    callable
    """
    from numba import njit

    if n_features > MOST_UNROLLED:
        return _compiled_loops(shuffled=shuffled, momentum=momentum)
    written = _unrolled(n_features, shuffled=shuffled, momentum=momentum)
    epoch: Epoch = njit(fastmath=SUMS, error_model="numpy")(written)
    return epoch


@cache
def _compiled_loops(*, shuffled: bool, momentum: bool) -> Epoch:
    from numba import njit

    looped = _looped(shuffled=shuffled, momentum=momentum)
    epoch: Epoch = njit(fastmath=SUMS, error_model="numpy")(looped)
    return epoch
