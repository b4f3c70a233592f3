"""Whose turn it is, where two processes measure alternately: one works, the other waits.

Before each round a measurement asks here whether it may go on. On its own it always may. A
process that shares a machine with the one that it is compared with waits until it is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Turns:
    """Who is asked before a round; nobody by default.

    Attributes
    ----------
    wait : callable or None
        Returns when the next round may begin.
    """

    def __init__(self) -> None:
        self.wait: Callable[[], None] | None = None

    def take(self) -> None:
        """Return when the next round may begin."""
        if self.wait is not None:
            self.wait()


#: Those of this process.
TURNS = Turns()
