"""Which samples an epoch visits, and in which order.

Both ways give an unbiased estimate of the full gradient in every batch. Without
replacement an epoch visits every sample once; with replacement each draw is
independent (Bottou, Curtis & Nocedal 2018, SIAM Review 60:223, section 4). Sequential is
no sampling at all: the samples as they lie, for kernels that show what shuffling costs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from kernels.contract import Start

if TYPE_CHECKING:
    from kernels.contract import Order

Sampling = Literal["without-replacement", "with-replacement", "sequential"]
SAMPLINGS: tuple[Sampling, ...] = get_args(Sampling)

#: Standard deviation of the initial weights, as in the published notebook.
START_SIGMA = 0.01


def draw_order(rng: np.random.Generator, n_samples: int, sampling: Sampling) -> Order:
    """Draw the sample order of one epoch.

    Parameters
    ----------
    rng : Generator
    n_samples : int
    sampling : {'without-replacement', 'with-replacement', 'sequential'}

    Returns
    -------
    ndarray, shape (n_samples,), int64
    """
    if sampling == "without-replacement":
        return rng.permutation(n_samples)
    if sampling == "sequential":
        return np.arange(n_samples)
    return rng.integers(0, n_samples, size=n_samples)


def draw_start(rng: np.random.Generator, n_features: int) -> Start:
    """Draw initial parameters: weights from N(0, 0.01^2), the bias zero.

    Parameters
    ----------
    rng : Generator
    n_features : int

    Returns
    -------
    Start
    """
    weight = rng.normal(0.0, START_SIGMA, size=n_features).astype(np.float32)
    return Start(weight=weight, bias=0.0)
