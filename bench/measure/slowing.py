"""Slows rounds down on purpose, to see whether a comparison would find it.

At the end of a round the processor is kept busy, inside the clock, for a share of what the
round has taken. So the slowdown is of that size whatever is timed, on whatever device, and
however else the round was disturbed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.measure.rounds import Clock


class Slowing:
    """By how much the rounds of this process are slowed down; not at all by default.

    Attributes
    ----------
    share : float
    """

    def __init__(self) -> None:
        self.share = 0.0

    def end(self, begin: float, end: float, clock: Clock) -> float:
        """Keep the processor busy, and return when the round ends.

        Parameters
        ----------
        begin, end : float
            When the work began and was done.
        clock : callable

        Returns
        -------
        float
        """
        if not self.share:
            return end
        until = end + self.share * (end - begin)
        while end < until:
            end = clock()
        return end


#: That of this process.
SLOWING = Slowing()
