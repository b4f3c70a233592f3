"""By which rule two measurements are compared: every number that was chosen."""

from __future__ import annotations

from dataclasses import dataclass

from bench.stats.rule import RULE as STATISTICS


@dataclass(frozen=True)
class Rule:
    """Numbers of the rule; ``python -m bench selftest`` measures what they give.

    Numbers without another origin were chosen by hand.

    Attributes
    ----------
    confidence : float
        Of intervals.
    margin : float
        Share by which a case may change and still be called the same. Of two per cent, half
        is still told apart from nothing, and from two.
    fewest_for_noise : int
        Pairs that tell how far they lie apart.
    first_look : int
        Pairs before a case is looked at: fewer have no interval at 95%.
    pairs_between_looks : int
        Pairs until the next look: in two of them each side is first once.
    max_false_discoveries : float
        Expected share of what is told that has not changed by more than the margin.
    largest_bet : float
        Share of the capital that a bet may lose: a single pair that went astray costs no more.
    stakes : tuple of float
        Stakes of the bets, over the margin: in simulations of pairs that differ by 0.3 to 2%,
        more of them, or others, needed as many pairs.
    most_pairs : int
        Pairs of a case; without an answer by then it is unclear.
    clear_stds : float
        Standard errors between an estimate and the margin when a case is usually decided; for
        the time left alone.
    estimate_stds : float
        Standard error of the estimate, over the standard deviation of the pairs divided by
        the root of their number; for the time left alone.
    few_processes : int
        Processes of a side up to which the variance is too poorly known for Satterthwaite's
        approximation.
    processes_for_interval : int
        Processes of a side that a remedy asks for where there is one: as many as an interval
        takes.
    processes_for_change : int
        Processes that a remedy asks for where the case is unclear: as many as tell 5% of 100
        cases apart where processes differ by 1%.
    most_processes_differ : float
        Single processes further apart than by this factor, and their rounds too, differ for
        another reason than that processes do: that came to some 10% wherever it was seen.
    fewest_earlier : int
        Earlier runs that a case over time is set against. Fewer say nothing of how much runs
        differ.
    loss_tolerance : float
        Relative difference of the losses of cases that train alike. float32 rounds at 6e-8,
        and a training repeats that some thousand times.
    fewest_controls : int
        Controls of a kind that a warning takes. Fewer say nothing of the kind.
    """

    confidence: float = STATISTICS.confidence
    margin: float = 0.01
    # Pairs of fresh processes.
    fewest_for_noise: int = 2
    first_look: int = 6
    pairs_between_looks: int = 2
    max_false_discoveries: float = 0.05
    largest_bet: float = 0.9
    stakes: tuple[float, ...] = (0.3, 1.0, 3.0)
    most_pairs: int = 60
    clear_stds: float = 2.7
    estimate_stds: float = 1.05
    # Stored runs.
    few_processes: int = 2
    processes_for_interval: int = 5
    processes_for_change: int = 10
    most_processes_differ: float = 2.0
    fewest_earlier: int = 4
    loss_tolerance: float = 1e-4
    fewest_controls: int = 3


RULE = Rule()
