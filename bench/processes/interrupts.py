"""What Ctrl-C does to a run: after the first one the case in progress is finished."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, TracebackType


class Interrupts:
    """While it is entered, counts Ctrl-C.

    The second one, and SIGTERM, raise KeyboardInterrupt; the first is only noted.

    Parameters
    ----------
    say : callable
        Takes what to tell the user after the first.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._before: dict[int, object] = {}
        self.asked = False

    def __enter__(self) -> Interrupts:
        """Take the signals over."""
        for number, handler in ((signal.SIGINT, self._once), (signal.SIGTERM, self._at_once)):
            self._before[number] = signal.signal(number, handler)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Give the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type] # what signal() returned

    def _once(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            self._at_once(number, frame)
        self.asked = True
        self._say("Finishing the case in progress; Ctrl-C again stops at once.")

    def _at_once(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        self.asked = True
        raise KeyboardInterrupt
