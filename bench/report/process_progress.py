"""Shows how far a run of several processes is.

A line is written when a case begins, and nothing in between: a thread that redraws would take
time from the cases that are being timed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.report.announce import duration

if TYPE_CHECKING:
    from types import TracebackType

    from rich.console import Console


class ProcessProgress:
    """On a terminal, one line that is written over; elsewhere, a line for each process.

    Parameters
    ----------
    console : Console
    replicates : int
    n_tasks : int
        Of the whole run, all processes together.
    """

    def __init__(self, console: Console, replicates: int, n_tasks: int) -> None:
        self._console = console
        self._replicates, self._n_tasks = replicates, n_tasks
        self._seen: tuple[int, str] | None = None
        self._shown = False

    def __enter__(self) -> ProcessProgress:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Take the line away."""
        self._clear()

    def show(
        self, replicate: int, group: str, case: str, number: int, seconds_left: float
    ) -> None:
        """Show that a case begins.

        Parameters
        ----------
        replicate : int
            From 0.
        group : str
            What the process measures.
        case : str
            Its id.
        number : int
            Of the task, from 1.
        seconds_left : float
        """
        left = duration(seconds_left)
        if self._console.is_terminal:
            line = f"[{number}/{self._n_tasks}] about {left} left: {case}"
            self._clear()
            self._console.file.write(line[: self._console.width - 1])
            self._console.file.flush()
            self._shown = True
        elif self._seen != (replicate, group):
            self.note(
                f"process {replicate + 1} of {self._replicates}, {group}: about {left} left"
            )
        self._seen = replicate, group

    def note(self, text: str) -> None:
        """Print a line that stays."""
        self._clear()
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def _clear(self) -> None:
        if self._shown:
            self._console.file.write("\r\x1b[2K")
            self._shown = False
