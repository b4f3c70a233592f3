"""Runs of identical code to draw histories from: of a folder, or stored with a rating."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bench.history import pools
from bench.history.pools import Watched, watched
from bench.history.reading import choose
from bench.selftest.rule import RULE
from bench.stats.medians import Floats
from bench.stats.verdict import Margins
from bench.store.facts import known
from bench.store.files import StoreError
from bench.store.table import newest_run

#: Facts of a series by which it is put into a pool, and leans on another.
FACTS = tuple(dict.fromkeys(("key", *pools.POOL_COLUMNS, *pools.COLUMNS)))
#: Where a stored rating holds them.
PLACE = "recorded"


@dataclass(frozen=True)
class Recorded:
    """Runs of identical code on one machine.

    Attributes
    ----------
    runs : tuple of str
        Their names, in order.
    series : DataFrame
        A row for each case; `FACTS`.
    logs : ndarray, shape (n_runs, n_series)
        Logarithms of seconds, as ``track`` takes them; NaN where a run tells nothing.
    caches : list
        Of the machine, as its fingerprint tells them.
    seed : int or None
        By which histories were drawn from them before.
    """

    runs: tuple[str, ...]
    series: pd.DataFrame
    logs: Floats
    caches: list[Any]
    fingerprint_id: str | None
    node: str | None
    seed: int | None = None

    @property
    def n_undisturbed(self) -> int:
        """How many of the runs tell anything."""
        return int(np.sum(np.any(np.isfinite(self.logs), axis=1)))

    @property
    def watched(self) -> Watched:
        """What the rule watches, with the margins that everybody has."""
        fingerprint = json.dumps({"caches": self.caches})
        return watched(pd.DataFrame({"fingerprint": [fingerprint]}), self.series, Margins())


def recorded(path: Path) -> Recorded:
    """Read recorded runs.

    Parameters
    ----------
    path : Path
        A folder of runs, or a file that ``bench selftest --history`` has stored.

    Raises
    ------
    StoreError
        When there are too few, or none, or none of what the steps are to be put into.
    """
    found = _of_folder(path) if path.is_dir() or not path.exists() else _of_file(path)
    if found.n_undisturbed < RULE.fewest_recorded:
        raise StoreError(
            f"At least {RULE.fewest_recorded} recorded runs that tell anything are needed; "
            f"there: {found.n_undisturbed}."
        )
    there = {(pool.machine, pool.name) for pool in found.watched.pools}
    if (True, pools.MEMORY) not in there:
        raise StoreError(
            "The recorded runs have no control of memory, or none larger than the processor's "
            "cache; python -m bench run --cases epoch,machine measures what there is."
        )
    if all(machine for machine, _ in there):
        raise StoreError(
            "The recorded runs have no kernel with two cases or more; give --batch-sizes "
            "several to python -m bench run."
        )
    return found


def _of_folder(folder: Path) -> Recorded:
    chosen = choose(newest_run(folder), [folder])
    newest = chosen.history.runs.iloc[-1]
    fingerprint = json.loads(str(newest["fingerprint"])) if known(newest["fingerprint"]) else {}
    logs: Floats = np.where(chosen.facts.comparable, chosen.history.logs, np.nan)
    return Recorded(
        runs=tuple(str(one) for one in chosen.history.runs["run"]),
        series=chosen.history.series.reindex(columns=list(FACTS)),
        logs=np.asarray(np.round(logs, RULE.log_digits), dtype=float),
        caches=list(fingerprint.get("caches") or ()),
        fingerprint_id=_text(newest["fingerprint_id"]),
        node=_text(newest["node"]),
    )


def _text(value: object) -> str | None:
    return str(value) if known(value) else None


def _of_file(path: Path) -> Recorded:
    try:
        document = json.loads(path.read_bytes())
        held = document["history"][PLACE]
        series = pd.DataFrame(held["series"], dtype=object).reindex(columns=list(FACTS))
        return Recorded(
            tuple(map(str, held["runs"])),
            series.where(series.notna(), None),
            np.array(held["log_seconds"], dtype=float).reshape(-1, len(series)),
            list(held["caches"]),
            document.get("fingerprint_id"),
            document.get("node"),
            int(document["history"]["seed"]),
        )
    except OSError as error:
        raise StoreError(f"{path} can't be read: {error.strerror or error}.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(
            f"{path} holds no recorded runs: it is no file of bench selftest --history."
        ) from error


def to_json(found: Recorded) -> Mapping[str, Any]:
    """Return what a stored rating holds of the runs, so that it can be judged again."""
    return {
        "runs": [*found.runs],
        "caches": found.caches,
        "series": [
            {name: _plain(value) for name, value in row.items() if known(value)}
            for row in found.series.to_dict("records")
        ],
        "log_seconds": [
            [None if np.isnan(one) else float(one) for one in row] for row in found.logs
        ],
    }


def _plain(value: Any) -> Any:
    """Return a number of NumPy as one of Python."""
    return value.item() if isinstance(value, np.generic) else value
