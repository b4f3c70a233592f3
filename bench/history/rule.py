"""By which rule a run is judged against earlier ones: every number that was chosen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """Numbers of the rule; ``python -m bench.selftest.simulation`` says what they give.

    Attributes
    ----------
    fewest_earlier : int
        Fewer earlier runs say nothing of how far runs lie apart.
    most_earlier : int
        Older ones are left to the change points.
    most_runs : int
        Steps are looked for among the run and so many before it: they hold every step that
        one would act on. Older runs are left to a history page.
    most_recent : int
        Evidence may be gathered over so many of the last runs.
    false_discoveries : float
        Expected share of what is flagged that has not changed by more than the margin, were
        every change as large as it. Hardly any is, and what is flagged is confirmed.
    alone : float
        A run says so on its own with this p-value.
    going_astray : float
        Runs that say the same confirm each other where they go so far astray together no
        likelier than this, by how often earlier runs did.
    times_again : int
        What is flagged is measured again so many times, each of which has to say so.
    confidence : float
        Of intervals.
    least_spread : float
        A spread between runs below this is taken for it, relative: no history of a few
        runs shows less.
    usual_spread_of_clock : float
        How far runs lie apart by the processor's clock, before any says so: a shared one goes
        5% for half an hour.
    """

    fewest_earlier: int = 5
    most_earlier: int = 40
    most_runs: int = 200
    most_recent: int = 3
    false_discoveries: float = 0.2
    alone: float = 0.005
    going_astray: float = 1e-5
    times_again: int = 3
    confidence: float = 0.95
    least_spread: float = 0.002
    usual_spread_of_clock: float = 0.03


RULE = Rule()
