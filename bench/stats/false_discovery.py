"""Which of many tests count, so that few of those that do are false.

Of 300 cases that are all the same, a test at 2.5% calls seven slower. Benjamini and Hochberg's
step-up procedure holds the share of false ones among those that it picks, on average, below a
limit (Benjamini & Hochberg 1995, *J. R. Stat. Soc. B* 57:289). It does so too where the tests
hang together as those of one run do, which a busy machine makes slower all at once: positive
regression dependency (Benjamini & Yekutieli 2001, *Ann. Statist.* 29:1165).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def benjamini_hochberg(p_values: NDArray[np.float64], share: float) -> NDArray[np.bool_]:
    """Say which tests count.

    Parameters
    ----------
    p_values : ndarray, shape (n_tests,)
        NaN for one that could not be made: it never counts, nor is it one of many.
    share : float
        Of false ones, at most, among those that count.

    Returns
    -------
    ndarray of bool, shape (n_tests,)
        Of a single test: whether its p-value is at most ``share``.
    """
    # Importing it takes as long as judging thousands of runs: not for every command.
    from scipy.stats import false_discovery_control  # noqa: PLC0415

    counts = np.zeros(len(p_values), dtype=bool)
    made = np.isfinite(p_values)
    if made.any():
        counts[made] = false_discovery_control(p_values[made], method="bh") <= share
    return counts
