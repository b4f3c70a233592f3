"""Shows before and during a run how many cases there are, how far it is, and the time left."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from enum import Enum
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from bench.report.numbers import number, printed, ratio
from bench.stats.verdict import Verdict

if TYPE_CHECKING:
    from bench.compare.paired import Contest, PairedEstimate

# Which tables of a run are printed once it is over.


class Tables(str, Enum):
    """Which tables are printed."""

    LADDER = "ladder"
    ALL = "all"
    NONE = "none"


# The line before a run: how many cases, and about how long.


NO_CASE = (
    "These options leave no case to time: an option that names an axis, such as "
    "--batch-sizes, leaves out the cases without that axis."
)


LOOKING = (
    "Looking for libraries and devices, and trying out each kernel to say how long it takes …"
)


def of_tf32(*, asked: bool, allowed: bool) -> list[str]:
    """Say what ``--tf32`` does; nothing where it was not asked for."""
    if not asked:
        return []
    if not allowed:
        return ["--tf32 changes nothing: no GPU is to be measured here."]
    return ["TF32 is allowed: factors of float32 products on GPUs may be rounded to 10 bits."]


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


def sentence(
    n_cases: int, n_runnable: int, seconds: float, preset: str, n_unknown: int = 0
) -> str:
    """Say what is about to run.

    Parameters
    ----------
    n_cases, n_runnable : int
        Those selected, and those of them that can run here.
    seconds : float
        The estimate.
    n_unknown : int
        Those that it leaves out.
    """
    skipped = n_cases - n_runnable
    rest = f" ({skipped} more can't run here and are skipped)" if skipped else ""
    to_time = number(n_runnable, "case")
    cases = number(n_unknown, "case")
    without = f", without {cases} on GPUs that could not be tried out" if n_unknown else ""
    return f"{to_time} to time{rest}, preset {preset}: {between(seconds)}{without}."


#: Runs took 0.9 to 1.5 times what their cases were estimated to take, and half a minute at most
#: for starting, and for counting steps at the end.
SHORTEST, LONGEST, AROUND_SECONDS = 0.9, 1.5, 30


def between(seconds: float) -> str:
    """Write an estimate of cases as the range in which the whole run ends: ``5 s to 40 s``."""
    return f"{duration(SHORTEST * seconds)} to {duration(LONGEST * seconds + AROUND_SECONDS)}"


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
        #: Seconds of cases that have ended, by question: estimated, and taken.
        self._done: dict[str, list[float]] = {}

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
            done = self._done.setdefault(case.partition("[")[0], [0.0, 0.0])
            done[0] += self._estimates[case]
            done[1] += seconds

    def seconds_left(self) -> float:
        """Return the estimate of what is left, scaled by how the estimates have held.

        They have held alike in cases of one question; those of a question that has not begun
        go by all that are done.
        """
        left: dict[str, float] = {}
        for case, seconds in self._estimates.items():
            question = case.partition("[")[0]
            left[question] = left.get(question, 0.0) + seconds
        estimated, taken = (sum(done[n] for done in self._done.values()) for n in (0, 1))
        # Until a tenth is done, one odd case would decide the scale.
        overall = taken / estimated if estimated >= 0.1 * sum(left.values()) > 0 else 1.0
        return sum(
            max(0.0, seconds - self._done.get(question, [0.0])[0])
            * self._scale(question, overall)
            for question, seconds in left.items()
        )

    def _scale(self, question: str, overall: float) -> float:
        """Return how many times its estimate a case takes; of few cases, not far from all."""
        estimated, taken = self._done.get(question, (0.0, 0.0))
        pull = 0.1 * sum(self._estimates.values())
        return (taken + pull * overall) / (estimated + pull) if pull else overall

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


class StatusLine(AbstractContextManager["StatusLine"]):
    """On a terminal, one line that is written over and taken away; elsewhere, many."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown = False

    def __exit__(self, *_: object) -> None:
        """Take the line away."""
        self._clear()

    def write(self, text: str) -> None:
        """Write the line anew."""
        if not self._console.is_terminal:
            self.note(text)
            return
        self._clear()
        self._console.file.write(printed(text, self._console.width - 1))
        self._console.file.flush()
        self._shown = True

    def note(self, text: str) -> None:
        """Print a line that stays."""
        self._clear()
        line = printed(text)
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def _clear(self) -> None:
        if self._shown:
            self._console.file.write("\r\x1b[2K")
            self._shown = False


class ProcessProgress(StatusLine):
    """On a terminal, that line; elsewhere, a line for each process.

    Parameters
    ----------
    n_tasks : int
        Of the whole run, all processes together.
    """

    def __init__(self, console: Console, replicates: int, n_tasks: int) -> None:
        super().__init__(console)
        self._replicates, self._n_tasks = replicates, n_tasks
        self._seen: tuple[int, str] | None = None

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
            self.write(f"[{number}/{self._n_tasks}] about {left} left: {case}")
        elif self._seen != (replicate, group):
            self.note(
                f"process {replicate + 1} of {self._replicates}, {group}: about {left} left"
            )
        self._seen = replicate, group


# Shows how far a comparison of pairs is: each case's verdict so far, and the time left.
#
# It is drawn between two cases only: a thread that redraws would take time from what is timed.


#: Lines of a terminal that are not the table's rows.
OTHER_LINES = 7


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

    def __exit__(self, *_: object) -> None:
        """Take the table away."""
        if self._live is not None:
            self._live.stop()

    def note(self, text: str) -> None:
        """Print a line that stays."""
        line = printed(text)
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)

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


# The end where what a run is shown with is missing: measuring needs little, and stores the run.


FOR_ANSWERS = {"duckdb", "jinja2", "markupsafe", "matplotlib", "pandas", "vl_convert"}


def not_shown(error: ModuleNotFoundError) -> str:
    """Say why a run that is stored is not shown.

    Raises
    ------
    ModuleNotFoundError
        When something else is missing.
    """
    missing = (error.name or "").partition(".")[0]
    if missing not in FOR_ANSWERS:
        raise error
    return (
        f"The answer is not shown, for {missing} is not installed here: `minibatch-bench "
        f"report` shows it of the run file, on any machine that has it."
    )
