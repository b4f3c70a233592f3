"""The line that shows how far a run is, and how long it still takes."""

from __future__ import annotations

from bench.report.announce import duration


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
