"""Every number of the statistics that was chosen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """Numbers of the statistics. Those without another origin were chosen by hand.

    Attributes
    ----------
    confidence : float
        Of intervals, everywhere: the usual one.
    margin : float
        Share by which a case may change from run to run and still be called the same.
    trimmed_share : float
        Share of the runs that is winsorised on each side, so that one run in five may go
        astray on either side.
    usual_runs : float
        The usual standard deviation of all series counts like so many runs.
    max_autocorrelation : float
        Largest correlation of successive runs that is believed.
    normal_from : int
        Number of values from which the ranks of a median's interval are those of the normal
        approximation, which is off by a rank at most: 2^-n underflows.
    shortest_segment : int
        Runs between two steps. Fewer make no level.
    step_price : float
        Price of a step, over the variance of runs and the logarithm of their number.
    min_step_noise : float
        Least noise of a series, relative, that steps are searched with.
    outlier_window : int
        Runs that a single one is compared with.
    outlier_stds : float
        Standard deviations by which a single run stands out from these.
    max_p_step : float
        How likely a step is by chance at most, of all places where one may be.
    fewest_for_drift : int
        Runs that a drift takes. A line through fewer says nothing.
    drift_confidence : float
        With which the interval of a slope has to exclude none: many series are looked at.
    min_noise : float
        Relative standard deviation that no value is known better than: rounding, and what
        keeps weights finite.
    max_p_noise : float
        p-value below which the noise does not explain the residuals of a fit.
    negligible_share : float
        A parameter that matters less than this share of the curve is zero.
    most_refits : int
        Fits until the scatter and the weights agree.
    dof_of_normal : float
        Degrees of freedom with which Student's t is the normal distribution.
    max_rms : float
        Root mean square of the relative residuals above which the curve is not the data's:
        three decades of a power law, ``B^0.2``, ``B^0.5``, ``B^1.3``, come to 0.25 to 0.45
        beside the nearest straight line.
    max_p_trend : float
        p-value below which a trend in the wrong direction is no accident.
    """

    confidence: float = 0.95
    margin: float = 0.015
    # Levels and standard deviations of earlier runs, and medians.
    trimmed_share: float = 0.2
    usual_runs: float = 4.0
    max_autocorrelation: float = 0.8
    normal_from: int = 1000
    # Steps and drift.
    shortest_segment: int = 3
    step_price: float = 3.0
    min_step_noise: float = 1e-4
    outlier_window: int = 5
    outlier_stds: float = 3.0
    max_p_step: float = 0.01
    fewest_for_drift: int = 15
    drift_confidence: float = 0.999
    # Fitted curves.
    min_noise: float = 1e-6
    max_p_noise: float = 0.01
    negligible_share: float = 1e-7
    most_refits: int = 20
    dof_of_normal: float = 1e9
    max_rms: float = 0.25
    max_p_trend: float = 1e-3


RULE = Rule()
