"""What bounds a case: host, launch, cache, memory or arithmetic, by rules on measured numbers.

The rules are tried in this order; the first that holds gives the word.

1. ``arithmetic``, ``memory``, ``cache``: at least half (``NEAR``) of what the roof allows is
   reached (``bench.analyze.roofline``). The word is what sets the roof there: the matrix
   product's rate, or the bandwidth of the level that holds the data.
2. ``host``: the data loader is one that makes batches in Python, and timed alone it takes
   most of the case's time.
3. ``host``, on a GPU: the device's own clock counts at most half of the time, and the call
   that enqueues the work fills at least half of it. The device waits for the host.
4. A price that does not go with the work. Either the whole call takes no more than two empty
   operators of the same backend on the same device; or at least half of a step's time is
   fixed (``bench.analyze.fixed_share``), and steps are dispatched one by one. What takes
   less than half of an empty operator at any size, as a step of a compiled loop does, is
   not dispatched as one. Then it is

   - ``host`` on a CPU: Python's and the framework's dispatch;
   - ``host`` on a GPU where enqueuing fills at least 80% of the time: the queue never fills,
     so the device is never ahead of the host;
   - ``launch`` on a GPU where it fills less, and where a step takes the device no longer
     than 50 empty operators: more operators no training step here has. The device is given
     enough to do, and each thing is too small.

5. ``unclear``: none of these, or what they need was not measured. Compiled loops whose steps
   depend on one another end here: they wait for their own last result, which no control
   measures, and are neither dispatched nor near a roof.

Two cautions. Events on a GPU count the gaps between operators too, so the device's clock
proves idleness (rule 3) and never work. And a queue holds about a thousand launches: where
more are enqueued at once than that, enqueuing may wait for the device and rule 4 say
``host`` of a case that is bound by launches; single steps (``bench_step``) tell these apart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from bench.analyze.ceilings import MEMORY
from bench.analyze.roofline import ARITHMETIC

#: Rule 1: this share of the roof is near it.
NEAR = 0.5
#: Rules 2, 3 and 4: so much of the time is most of it.
MOST = 0.5
#: Rule 4: enqueuing that takes so much of the time never runs ahead of the device.
NEVER_AHEAD = 0.8
#: Rule 4: a call of so few empty operators is mostly one.
FEW_OPERATORS = 2.0
#: Rule 4: a step of more empty operators on the device is more than launches.
MOST_LAUNCHES = 50.0


class Bound(str, Enum):
    """The word."""

    HOST = "host"
    LAUNCH = "launch"
    CACHE = "cache"
    MEMORY = "memory"
    ARITHMETIC = "arithmetic"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class Evidence:
    """What the rules look at; NaN where it was not measured.

    Attributes
    ----------
    roof : str
        ``arithmetic``, or the level whose bandwidth sets the roof.
    roof_share : float
        Of the attainable rate, what is reached.
    on_gpu : bool
    operators : bool
        The call runs operators of its backend.
    stepwise : bool
        Steps are dispatched one by one.
    step_operators, call_operators : float
        The time of a step, and of the whole call, in empty operators of the backend.
    library_share : float
        Of the roof's bandwidth, what the backend's own triad reaches.
    fixed_share : float
        Of a step's time, what does not go with its work.
    loading_share : float
        Of the time, what the data loader takes alone.
    enqueued_share : float
        Of the time, what passes until the call returns.
    device_share : float
        Of the time, what the device's own clock counts.
    device_operators : float
        The device's time of a step, in empty operators by the same clock.
    """

    roof: str
    roof_share: float
    on_gpu: bool = False
    operators: bool = False
    stepwise: bool = False
    step_operators: float = math.nan
    call_operators: float = math.nan
    library_share: float = math.nan
    fixed_share: float = math.nan
    loading_share: float = math.nan
    enqueued_share: float = math.nan
    device_share: float = math.nan
    device_operators: float = math.nan


@dataclass(frozen=True)
class Judgement:
    """What bounds a case.

    Attributes
    ----------
    bound : Bound
    reason : str
        The numbers that say so, or that do not suffice.
    """

    bound: Bound
    reason: str


def judge(evidence: Evidence) -> Judgement:
    """Apply the rules.

    Parameters
    ----------
    evidence : Evidence

    Returns
    -------
    Judgement
    """
    for rule in (_near_the_roof, _loading, _idle, _dispatched):
        found = rule(evidence)
        if found is not None:
            return found
    return Judgement(Bound.UNCLEAR, _numbers(evidence))


def _near_the_roof(e: Evidence) -> Judgement | None:
    """Rule 1."""
    if not e.roof_share >= NEAR:
        return None
    if e.roof == ARITHMETIC:
        return Judgement(Bound.ARITHMETIC, f"{_percent(e.roof_share)} of the matrix product's")
    bound = Bound.MEMORY if e.roof == MEMORY else Bound.CACHE
    return Judgement(bound, f"{_percent(e.roof_share)} of the bandwidth of {e.roof}")


def _loading(e: Evidence) -> Judgement | None:
    """Rule 2."""
    if not e.loading_share >= MOST:
        return None
    return Judgement(Bound.HOST, f"making the batches takes {_percent(e.loading_share)} of it")


def _idle(e: Evidence) -> Judgement | None:
    """Rule 3."""
    if not (e.on_gpu and e.device_share <= MOST <= e.enqueued_share):
        return None
    return Judgement(
        Bound.HOST,
        f"the device is busy for at most {_percent(e.device_share)} of it, enqueuing takes "
        f"{_percent(e.enqueued_share)}",
    )


def _dispatched(e: Evidence) -> Judgement | None:
    """Rule 4."""
    if e.operators and e.call_operators <= FEW_OPERATORS:
        why = f"the call takes {e.call_operators:.3g} times an empty operator"
    elif e.stepwise and e.fixed_share >= MOST:
        why = (
            f"{_percent(e.fixed_share)} of a step is a fixed price, it takes "
            f"{e.step_operators:.3g} times an empty operator"
        )
    else:
        return None
    if not e.on_gpu:
        return Judgement(Bound.HOST, why)
    why = f"{why}; enqueuing takes {_percent(e.enqueued_share)} of it"
    if e.enqueued_share >= NEVER_AHEAD:
        return Judgement(Bound.HOST, why)
    launches = e.step_operators if math.isnan(e.device_operators) else e.device_operators
    if e.enqueued_share < NEVER_AHEAD and launches <= MOST_LAUNCHES:
        return Judgement(Bound.LAUNCH, why)
    return None


def _numbers(e: Evidence) -> str:
    """Say what was found where no rule holds."""
    said = [f"{_percent(e.roof_share)} of the roof ({e.roof})"]
    if e.roof != ARITHMETIC and not math.isnan(e.library_share):
        said.append(f"its library's own triad reaches {_percent(e.library_share)}")
    if math.isnan(e.step_operators):
        said.append("no empty operator of its backend was timed")
    else:
        said.append(f"a step takes {e.step_operators:.3g} times an empty operator")
        if not e.stepwise:
            said.append("its steps are not dispatched one by one")
    if math.isnan(e.fixed_share):
        said.append("no other size tells its fixed price")
    else:
        said.append(f"{_percent(e.fixed_share)} of a step is a fixed price")
    if e.on_gpu and not math.isnan(e.enqueued_share):
        said.append(f"enqueuing takes {_percent(e.enqueued_share)}")
    return "; ".join(said)


def _percent(share: float) -> str:
    """Write a share; three digits, however small."""
    return "unknown" if math.isnan(share) else f"{100 * share:.3g}%"
