"""By which rule a batch size is advised: every number that was chosen."""

from __future__ import annotations

from dataclasses import dataclass

from bench.stats.rule import RULE as STATISTICS


@dataclass(frozen=True)
class Rule:
    """Numbers of the advice. Those without another origin were chosen by hand.

    Attributes
    ----------
    confidence : float
        Of intervals.
    n_draws : int
        Draws of a fit's parameters that intervals come from.
    cost_seed, steps_seed : int
        Of the draws of the cost of a step, and of the number of steps.
    fewest_sizes_of_cost : int
        Batch sizes that the model of a step's time takes.
    min_span_of_cost : float
        Their largest over their smallest.
    plateau_starts : int
        Ends of a plateau that are tried between two batch sizes before one is fitted.
    plateau_ends : int
        Ends of a plateau that are drawn from.
    plateau_zooms : int
        How often their grid is drawn closer round the ends that are likely.
    far_log_probability : float
        Ends are unlikely whose probability is below the largest by this much, in logarithms.
    proportional_slope : float
        Local slope of log time over log batch size from which a step's time counts as
        proportional to its batch size.
    fewest_sizes_of_line : int
        Batch sizes that a line or an exponent takes: through two there is always one.
    min_work_ratio : float
        Ratio of the work of two sizes that tell a fixed price. Nearer ones tell more of the
        noise than of the work.
    fewest_sizes_of_steps : int
        Batch sizes that the model of the number of steps takes.
    min_span_of_steps : float
        The largest over the smallest of those that reached the target.
    min_share_of_miss : float
        A miss contradicts a fit that says that a smaller share of its steps had been enough.
    near_best_share : float
        Batch sizes whose time is within this share of the smallest are as good.
    halvings : int
        Of the logarithm of a batch size: past a double's precision.
    as_good_share : float
        A measured batch size is as good as another whose time is within this share of it.
    process_difference : float
        What is told apart within one process may be a property of that process: between two,
        the middle case of a quiet machine differs by 3%, and few by more than this share.
    loss_tolerance : float
        Relative difference of the losses that a run recorded from those that float64 gives.
    fewest_rungs : int
        Kernels of a ladder. With fewer the tables by batch size say all.
    rounding_bytes : float
        Distance of a peak from a line that is none: peaks are whole bytes.
    max_above_controls : float
        How many times the highest control a rate may be. Controls are timed at a few sizes,
        on a noisy machine, and move three arrays; an update in place moves two, and where
        they just fit the second cache it was seen to reach 1.6 times the triad.
    memory_within : float
        Where a device does not tell its caches, data are in memory where the triad is at most
        so many times as fast as with the largest arrays.
    near_roof_share : float
        Rule 1 of ``bench.advise.bounds``: this share of the roof is near it.
    most_of_time : float
        Rules 2, 3 and 4: so much of the time is most of it.
    never_ahead_share : float
        Rule 4: enqueuing that takes so much of the time never runs ahead of the device.
    few_operators : float
        Rule 4: a call of so few empty operators is mostly one.
    most_launches : float
        Rule 4: a step of more empty operators on the device is more than launches.
    min_operators : float
        A step that takes less of an empty operator at any size is not dispatched alone.
    """

    confidence: float = STATISTICS.confidence
    n_draws: int = 4000
    cost_seed: int = 1
    steps_seed: int = 2
    # The cost of a step.
    fewest_sizes_of_cost: int = 5
    min_span_of_cost: float = 30
    plateau_starts: int = 48
    plateau_ends: int = 64
    plateau_zooms: int = 3
    far_log_probability: float = 12.0
    proportional_slope: float = 0.9
    fewest_sizes_of_line: int = 3
    min_work_ratio: float = 2.0
    # Steps and time to the target.
    fewest_sizes_of_steps: int = 4
    min_span_of_steps: float = 10
    min_share_of_miss: float = 0.5
    near_best_share: float = 0.05
    halvings: int = 60
    as_good_share: float = 0.10
    process_difference: float = 0.10
    loss_tolerance: float = 0.01
    fewest_rungs: int = 4
    # Memory, roofs, and what bounds a case.
    rounding_bytes: float = 1.0
    max_above_controls: float = 2.0
    memory_within: float = 2.0
    near_roof_share: float = 0.5
    most_of_time: float = 0.5
    never_ahead_share: float = 0.8
    few_operators: float = 2.0
    most_launches: float = 50.0
    min_operators: float = 0.5


RULE = Rule()
