"""How long a run still takes, and how much each case may take so that it ends as announced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.processes.asked import estimate_key
from bench.processes.task import Pass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bench.processes.asked import RunAsked
    from bench.processes.task import Outcome

#: Starting an interpreter and importing a library.
LAUNCH_SECONDS = 0.8
#: A case's budget is stretched or cut by no more than this.
LEAST, MOST = 0.25, 4.0


def total_seconds(asked: RunAsked) -> float:
    """Estimate a whole run.

    Parameters
    ----------
    asked : RunAsked

    Returns
    -------
    float
    """
    groups = {
        (task.group, *sorted(task.environment.items()))
        for task in asked.tasks
        if task.kind is Pass.TIME
    }
    launches = asked.replicates * len(groups) * LAUNCH_SECONDS
    tasks = sum(
        asked.estimates[estimate_key(task, replicate)]
        for task in asked.tasks
        for replicate in range(asked.replicates if task.kind is Pass.TIME else 1)
    )
    return tasks + launches


class Pace:
    """Follows a run and compares it with what was announced.

    Parameters
    ----------
    asked : RunAsked
    before : iterable of Outcome
        Of an earlier part of the run.
    """

    def __init__(self, asked: RunAsked, before: Iterable[Outcome] = ()) -> None:
        self._asked = asked
        self._planned = total_seconds(asked)
        self._spent = 0.0
        self._expected_spent = 0.0
        self._timed = 0.0
        self._tasks = {(task.id, task.kind): task for task in asked.tasks}
        for outcome in before:
            self.add(outcome)

    def add(self, outcome: Outcome) -> None:
        """Note what a task took.

        Parameters
        ----------
        outcome : Outcome
        """
        task = self._tasks[outcome.id, outcome.kind]
        self._spent += outcome.seconds
        self._expected_spent += self._asked.estimates[estimate_key(task, outcome.replicate)]
        if outcome.kind is Pass.TIME and outcome.answer is not None:
            self._timed += sum(drained for _, drained, _ in outcome.answer["rounds"])

    def seconds_left(self) -> float:
        """Return about how long the run still takes, by how the estimates have held."""
        left = max(0.0, self._planned - self._expected_spent)
        if self._expected_spent < 0.05 * self._planned:
            return left  # one odd case would decide it
        return left * self._spent / self._expected_spent

    def seconds_per_case(self, replicate: int) -> float:
        """Return how much work of a case is to be timed in a process.

        The first process of each case has the budget that was asked for. In later ones it
        is cut where the run is late, and stretched where it is early, so that time that is
        left makes the numbers more precise.

        Parameters
        ----------
        replicate : int

        Returns
        -------
        float
        """
        budget = self._asked.protocol.seconds_per_case
        left = self.seconds_left()
        if replicate == 0 or not self._timed or not left:
            return budget
        timed_left = left * min(1.0, self._timed / self._spent)
        wanted = self._asked.announced_seconds - self._spent
        factor = 1.0 + (wanted - left) / timed_left
        return budget * min(MOST, max(LEAST, factor))
