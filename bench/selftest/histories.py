"""How often the rule of ``track`` is wrong here, by histories drawn from recorded runs."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from bench.selftest.recorded import PLACE, recorded
from bench.selftest.recorded import to_json as runs_to_json
from bench.selftest.rule import RULE
from bench.selftest.samples_file import save
from bench.selftest.simulation import NOTHING, OF_KERNEL, OF_MEMORY, tallies
from bench.stats.verdict import Rates, Share
from bench.store.files import run_name
from bench.store.rates import FORMAT, to_json

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
    path : Path
        Where it is stored.
    """

    rates: Rates
    shares: Mapping[str, tuple[Share, Share, Share]]
    n_recorded: int
    n_undisturbed: int
    path: Path


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
    found = {
        one.kind: (one.found, one.false_alarms, one.blamed_wrongly)
        for one in tallies(drawn_from.logs, drawn_from.watched, n_histories, [seed])
    }
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
    return HistoryRated(rates, found, len(drawn_from.logs), drawn_from.n_undisturbed, path)
