"""How often the rule of ``track`` is wrong here, by histories drawn from recorded runs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.analyze.comparing.facts import known
from bench.analyze.tracking.material import watched
from bench.analyze.tracking.simulating import (
    NOTHING,
    OF_KERNEL,
    OF_MEMORY,
    STEP,
    WITHIN,
)
from bench.analyze.verdicts.margins import Margins
from bench.analyze.verdicts.rates import Rates, Share
from bench.judging.rates_file import FORMAT, to_json
from bench.store import StoreError, newest_run, run_name
from bench.tracking.reading import choose
from bench.tracking.simulation import recorded, tallies
from bench.whole_file import whole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

UNIT = f"histories of 60 runs, within {WITHIN} runs of a step"


@dataclass(frozen=True)
class HistoryRated:
    """What became of the simulated histories.

    Attributes
    ----------
    rates : Rates
    shares : mapping of str to three Share
        By what changed, nothing, memory or a kernel: histories in which it was found, that
        raised a false alarm, in which something else was blamed.
    n_recorded, n_undisturbed : int
        Runs that were there, and those of them that tell anything.
    path : Path
        Where it is stored.
    """

    rates: Rates
    shares: Mapping[str, tuple[Share, Share, Share]]
    n_recorded: int
    n_undisturbed: int
    path: Path


def rate_history(runs: Path, n_histories: int, seed: int, folder: Path) -> HistoryRated:
    """Draw histories from recorded runs, have them judged, store what comes of it.

    Parameters
    ----------
    runs : Path
        Folder of runs of identical code on this machine.
    n_histories : int
        Of each kind: without a step, with one in memory, with one in a kernel.
    seed : int
    folder : Path
        Where the result goes.

    Returns
    -------
    HistoryRated

    Raises
    ------
    StoreError
        When there are too few runs, or nothing can be written.
    """
    chosen = choose(newest_run(runs), [runs])
    logs = recorded(chosen)
    watch = watched(chosen.history.runs, chosen.history.series, Margins())
    found = {
        one.kind: (one.found, one.false_alarms, one.blamed_wrongly)
        for one in tallies(logs, watch, n_histories, [seed])
    }
    now = datetime.now(timezone.utc)
    path = folder / f"{run_name(now, None)}.json"
    _, alarms, _ = found[NOTHING]
    rates = Rates(
        rule="track",
        measured=now.isoformat(timespec="seconds"),
        path=str(path),
        false_slower=alarms,
        same=Share(alarms.of - alarms.count, alarms.of),
        found=((STEP, _weaker(found[OF_MEMORY][0], found[OF_KERNEL][0])),),
        unit=UNIT,
    )
    newest = chosen.history.runs.iloc[-1]
    undisturbed = int(np.sum(np.any(np.isfinite(logs), axis=1)))
    document: dict[str, Any] = {
        "format": FORMAT,
        "measured": rates.measured,
        **{
            name: str(newest[name]) if known(newest[name]) else None
            for name in ("fingerprint_id", "node")
        },
        "rates": [to_json(rates)],
        "history": {
            "runs": [str(one) for one in chosen.history.runs["run"]],
            "undisturbed": undisturbed,
            "seed": seed,
            "step": STEP,
            "found, false alarm, wrong cause": {
                kind: [[one.count, one.of] for one in shares] for kind, shares in found.items()
            },
        },
    }
    _save(path, document)
    return HistoryRated(rates, found, len(logs), undisturbed, path)


def _weaker(one: Share, other: Share) -> Share:
    """Return the smaller share: what is promised of both."""
    return min(one, other, key=lambda share: share.value)


def _save(path: Path, document: Mapping[str, Any]) -> None:
    try:
        with whole(path) as part:
            part.write_text(json.dumps(document, indent=1), encoding="utf-8")
    except OSError as error:
        raise StoreError(
            f"{path} can't be written: {error.strerror or error}. Free space or give another "
            f"folder with --results."
        ) from error
