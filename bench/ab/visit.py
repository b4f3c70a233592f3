"""One case in two running processes at once, slice by slice: one measures, the other waits.

What else the machine does comes and goes: over seconds, minutes, hours. Two measurements one
after the other see two different machines. Here both sides are made ready first, and then
measure in turns of a few hundredths of a second, in the order A B B A, so that both see the
same machine; what is left between them is what differs from process to process.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle
from typing import TYPE_CHECKING, Any, Protocol

from bench.processes import causes
from bench.processes.launcher import EndedError, NoAnswerError
from bench.processes.task import Cause

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

#: How long a side measures before it is the other's turn.
SLICE_SECONDS = 0.03
#: The order in which two sides take turns; by it neither comes after the other more often.
COUNTERBALANCED = (0, 1, 1, 0)


class Partner(Protocol):
    """A running process that can wait for its turn."""

    def send(self, request: Mapping[str, Any]) -> None:
        """Send a request."""

    def receive(self, limit_seconds: float) -> dict[str, Any]:
        """Wait for its next line."""


@dataclass(frozen=True)
class Said:
    """What a side answered.

    Attributes
    ----------
    answer : mapping or None
        The measurement.
    cause : Cause or None
        Why there is none.
    message : str
    """

    answer: Mapping[str, Any] | None = None
    cause: Cause | None = None
    message: str = ""


class _LostError(Exception):
    """A side came to nothing."""

    def __init__(self, side: int, cause: Cause, message: str) -> None:
        super().__init__(message)
        self.side = side
        self.said = Said(None, cause, message)


def visit(
    partners: Sequence[Partner],
    requests: Sequence[Mapping[str, Any]],
    limit_seconds: float,
    first: int = 0,
    oom_kills: Callable[[], int | None] = causes.oom_kills,
) -> tuple[Said, Said]:
    """Measure a case on both sides.

    Parameters
    ----------
    partners : sequence of two Partner
    requests : sequence of two mapping
        As the worker takes them.
    limit_seconds : float
        For any one line.
    first : int
        The side that is made ready, and measures, first.
    oom_kills : callable

    Returns
    -------
    tuple of (Said, Said)
        What each side measured. Where one came to nothing, the other has neither an answer
        nor a cause, and both processes are of no further use.
    """
    both = _Both(partners, limit_seconds, oom_kills)
    try:
        for side in (first, 1 - first):
            both.ask(side, {**requests[side], "alternate": True})
        for turn in cycle(COUNTERBALANCED):
            if not both.is_waiting:
                break
            side = turn ^ first
            if both.answers[side] is None:
                both.ask(side, {"seconds": SLICE_SECONDS})
    except _LostError as lost:
        return (lost.said, Said()) if lost.side == 0 else (Said(), lost.said)
    return Said(both.answers[0]), Said(both.answers[1])


class _Both:
    """The two sides, and what they have answered so far."""

    def __init__(
        self,
        partners: Sequence[Partner],
        limit_seconds: float,
        oom_kills: Callable[[], int | None],
    ) -> None:
        self._partners, self._limit, self._oom_kills = partners, limit_seconds, oom_kills
        self._kills = oom_kills()
        self.answers: list[Mapping[str, Any] | None] = [None, None]

    @property
    def is_waiting(self) -> bool:
        """Whether a side is not done."""
        return None in self.answers

    def ask(self, side: int, request: Mapping[str, Any]) -> None:
        """Send to a side, and wait until it waits or is done; note what it answers."""
        self._partners[side].send(request)
        try:
            said = self._partners[side].receive(self._limit)
        except NoAnswerError as error:
            raise _LostError(side, Cause.HANG, f"hang: {error}, so it was ended") from error
        except EndedError as error:
            cause = causes.of_ending(error, self._kills, self._oom_kills())
            raise _LostError(side, *cause) from error
        if "error" in said:
            raise _LostError(side, *causes.of_error(said))
        if "waits" not in said:
            self.answers[side] = said
