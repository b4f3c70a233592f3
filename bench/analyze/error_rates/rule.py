"""What a rule is, for all that are tried on the same samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.analyze.verdicts.process_time import Rounds

    #: Pairs of processes of identical code, in the order in which they were measured; the two
    #: of a pair took turns.
    Pool: TypeAlias = Sequence[tuple[Rounds, Rounds]]


@dataclass(frozen=True)
class Said:
    """What a rule says of one comparison.

    Attributes
    ----------
    slower : bool
    same : bool
        It says that nothing has changed, and not only that nothing was found.
    used : int
        Pairs of the pool that the next comparison does not look at again.
    """

    slower: bool
    same: bool
    used: int


class Rule(Protocol):
    """A way to say whether a case is slower."""

    @property
    def name(self) -> str:
        """As in files."""

    @property
    def title(self) -> str:
        """For a person."""

    @property
    def source(self) -> str:
        """Where the rule is from."""

    def say(self, pool: Pool, slowdown: float) -> Said | None:
        """Compare, with the second side so much slower.

        Parameters
        ----------
        pool : sequence of pairs
            What is left of it.
        slowdown : float
            A share by which every time of the second side is made longer.

        Returns
        -------
        Said or None
            None where too little is left to decide.
        """
