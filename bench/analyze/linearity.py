"""Where the time of a step becomes proportional to its batch size, and whether it does.

"A step costs O(|B|)" is a claim about large batches. Two answers: from the fitted model, the
batch size from which the local slope ``d log t / d log B`` is at least 0.9 (``9 n_half`` on a
line); and, whatever the model, the exponent p of ``t ~ B^p`` over the batch sizes from there
on, by least squares of log on log.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from bench.analyze.estimate import CONFIDENCE, Estimate, from_draws

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bench.analyze.cost_fit import CostFit

    Array = NDArray[np.float64]

#: From this local slope on a step's time counts as proportional to its batch size.
SLOPE = 0.9
#: An exponent needs so many batch sizes: through two there is always one.
FEWEST_SIZES = 3


@dataclass(frozen=True)
class Linearity:
    """Whether a step costs O(|B|), and from where on.

    Attributes
    ----------
    linear_from : Estimate
        Batch size from which the model's local slope is at least 0.9; infinite where the
        model has no slope.
    in_range : bool
        Whether that is no larger than the largest batch size that was measured.
    exponent : Estimate or None
        p over the batch sizes from there on; None for fewer than three.
    n_sizes : int
        How many those are.
    claim : {'holds', 'cheaper', 'dearer', 'not reached', 'unclear'}
        ``not reached`` where it is not in range; ``unclear`` for fewer than three batch
        sizes from there on, and where the interval of p has both 0 and 1 or both 1 and 2
        in it; ``cheaper`` where it lies below 0.9, ``dearer`` where it lies above 1.1,
        else ``holds``. The room of 0.1 is there because a slope of 0.9 counts as
        proportional: a straight line that starts above zero is never quite there.
    """

    linear_from: Estimate
    in_range: bool
    exponent: Estimate | None
    n_sizes: int
    claim: str


def linearity(cost: CostFit) -> Linearity:
    """Test the claim that a step costs O(|B|).

    Parameters
    ----------
    cost : CostFit

    Returns
    -------
    Linearity
    """
    first = from_draws(float(cost.step.slope_reaches(SLOPE)), cost.draws.slope_reaches(SLOPE))
    sizes = np.asarray(cost.batch_sizes)
    beyond = sizes >= first.value
    exponent = _exponent(cost, sizes[beyond], np.asarray(cost.residuals)[beyond])
    in_range = bool(beyond.any())
    return Linearity(first, in_range, exponent, int(beyond.sum()), _claim(exponent, in_range))


def _exponent(cost: CostFit, sizes: Array, residuals: Array) -> Estimate | None:
    """Return p of the measured steps' times.

    An epoch's steps are on average ``n / ceil(n / B)`` samples large, so the mean time of a
    step is set against that: where time is proportional to samples, p is 1 whatever is left
    over for the last step.
    """
    if len(sizes) < FEWEST_SIZES:
        return None
    n_steps = np.ceil(cost.n_samples / sizes)
    seconds = cost.epoch_seconds(sizes) * np.exp(residuals) / n_steps
    line = stats.linregress(np.log(cost.n_samples / n_steps), np.log(seconds))
    room = float(stats.t.ppf((1 + CONFIDENCE) / 2, len(sizes) - 2) * line.stderr)
    slope = float(line.slope)
    return Estimate(slope, slope - room, slope + room)


def _claim(exponent: Estimate | None, in_range: bool) -> str:
    """Judge by the exponent's interval."""
    if not in_range:
        return "not reached"
    if exponent is None:
        return "unclear"
    if exponent.high < SLOPE:
        return "cheaper"
    if exponent.low > 2 - SLOPE:
        return "dearer"
    return "unclear" if exponent.low <= 0 or exponent.high >= 2 else "holds"
