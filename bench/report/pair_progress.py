"""Shows how far a comparison of pairs is: each case's verdict so far, and the time left."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from bench.compare.paired import Contest, PairedEstimate
from bench.report.numbers import ratio
from bench.report.progress import OTHER_LINES, duration
from bench.stats.verdict import Verdict


class AbProgress:
    """On a terminal, a table that is drawn anew; elsewhere, a line for each pair.

    Parameters
    ----------
    names : sequence of str
        Of the cases.
    contests : sequence of Contest
        Theirs, which change while they are shown.
    """

    def __init__(
        self, console: Console, names: Sequence[str], contests: Sequence[Contest]
    ) -> None:
        self._console = console
        self._named = list(zip(names, contests, strict=True))
        self._live = (
            Live(console=console, auto_refresh=False, transient=True)
            if console.is_terminal
            else None
        )
        self._said = 0

    def __enter__(self) -> AbProgress:
        """Begin."""
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Take the table away."""
        if self._live is not None:
            self._live.stop()

    def note(self, text: str) -> None:
        """Print a line that stays."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def show(self, seconds_left: float, now: str = "") -> None:
        """Show where things stand.

        Parameters
        ----------
        now : str
            The case that begins; empty between two.
        """
        if self._live is not None:
            self._live.update(self._table(seconds_left, now), refresh=True)
            return
        pairs = max((contest.n_pairs for _, contest in self._named), default=0)
        if pairs > self._said and not now:
            self._said = pairs
            self.note(f"pair {pairs}: {self._summary(seconds_left)}")

    def _summary(self, seconds_left: float) -> str:
        decided = [c.verdict for _, c in self._named if c.verdict is not None]
        counts = [
            f"{decided.count(verdict)} {verdict.value}"
            for verdict in Verdict
            if verdict in decided
        ]
        told = f" ({', '.join(counts)})" if counts else ""
        left = f"; about {duration(seconds_left)} left" if seconds_left > 0 else ""
        return f"{len(decided)} of {len(self._named)} cases decided{told}{left}"

    def _table(self, seconds_left: float, now: str) -> RenderableType:
        table = Table(box=None, pad_edge=False)
        table.add_column("case", overflow="ellipsis", no_wrap=True)
        table.add_column("pairs", justify="right")
        table.add_column("B takes, times A (95%)", justify="right", no_wrap=True)
        table.add_column("so far", no_wrap=True)
        room = max(3, self._console.height - OTHER_LINES)
        # What is open comes first: what is decided no longer changes.
        ordered = sorted(self._named, key=lambda one: one[1].verdict is not None)
        for name, contest in ordered[:room]:
            style = "bold" if name == now else ""
            table.add_row(Text(name), str(contest.n_pairs), *_told(contest), style=style)
        rest = len(ordered) - room
        lines: list[RenderableType] = [table]
        if rest > 0:
            lines.append(Text(f"… and {rest} more"))
        lines.append(Text(self._summary(seconds_left)))
        return Group(*lines)


def _told(contest: Contest) -> tuple[str, str]:
    """Write the ratio of a case and its verdict so far."""
    if not contest.n_pairs:
        return "", ""
    found = contest.estimate
    value = ratio(found.ratio, found.low, found.high) if found.low > 0 else "too few pairs"
    if contest.verdict is not None:
        return value, contest.verdict.value
    if contest.detected is not None:
        return value, f"{contest.detected.value}? confirming"
    return value, _leaning(found, contest.margin)


def _leaning(found: PairedEstimate, margin: float) -> str:
    """Say where an estimate lies that does not decide yet."""
    if found.low > 1 + margin:
        return "slower?"
    if found.high < 1 / (1 + margin):
        return "faster?"
    if 1 / (1 + margin) <= found.low <= found.high <= 1 + margin:
        return "same?"
    return "unclear"
