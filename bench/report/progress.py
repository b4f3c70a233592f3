"""Shows before and during a run how many cases there are, how far it is, and the time left."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console

from bench.report.numbers import number

# The line before a run: how many cases, and about how long.


NO_CASE = (
    "These options leave no case to time: an option that names an axis, such as "
    "--batch-sizes, leaves out the cases without that axis."
)


def duration(seconds: float) -> str:
    """Write a duration as a person would say it.

    Returns
    -------
    str
        ``40 s``, ``3 min 20 s``, ``2 h 5 min``; to 5 s below an hour.
    """
    rounded = max(5, 5 * round(seconds / 5))
    if rounded < 60:
        return f"{rounded} s"
    minutes, rest = divmod(rounded, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def sentence(n_cases: int, n_runnable: int, seconds: float, preset: str) -> str:
    """Say what is about to run.

    Parameters
    ----------
    n_cases, n_runnable : int
        Those selected, and those of them that can run here.
    seconds : float
        The estimate.
    """
    skipped = n_cases - n_runnable
    rest = f" ({skipped} more can't run here and are skipped)" if skipped else ""
    to_time = number(n_runnable, "case")
    return f"{to_time} to time{rest}, preset {preset}: about {duration(seconds)}."


# The line that shows how far a run is, and how long it still takes.


class Progress:
    """Tells the time left from the estimates and from how well they have held so far.

    Parameters
    ----------
    estimates : dict of str to float
        The estimated seconds of each case that can run, by node id.
    """

    def __init__(self, estimates: dict[str, float]) -> None:
        self._estimates = estimates
        self._finished = 0
        self._estimated_done = 0.0
        self._seconds_done = 0.0

    def __contains__(self, case: str) -> bool:
        """Tell whether a case, by its node id, can run."""
        return case in self._estimates

    def finish(self, case: str, seconds: float) -> None:
        """Note that a case has ended.

        Parameters
        ----------
        case : str
            Its node id; one that was not estimated does not count.
        seconds : float
            What it took.
        """
        if case in self._estimates:
            self._finished += 1
            self._estimated_done += self._estimates[case]
            self._seconds_done += seconds

    def seconds_left(self) -> float:
        """Return the estimate of what is left, scaled by how the estimates have held."""
        total = sum(self._estimates.values())
        left = max(0.0, total - self._estimated_done)
        # Until a tenth is done, one odd case would decide the scale.
        if self._estimated_done < 0.1 * total:
            return left
        return left * self._seconds_done / self._estimated_done

    def line(self, case: str) -> str:
        """Return the line to show while a case runs.

        Parameters
        ----------
        case : str
            Its node id.

        Returns
        -------
        str
            As in ``[ 12/132] about 2 min left: bench_epoch[…]``.
        """
        total = len(self._estimates)
        name = case.rpartition("::")[2]
        number = min(self._finished + 1, total)
        left = duration(self.seconds_left())
        return f"[{number:>{len(str(total))}}/{total}] about {left} left: {name}"


# Shows how far a run of several processes is.
#
# A line is written when a case begins, and nothing in between: a thread that redraws would
# take time from the cases that are being timed.


class ProcessProgress:
    """On a terminal, one line that is written over; elsewhere, a line for each process.

    Parameters
    ----------
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


# Shows how far a comparison of pairs is: each case's verdict so far, and the time left.
#
# It is drawn between two cases only: a thread that redraws would take time from what is timed.


#: Lines of a terminal that are not the table's rows.
OTHER_LINES = 7
