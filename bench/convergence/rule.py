"""By which rule steps to a target are counted: every number that was chosen."""

from __future__ import annotations

from dataclasses import dataclass

from bench.stats.rule import RULE as STATISTICS


@dataclass(frozen=True)
class Rule:
    """Numbers of the counting. Those without another origin were chosen by hand.

    Attributes
    ----------
    confidence : float
        Of intervals.
    most_path_points, most_path_steps : int
        Points of a path of gradient descent that are given, and steps that it takes at most;
        a longer path is thinned out.
    look_ahead : int
        So many times the steps must be looked at to say that the target is reached.
    resamples : int
        How often seeds are drawn anew, with replacement, for an interval (Efron & Tibshirani
        1993, *An Introduction to the Bootstrap*, section 13.3).
    longest_seed : int
        So many times the steps of the average a seed may take before it is a miss.
    noted_ratio : float
        Steps that are noted grow by this ratio once they are further apart than one: the
        number of steps is resolved to 1%.
    gathered_values : int
        Values gathered at a time: more seeds than fit are trained in parts.
    max_look_cost : int
        The loss after a step takes about ``n_parameters / batch_size`` times as long as the
        step. Where that is more than so many times, it is not looked at after every step.
    min_change : float
        A loss that changes by less, relatively, stands still.
    diverged_ratio : float
        A loss that is so many times the first one is on its way to infinity.
    check_batch_sizes, check_steps, check_learning_rate : tuple of int, int, float
        Trainings that are compared with those of the kernels' reference.
    max_check_difference : float
        Relative difference of their losses: both work in float64, so they agree closely.
    rates_below, rates_above, rates_more : int
        Factors of two below and above the start that are tried first; how many more at an
        edge.
    finer_rates : int
        Rates between two of the grid that are tried around the best, on each side.
    most_moves : int
        So many times an edge is moved before it is given up.
    most_misses : int
        So many times no rate of a grid may get there before the batch size is a miss.
    grid_seeds, most_seeds, fewest_seeds : int
        Seeds for the grid, and for the rates around the best: as many as are cheap, for a
        small batch is noisy and a large one is an average already.
    cheap_values : int
        Values of a step's batches together that still are cheap.
    first_look : int
        The trainings are looked at after so many steps, then twice as many, and so on.
    most_parameters : int
        Parameters up to which theory counts the steps: the matrix has about half the fourth
        power of them as entries.
    most_doublings : int
        Twice as many steps, so often, are tried before a rate is given up.
    furthest_rates : int
        Rates that are tried on the way to the best. From one so far off, in three fourths of
        a factor of two, the best is still found.
    rounding : float
        A step further the loss must still be there, to this: it has not just swung through.
    """

    confidence: float = STATISTICS.confidence
    # Paths of gradient descent.
    most_path_points: int = 100
    most_path_steps: int = 100_000
    # Trainings.
    look_ahead: int = 2
    resamples: int = 400
    longest_seed: int = 4
    noted_ratio: float = 1.01
    gathered_values: int = 2_000_000
    max_look_cost: int = 4
    min_change: float = 1e-9
    diverged_ratio: float = 1e6
    check_batch_sizes: tuple[int, ...] = (1, 7, 64)
    check_steps: int = 24
    check_learning_rate: float = 1e-3
    max_check_difference: float = 1e-9
    # Learning rates.
    rates_below: int = 3
    rates_above: int = 3
    rates_more: int = 4
    finer_rates: int = 4
    most_moves: int = 6
    most_misses: int = 3
    grid_seeds: int = 32
    most_seeds: int = 256
    fewest_seeds: int = 10
    cheap_values: int = 2_000_000
    first_look: int = 64
    # Steps by theory.
    most_parameters: int = 33
    most_doublings: int = 24
    furthest_rates: int = 30
    rounding: float = 1e-9


RULE = Rule()
