"""What bounds a case: host, launch, cache, memory or arithmetic; by measured numbers."""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Mapping
from dataclasses import asdict, dataclass, replace
from enum import Enum
from typing import Any

import numpy as np
import pandas as pd

from bench.advise import roofline
from bench.advise.devices import Crossing, crossings, fingerprint
from bench.advise.proportionality import fixed_shares, per_series
from bench.advise.rule import RULE
from bench.advise.theory import ARITHMETIC, MEMORY
from bench.store import tidy

# What bounds a case: host, launch, cache, memory or arithmetic, by rules on measured numbers.
#
# The rules are tried in this order; the first that holds gives the word.
#
# 1. ``arithmetic``, ``memory``, ``cache``: at least half of what the roof allows is reached
#    (``bench.advise.roofline``). The word is what sets the roof there: the matrix
#    product's rate, or the bandwidth of the level that holds the data.
# 2. ``host``: the data loader is one that makes batches in Python, and timed alone it takes
#    most of the case's time.
# 3. ``host``, on a GPU: the device's own clock counts at most half of the time, and the call
#    that enqueues the work fills at least half of it. The device waits for the host.
# 4. A price that does not go with the work. Either the whole call takes no more than two empty
#    operators of the same backend on the same device; or at least half of a step's time is
#    fixed (``bench.advise.proportionality``), and steps are dispatched one by one. What takes
#    less than half of an empty operator at any size, as a step of a compiled loop does, is
#    not dispatched as one. Then it is
#
#    - ``host`` on a CPU: Python's and the framework's dispatch;
#    - ``host`` on a GPU where enqueuing fills at least 80% of the time: the queue never fills,
#      so the device is never ahead of the host;
#    - ``launch`` on a GPU where it fills less, and where a step takes the device no longer
#      than 50 empty operators: more operators no training step here has. The device is given
#      enough to do, and each thing is too small.
#
# 5. ``unclear``: none of these, or what they need was not measured. Compiled loops whose steps
#    depend on one another end here: they wait for their own last result, which no control
#    measures, and are neither dispatched nor near a roof.
#
# Two cautions. Events on a GPU count the gaps between operators too, so the device's clock
# proves idleness (rule 3) and never work. And a queue holds about a thousand launches: where
# more are enqueued at once than that, enqueuing may wait for the device and rule 4 say
# ``host`` of a case that is bound by launches; single steps (``bench_step``) tell these apart.


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
    reason : str
        The numbers that say so, or that do not suffice.
    """

    bound: Bound
    reason: str


def judge(evidence: Evidence) -> Judgement:
    """Apply the rules."""
    e, most = evidence, RULE.most_of_time
    if e.roof_share >= RULE.near_roof_share:
        return _near_the_roof(e)
    if e.loading_share >= most:
        why = f"making the batches takes {_percent(e.loading_share)} of it"
        return Judgement(Bound.HOST, why)
    if e.on_gpu and e.device_share <= most <= e.enqueued_share:
        return Judgement(
            Bound.HOST,
            f"the device is busy for at most {_percent(e.device_share)} of it, enqueuing takes "
            f"{_percent(e.enqueued_share)}",
        )
    return _dispatched(e) or Judgement(Bound.UNCLEAR, _unclear_reason(e))


def _near_the_roof(e: Evidence) -> Judgement:
    """Name what sets the roof of a case that is near it."""
    if e.roof == ARITHMETIC:
        return Judgement(Bound.ARITHMETIC, f"{_percent(e.roof_share)} of the matrix product's")
    bound = Bound.MEMORY if e.roof == MEMORY else Bound.CACHE
    return Judgement(bound, f"{_percent(e.roof_share)} of the bandwidth of {e.roof}")


def _dispatched(e: Evidence) -> Judgement | None:
    """Apply rule 4."""
    if e.operators and e.call_operators <= RULE.few_operators:
        why = f"the call takes {e.call_operators:.3g} times an empty operator"
    elif e.stepwise and e.fixed_share >= RULE.most_of_time:
        why = (
            f"{_percent(e.fixed_share)} of a step is a fixed price, it takes "
            f"{e.step_operators:.3g} times an empty operator"
        )
    else:
        return None
    if not e.on_gpu:
        return Judgement(Bound.HOST, why)
    why = f"{why}; enqueuing takes {_percent(e.enqueued_share)} of it"
    if e.enqueued_share >= RULE.never_ahead_share:
        return Judgement(Bound.HOST, why)
    launches = e.step_operators if math.isnan(e.device_operators) else e.device_operators
    if e.enqueued_share < RULE.never_ahead_share and launches <= RULE.most_launches:
        return Judgement(Bound.LAUNCH, why)
    return None


def _unclear_reason(e: Evidence) -> str:
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


# The evidence on every case under its roof.


#: Loaders that make every batch in Python on the host, whatever the device.
HOST_LOADERS = ("dataloader",)


def bounded(table: pd.DataFrame, placed: pd.DataFrame) -> pd.DataFrame:
    """Add to every case the word for what bounds it.

    Parameters
    ----------
    table : DataFrame
        From ``bench.store.tidy.frame``: all of the run, its controls and loaders too.
    placed : DataFrame
        From ``bench.advise.roofline.place``.

    Returns
    -------
    DataFrame
        With ``bound`` and ``reason`` (``bench.advise.bounds.Judgement``), and what they
        rest on: the attributes of ``bench.advise.bounds.Evidence``.
    """
    numbers = _numbers(table, placed).itertuples()
    cases = zip(placed.to_dict("records"), numbers, strict=True)
    found = [_evidence(case, one) for case, one in cases]
    judged = [judge(one) for one in found]
    added = pd.DataFrame([asdict(one) for one in found], index=placed.index)
    together: pd.DataFrame = placed.assign(
        bound=[str(one.bound.value) for one in judged],
        reason=[one.reason for one in judged],
        **{name: added[name] for name in added if name not in placed},
    )
    return together


def _numbers(table: pd.DataFrame, placed: pd.DataFrame) -> pd.DataFrame:
    """Collect the seconds that are set against one another, a row a case."""
    empties, triads = _empty_operators(table), roofline.bandwidths(table, ["backend", "device"])
    own = [(str(one), str(other)) for one, other in placed[["backend", "device"]].to_numpy()]
    numbers = pd.DataFrame(
        {
            "seconds": roofline.column(placed, "seconds"),
            "enqueued": roofline.column(placed, "enqueued_seconds"),
            "device": roofline.column(placed, "device_seconds"),
            "fixed_share": fixed_shares(placed),
            "loading": _loading_seconds(table, placed),
            "triad": [
                triads[key].of(size) if key in triads else math.nan
                for key, size in zip(own, placed["working_set_bytes"], strict=True)
            ],
            **{
                f"empty_{name}": [empties.get(key, {}).get(name, math.nan) for key in own]
                for name in ("seconds", "enqueued", "device")
            },
        },
        index=placed.index,
    )
    # On a GPU it is enqueuing that shows dispatch: what is enqueued may take the device long.
    on_gpu = placed["device"].map(_on_gpu).astype(bool)
    taken = numbers["seconds"].where(~on_gpu, numbers["enqueued"])
    empty = numbers["empty_seconds"].where(~on_gpu, numbers["empty_enqueued"])
    complete: pd.DataFrame = numbers.assign(
        operators=_at_least_operators(placed, taken / empty),
        stepwise=_at_least_operators(placed, taken / placed["n_steps"] / empty),
    )
    return complete


def _at_least_operators(placed: pd.DataFrame, operators: pd.Series) -> pd.Series:
    """Say where something never takes clearly less than an operator, at any size."""
    found: pd.Series = pd.Series(data=False, index=placed.index)
    for rows in per_series(placed):
        found.loc[rows.index] = bool(operators[rows.index].min() >= RULE.min_operators)
    return found


def _evidence(case: Mapping[Hashable, Any], one: Any) -> Evidence:
    """Set the numbers of a case against one another."""
    return Evidence(
        roof=str(case["roof"]),
        roof_share=float(case["roof_share"]),
        on_gpu=_on_gpu(case["device"]),
        operators=bool(one.operators),
        stepwise=bool(one.stepwise),
        step_operators=one.seconds / case["n_steps"] / one.empty_seconds,
        call_operators=one.seconds / one.empty_seconds,
        library_share=one.triad / case["ceiling_bytes_per_second"],
        fixed_share=one.fixed_share,
        loading_share=one.loading / one.seconds,
        enqueued_share=one.enqueued / one.seconds,
        device_share=one.device / one.seconds,
        device_operators=one.device / case["n_steps"] / one.empty_device,
    )


def _on_gpu(device: object) -> bool:
    return str(device).startswith("gpu")


def _empty_operators(table: pd.DataFrame) -> dict[tuple[str, str], dict[str, float]]:
    """Return what the empty operator of each backend takes on each device."""
    controls = tidy.of_case(table, "machine")
    if controls.empty:
        return {}
    rows = controls[controls["control"] == "empty_operator"]
    numbers = zip(
        rows["backend"],
        rows["device"],
        roofline.column(rows, "seconds"),
        roofline.column(rows, "enqueued_seconds"),
        roofline.column(rows, "device_seconds"),
        strict=True,
    )
    return {
        (backend, device): {"seconds": seconds, "enqueued": enqueued, "device": on_device}
        for backend, device, seconds, enqueued, on_device in numbers
    }


def _loading_seconds(table: pd.DataFrame, placed: pd.DataFrame) -> pd.Series:
    """Return what a loader that works on the host takes alone for the same epoch."""
    loaders = tidy.of_case(table, "loader")
    keys = ["workload", "backend", "device", "loader", "batch_size"]
    if loaders.empty or placed.empty:
        unknown: pd.Series = pd.Series(np.nan, index=placed.index)
        return unknown
    alone = loaders.drop_duplicates(keys).set_index(keys)["seconds"]
    seconds = alone.reindex(pd.MultiIndex.from_frame(placed[keys])).to_numpy(dtype=float)
    on_the_host = (placed["case"] == "epoch") & placed["loader"].isin(HOST_LOADERS)
    found: pd.Series = pd.Series(seconds, index=placed.index).where(on_the_host)
    return found


# The efficiency of a run: the roofs, the cases under them, the devices compared.


class NothingToSayError(Exception):
    """A run without what efficiency rests on; the message is one sentence."""


@dataclass(frozen=True)
class Efficiency:
    """What a run says.

    Attributes
    ----------
    roofs : dict of str to Ceilings
        By device.
    cases : DataFrame
        From ``bench.advise.bounds.bounded``.
    crossings : list of Crossing
        Of the devices.
    """

    roofs: dict[str, roofline.Ceilings]
    cases: pd.DataFrame
    crossings: list[Crossing]

    def only(self, kernels: Collection[str], modules: Collection[str]) -> Efficiency:
        """Keep some kernels and cases; what bounds them is judged from all."""
        kept = narrowed(self.cases, kernels, modules)
        return replace(self, cases=kept, crossings=crossings(kept))


def assess(run: Mapping[str, Any]) -> Efficiency:
    """Place every case of a run, judge it, and compare the devices.

    Parameters
    ----------
    run : mapping
        The run file.

    Raises
    ------
    NothingToSayError
        When no device has both a triad and a matrix product, or no case under these
        declares what it moves and computes.
    """
    table = tidy.frame(run)
    roofs = roofline.ceilings(table, fingerprint(run))
    if not roofs:
        raise NothingToSayError(
            "there is no roof without the controls triad and matmul; --cases epoch,machine "
            "measures them, unless --kernels or --batch-sizes narrows the run."
        )
    placed = roofline.place(table, roofs)
    if placed.empty:
        raise NothingToSayError(
            f"no {', '.join(roofline.DECLARING[:-1])} or {roofline.DECLARING[-1]} "
            f"on {', '.join(roofs)} declares what it moves and computes."
        )
    cases = bounded(table, placed)
    return Efficiency(roofs, cases, crossings(cases))


def narrowed(
    cases: pd.DataFrame, kernels: Collection[str], modules: Collection[str]
) -> pd.DataFrame:
    """Keep some kernels and cases.

    Parameters
    ----------
    cases : DataFrame
        With ``kernel`` and ``case``.
    modules : collection of str
        Of ``epoch``, ``step``, ``update``.
    """
    wanted = cases["kernel"].isin(list(kernels)) & cases["case"].isin(list(modules))
    kept: pd.DataFrame = cases[wanted]
    return kept
