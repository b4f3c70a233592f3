"""Where the time of an epoch goes: data, forward, backward, update, waiting.

It comes from a pass of its own, in which the clock is read between the phases of each step;
nothing waits in between, so a phase is the time until its calls have returned, and what the
device still has to do then shows as waiting. Reading the clock takes time too: the total is
put beside that of the epochs that were timed without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.measure import gate
from kernels import stepwise
from kernels.stepwise import StepKernel

if TYPE_CHECKING:
    from bench.measure.gate import TrainingCase
    from bench.measure.protocol import Plan
    from bench.measure.rounds import Action, Clock
    from bench.measure.timing import Instruments

#: Phases in their order; ``step`` is what one call does together.
PHASES = ("data", *stepwise.PHASES, "step", "waiting")
REPEATS = 5
#: No further repeat after so many seconds.
ENOUGH_SECONDS = 0.1


def phase_facts(  # noqa: PLR0917 - all that an instrumented epoch needs
    case: TrainingCase,
    plan: Plan,
    state: object,
    drain: Action,
    instruments: Instruments,
    seconds_per_epoch: float,
) -> dict[str, Any]:
    """Time the phases of an epoch, of a kernel that goes step by step.

    Parameters
    ----------
    case : TrainingCase
    plan : Plan
    state : object
        The kernel's, warm.
    drain : callable
    instruments : Instruments
    seconds_per_epoch : float
        Without instruments.

    Returns
    -------
    dict
        ``phases``: seconds by phase, of the repeat whose total is the median; None for a
        kernel without steps. ``phases_total``, and ``phases_differ``: its difference from
        ``seconds_per_epoch``, as a share of it.

    Raises
    ------
    GateError
        When the steps do not match the reference in this pass.
    """
    kernel = case.kernel
    if not isinstance(kernel, StepKernel):
        return {"phases": None, "phases_total": None, "phases_differ": None}
    passes: list[dict[str, float]] = []
    while len(passes) < REPEATS and sum(map(_total, passes)) < ENOUGH_SECONDS:
        kernel.reset(state, plan.start)
        passes.append(_instrumented(kernel, plan, state, drain, instruments.clock))
        gate.check(case, plan.expected[0], state, "after an epoch in phases")
    median = sorted(passes, key=_total)[len(passes) // 2]
    total = _total(median)
    return {
        "phases": {name: median[name] for name in PHASES if name in median},
        "phases_total": total,
        "phases_differ": total / seconds_per_epoch - 1.0,
    }


def _total(phases: dict[str, float]) -> float:
    return sum(phases.values())


def _instrumented(
    kernel: StepKernel, plan: Plan, state: Any, drain: Action, clock: Clock
) -> dict[str, float]:
    """Train the first epoch, the clock read after every phase."""
    seconds = {"data": 0.0}
    drain()
    now = clock()
    batches = iter(state.batches(plan.orders[0]))
    for eta in plan.learning_rates[0]:
        X, y = next(batches)
        then, now = now, clock()
        seconds["data"] += now - then
        for name in kernel.phases(state, X, y, eta):
            then, now = now, clock()
            seconds[name] = seconds.get(name, 0.0) + now - then
    drain()
    seconds["waiting"] = clock() - now
    return seconds
