"""Simulated histories: recorded runs drawn again, and how often the rule is wrong on them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.history.decision import Decided, decide
from bench.history.pools import MEMORY, Watched
from bench.history.rule import RULE as TRACK
from bench.history.verdicts import causes
from bench.selftest.recorded import PLACE, recorded
from bench.selftest.recorded import to_json as runs_to_json
from bench.selftest.rule import RULE
from bench.selftest.sampling import save
from bench.stats.medians import Floats
from bench.stats.verdict import Rates, Share
from bench.store.files import run_name
from bench.store.rates import FORMAT, to_json

# Simulated histories, drawn from recorded runs.
#
# Whole runs are drawn, so that cases stay as alike as they were, in blocks of successive runs,
# so that runs stay as alike as they were (Kunsch 1989, *Ann. Stat.* 17:1217). What is measured
# again to confirm is, every other time, the runs that were recorded next, which share what
# disturbed the machine, or any runs, which may have gone astray by themselves.


NOTHING, OF_MEMORY, OF_KERNEL = "no step", "memory", "one kernel"


@dataclass(frozen=True)
class Simulated:
    """One history.

    Attributes
    ----------
    logs : ndarray, shape (n_runs, n_series)
        Its runs.
    fresh : ndarray, shape (repetitions, n_runs, n_series)
        What measuring again after each would give, each time.
    stepped : ndarray of bool, shape (n_series,)
        What becomes slower.
    step : int
        The first run that is slower; the number of runs for none.
    """

    logs: Floats
    fresh: Floats
    stepped: NDArray[np.bool_]
    step: int


class Outcome(NamedTuple):
    """What the rule said of a history.

    Attributes
    ----------
    found : bool
        The step, as what it was, within so many runs as it is given, and confirmed.
    false_alarm : bool
        Something was called slower, and confirmed, before any step.
    blamed_wrongly : bool
        After the step the machine was called slower for one of the code, or the code for
        one of the machine.
    """

    found: bool
    false_alarm: bool
    blamed_wrongly: bool


def simulate(
    recorded: Floats, watched: Watched, kind: str, rng: np.random.Generator
) -> Simulated:
    """Draw a history.

    Parameters
    ----------
    recorded : ndarray, shape (n_recorded, n_series)
        Logarithms of seconds of real runs, in their order; NaN where one tells nothing.
    watched : Watched
        With a pool of memory, and one of a kernel.
    kind : {'no step', 'memory', 'one kernel'}
    """
    begins = rng.integers(len(recorded), size=-(-RULE.n_runs // RULE.block_runs))
    blocks = begins[:, None] + np.arange(RULE.block_runs)
    rows = blocks.ravel()[: RULE.n_runs] % len(recorded)
    stepped = np.zeros(recorded.shape[1], dtype=bool)
    step = RULE.n_runs
    if kind != NOTHING:
        stepped[list(_what_steps(watched, kind, rng))] = True
        step = int(rng.integers(RULE.first_step, RULE.n_runs - RULE.within_runs + 1))
    slower = np.log1p(RULE.step) * ((np.arange(RULE.n_runs)[:, None] >= step) & stepped)
    times = np.arange(1, TRACK.repetitions + 1)[:, None]
    other = rng.integers(len(recorded), size=(TRACK.repetitions, RULE.n_runs))
    again = np.where(np.arange(RULE.n_runs) % 2, other, (rows + times) % len(recorded))
    return Simulated(recorded[rows] + slower, recorded[again] + slower, stepped, step)


def _what_steps(watched: Watched, kind: str, rng: np.random.Generator) -> list[int]:
    if kind == OF_MEMORY:
        (place,) = [n for n, pool in enumerate(watched.pools) if pool.name == MEMORY]
        dependent = np.flatnonzero(watched.dependence[:, place])
        return [*watched.pools[place].members, *map(int, dependent)]
    kernels = [pool for pool in watched.pools if not pool.machine]
    return list(kernels[int(rng.integers(len(kernels)))].members)


def outcome_of(history: Simulated, watched: Watched, kind: str) -> Outcome:
    """Feed a history to the rule, run by run."""
    found = false_alarm = wrong = False
    for run in range(TRACK.fewest_earlier, min(RULE.n_runs, history.step + RULE.within_runs)):
        decided = decide(history.logs[: run + 1], watched, history.fresh[:, run])
        slower = _slower(decided)
        if run < history.step:
            false_alarm |= slower
        elif slower:
            right, other = _blamed(decided, watched, history, kind)
            found |= right
            wrong |= other
    return Outcome(found, false_alarm, wrong)


def _slower(decided: Decided) -> bool:
    flags = (decided.of_series, decided.of_pools)
    return any(bool(np.any((one.sign > 0) & one.confirmed)) for one in flags)


def _blamed(
    decided: Decided, watched: Watched, history: Simulated, kind: str
) -> tuple[bool, bool]:
    """Say whether what stepped was named, and whether something else was."""
    pools, series = decided.of_pools, decided.of_series
    machine = [
        pool.name
        for n, pool in enumerate(watched.pools)
        if pool.machine and pools.sign[n] > 0 and pools.confirmed[n]
    ]
    why = causes(decided, watched)
    cases = np.flatnonzero((series.sign > 0) & series.confirmed)
    code = [int(n) for n in cases if why[n] == "code"]
    if kind == OF_MEMORY:
        return MEMORY in machine, bool(code) or any(one != MEMORY for one in machine)
    return bool(np.any(history.stepped[code])), bool(machine) or not all(history.stepped[code])


# How often the rule of ``track`` is wrong here, by histories drawn from recorded runs.
#
# Histories of 60 runs are drawn from recorded ones, whole runs together in blocks of successive
# ones, a step is added to some, and the rule is fed with them run by run. Histories with a step
# hold no disturbed runs: of such a run the rule says nothing, and the next one counts.


UNIT = f"histories of 60 runs, within {RULE.within_runs} runs of a step"


@dataclass(frozen=True)
class HistoryRated:
    """What became of the simulated histories.

    Attributes
    ----------
    shares : mapping of str to three Share
        By what changed, nothing, memory or a kernel: histories in which it was found, that
        raised a false alarm, in which something else was blamed.
    n_recorded, n_undisturbed : int
        Runs that were there, and those of them that tell anything.
    """

    rates: Rates
    shares: Mapping[str, tuple[Share, ...]]
    n_recorded: int
    n_undisturbed: int


def rate_history(runs: Path, n_histories: int, folder: Path) -> HistoryRated:
    """Draw histories from recorded runs, have them judged, store what comes of it.

    Parameters
    ----------
    runs : Path
        Folder of runs of identical code on this machine; or what this has stored of such,
        which are judged again, with the same seed.
    n_histories : int
        Of each kind: without a step, with one in memory, with one in a kernel.
    folder : Path
        Where the result goes.

    Raises
    ------
    StoreError
        When there are too few runs, or nothing can be written.
    """
    drawn_from = recorded(runs)
    seed = drawn_from.seed
    if seed is None:
        seed = secrets.randbelow(RULE.largest_seed)
    logs, watched = drawn_from.logs, drawn_from.watched
    quiet = logs[np.any(np.isfinite(logs), axis=1)]
    found: dict[str, tuple[Share, ...]] = {}
    for number, kind in enumerate((NOTHING, OF_MEMORY, OF_KERNEL)):
        rng = np.random.default_rng([seed, number])
        runs_drawn = logs if kind == NOTHING else quiet
        histories = (simulate(runs_drawn, watched, kind, rng) for _ in range(n_histories))
        outcomes = [outcome_of(one, watched, kind) for one in histories]
        found[kind] = tuple(
            Share(sum(flags), n_histories) for flags in zip(*outcomes, strict=True)
        )
    now = datetime.now(timezone.utc)
    path = folder / f"{run_name(now, None)}.json"
    _, alarms, _ = found[NOTHING]
    # What is promised of both is the smaller share.
    least = min(found[OF_MEMORY][0], found[OF_KERNEL][0], key=lambda share: share.value)
    rates = Rates(
        rule="track",
        measured=now.isoformat(timespec="seconds"),
        path=str(path),
        false_slower=alarms,
        same=Share(alarms.of - alarms.count, alarms.of),
        found=((RULE.step, least),),
        unit=UNIT,
    )
    document: dict[str, Any] = {
        "format": FORMAT,
        "measured": rates.measured,
        "fingerprint_id": drawn_from.fingerprint_id,
        "node": drawn_from.node,
        "rates": [to_json(rates)],
        "history": {
            "undisturbed": drawn_from.n_undisturbed,
            "seed": seed,
            "step": RULE.step,
            "found, false alarm, wrong cause": {
                kind: [[one.count, one.of] for one in shares] for kind, shares in found.items()
            },
            PLACE: runs_to_json(drawn_from),
        },
    }
    save(path, document, f"{path} can't be written", indent=1)
    return HistoryRated(rates, found, len(logs), drawn_from.n_undisturbed)
