"""What one process says of a case: the time of its undisturbed rounds.

What disturbs a round only ever makes it longer, and a neighbour that works half of the time
moves the median of all rounds by as much as it pleases. So the rounds that telemetry has marked
are left out, as long as enough are left to take a median of. Else it is the lower quartile of
all rounds: most of those below it were not disturbed, and unlike the fastest one it is not
decided by a single round. Both sides of a comparison are treated alike, so that neither is
favoured.
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from bench.analyze.quantile import lower_quartile

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Undisturbed rounds that a median is taken of.
FEWEST = 5


class Rounds(NamedTuple):
    """The rounds of a case in one process.

    Attributes
    ----------
    seconds : sequence of float
        Of one iteration, for each round.
    disturbed : sequence of int
        Numbers of the rounds that something else disturbed.
    """

    seconds: Sequence[float]
    disturbed: Sequence[int] = ()


def process_time(rounds: Rounds) -> float:
    """Return what a process says of a case.

    Parameters
    ----------
    rounds : Rounds
        At least one.

    Returns
    -------
    float
        Seconds of one iteration.
    """
    disturbed = {*rounds.disturbed}
    left = [one for number, one in enumerate(rounds.seconds) if number not in disturbed]
    if len(left) >= FEWEST or len(left) == len(rounds.seconds):
        return median(left)
    return lower_quartile(rounds.seconds)
