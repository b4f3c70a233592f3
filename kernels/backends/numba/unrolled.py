"""An epoch for a few features, written out by a template: nothing is an array that need not be.

Every parameter, gradient and feature is a variable of its own. They stay in registers from
the first step to the last: at batch size 1 an epoch is one long chain of dependent
operations, and a store and a load between two steps would lengthen each link.

Where the samples lie in order the compiler turns the loop over them into vector
instructions. Where they are shuffled it can't, so the rows of larger batches are first
gathered, some hundred at a time, into an array that stays in the first cache; gathering
alone also lets more loads from memory be under way at once.
"""

from __future__ import annotations

from typing import Any

import numpy as np

#: Rows gathered at a time: with their labels well within 32 KiB, up to eight features.
BLOCK_ROWS = 256


def _sum(terms: list[str]) -> str:
    """Add terms pairwise: the shortest chain of dependent additions."""
    while len(terms) > 1:
        pairs = [f"({a} + {b})" for a, b in zip(terms[::2], terms[1::2], strict=False)]
        terms = pairs + terms[len(pairs) * 2 :]
    return terms[0]


def _accumulate(n_features: int, features: str, label: str) -> list[str]:
    """Read a sample, add its part of the gradient; ``i`` is where it lies."""
    each = range(n_features)
    products = _sum([f"x{j} * w{j}" for j in each])
    return [
        *(f"x{j} = {features}[i * u{n_features} + u{j}]" for j in each),
        f"r = {products} + (b0 - {label}[i])",
        *(f"g{j} += r * x{j}" for j in each),
        "gb += r",
    ]


def _direct(n_features: int, *, shuffled: bool) -> list[str]:
    """Go over the samples of a batch where they lie."""
    where = "order[first + k]" if shuffled else "first + k"
    lines = [f"i = unsigned({where})", *_accumulate(n_features, "X", "y")]
    return ["for k in range(m):", *(f"    {line}" for line in lines)]


def _gathered(n_features: int) -> list[str]:
    """Gather some rows, then go over them."""
    copy = [
        "i = unsigned(order[first + part + k])",
        "c = unsigned(k)",
        *(
            f"rows[c * u{n_features} + u{j}] = X[i * u{n_features} + u{j}]"
            for j in range(n_features)
        ),
        "targets[c] = y[i]",
    ]
    lines = ["i = unsigned(k)", *_accumulate(n_features, "rows", "targets")]
    return [
        f"for part in range(0, m, {BLOCK_ROWS}):",
        f"    n_rows = min({BLOCK_ROWS}, m - part)",
        "    for k in range(n_rows):",
        *(f"        {line}" for line in copy),
        "    for k in range(n_rows):",
        *(f"        {line}" for line in lines),
    ]


def source(n_features: int, *, shuffled: bool, momentum: bool, gathered: bool = False) -> str:
    """Write an epoch out for a number of features.

    Parameters
    ----------
    n_features : int
    shuffled : bool
        Whether samples are read in the given order, or as they lie.
    momentum : bool
    gathered : bool
        Whether shuffled rows are gathered before they are worked on.

    Returns
    -------
    str
        Python source of a function ``epoch``.
    """
    each = range(n_features)
    parameters, gradients = [*(f"w{j}" for j in each), "b0"], [*(f"g{j}" for j in each), "gb"]
    update = [f"{p} -= eta * {g}" for p, g in zip(parameters, gradients, strict=True)]
    if momentum:
        velocities = [*(f"v{j}" for j in each), "vb0"]
        moves = zip(parameters, gradients, velocities, strict=True)
        update = [f"{v} = mu * {v} - eta * {g}; {p} += {v}" for p, g, v in moves]
    batch = _gathered(n_features) if gathered else _direct(n_features, shuffled=shuffled)
    body = [
        *(f"w{j} = w[{j}]" for j in each),
        "b0 = b[0]",
        *([*(f"v{j} = v[{j}]" for j in each), "vb0 = vb[0]"] if momentum else []),
        "s = 0",
        "for first in range(0, len(order), batch_size):",
        "    m = min(batch_size, len(order) - first)",
        *(f"    {g} = zero" for g in gradients),
        *(f"    {line}" for line in batch),
        "    eta = float32(rates[s] / m)",
        "    s += 1",
        *(f"    {line}" for line in update),
        *(f"w[{j}] = w{j}" for j in each),
        "b[0] = b0",
        *([*(f"v[{j}] = v{j}" for j in each), "vb[0] = vb0"] if momentum else []),
    ]
    scratch = "rows, targets"
    signature = f"def epoch(X, y, order, rates, batch_size, w, b, v, vb, mu, {scratch}):"
    return "\n".join([signature, *(f"    {line}" for line in body)]) + "\n"


def function(n_features: int, *, shuffled: bool, momentum: bool, gathered: bool) -> Any:
    """Return the written function, not yet compiled by Numba.

    Parameters
    ----------
    n_features : int
    shuffled, momentum, gathered : bool
        As for `source`.

    Returns
    -------
    function
    """
    text = source(n_features, shuffled=shuffled, momentum=momentum, gathered=gathered)
    names: dict[str, Any] = {"zero": np.float32(0), "float32": np.float32, "unsigned": np.uintp}
    names.update({f"u{j}": np.uintp(j) for j in range(n_features + 1)})
    exec(compile(text, f"<epoch of {n_features} features>", "exec"), names)  # noqa: S102 - written above
    return names["epoch"]
