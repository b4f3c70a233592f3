"""When data contradict a fitted curve, and its parameters are no answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from bench.analyze.refusal import RefusalError
from bench.analyze.relative_fit import LEAST_NOISE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bench.analyze.relative_fit import RelativeFit

    Array = NDArray[np.float64]

#: Above this the curve is not the data's: three decades of a power law, ``B^0.2``, ``B^0.5``,
#: ``B^1.3``, come to 0.25 to 0.45 beside the nearest straight line.
MOST_RMS = 0.25
#: A trend in the wrong direction that is less probable than this is no accident.
BEYOND_DOUBT = 1e-3


def refuse(fitted: RelativeFit, what: str) -> None:
    """Refuse a curve that is not the data's.

    Parameters
    ----------
    fitted : RelativeFit
    what : str
        The data and the model, for the sentence.

    Raises
    ------
    RefusalError
        Where the residuals are above ``MOST_RMS``.
    """
    if fitted.rms > MOST_RMS:
        raise RefusalError(
            f"{what}: the best fit is off by {fitted.rms:.0%} (root mean square), and by more "
            f"than {MOST_RMS:.0%} its parameters mean nothing; measure again"
        )


def rises(batch_sizes: Array, values: Array) -> bool:
    """Say whether the values grow with the batch size beyond doubt.

    Parameters
    ----------
    batch_sizes, values : ndarray, shape (n,)
        Positive, n at least 3.

    Returns
    -------
    bool
        Whether the slope of log against log is positive (one-sided t test at 0.1%).
    """
    x, y = np.log(batch_sizes), np.log(values)
    if np.ptp(y) < LEAST_NOISE:
        return False
    return bool(stats.linregress(x, y, alternative="greater").pvalue < BEYOND_DOUBT)
