"""How often ``compare`` is wrong here: by runs of identical code, each against the next."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np

from bench.compare.reading import COLUMNS, process_times
from bench.compare.rule import RULE as COMPARISON
from bench.compare.stored import judge
from bench.selftest.rule import RULE
from bench.selftest.sampling import save
from bench.stats.verdict import Rates, Share, Verdict
from bench.store.facts import case_keys, facts_of
from bench.store.files import StoreError, run_name
from bench.store.rates import FORMAT, to_json
from bench.store.schema import CONDITIONS
from bench.store.table import read

#: What is kept of a case in a run.
KEPT = ("process_fifth_percentiles", "process_seconds", "process_layouts", "seconds")
#: Where a stored rating holds them.
PLACE = "compared"


@dataclass(frozen=True)
class StoredRuns:
    """Runs of identical code, in order.

    Attributes
    ----------
    runs : list of mapping
        Of each case, by its key: `KEPT`.
    conditions : str or None
        Under which all of them were measured; None for as the system does.
    """

    names: list[str]
    runs: list[dict[str, dict[str, Any]]]
    conditions: str | None
    fingerprint_id: str | None
    node: str | None


def stored_runs(path: Path) -> StoredRuns:
    """Read a folder of runs, or what `rate_compare` has stored of one.

    Raises
    ------
    StoreError
        When there are fewer than two runs, or they were measured under several conditions.
    """
    found = _of_folder(path) if path.is_dir() else _of_file(path)
    if len(found.runs) < 2:
        raise StoreError(f"{path} holds {len(found.runs)} runs; two and more are compared.")
    return found


def _of_folder(folder: Path) -> StoredRuns:
    loaded = read([folder], COLUMNS)
    whole = loaded.runs[loaded.runs["status"].ne("interrupted")]
    table = whole.sort_values(["taken", "run"], kind="stable")
    commits = sorted({str(one) for one in table["commit"]})
    if len(commits) > 1:
        raise StoreError(f"{folder} holds runs of several commits ({', '.join(commits)}).")
    conditions = {facts_of(row).get(CONDITIONS) for _, row in table.iterrows()}
    fingerprints = sorted({str(one) for one in table["fingerprint_id"]})
    if len(fingerprints) > 1:
        raise StoreError(
            f"{folder} holds runs of several fingerprints ({', '.join(fingerprints)}): give "
            f"those of one machine, setting and condition."
        )
    cases = loaded.cases.assign(key=case_keys(loaded.cases)).reindex(
        columns=["run", "key", *KEPT]
    )
    runs = [
        {
            str(row["key"]): {name: _plain(row[name]) for name in KEPT}
            for row in cases[cases["run"] == name].to_dict("records")
        }
        for name in table["run"]
    ]
    if table.empty:
        raise StoreError(f"{folder} holds no run that was finished.")
    (newest,) = table.tail(1).to_dict("records")
    (told,) = conditions
    return StoredRuns(
        [str(name) for name in table["run"]], runs, told, fingerprints[0], str(newest["node"])
    )


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple, np.ndarray)):
        return [float(one) for one in value]
    return float(value)


def _of_file(path: Path) -> StoredRuns:
    try:
        document = json.loads(path.read_bytes())
        held = document[PLACE]
        return StoredRuns(
            list(held["names"]),
            [dict(run) for run in held["runs"]],
            held["conditions"],
            document.get("fingerprint_id"),
            document.get("node"),
        )
    except OSError as error:
        raise StoreError(f"{path} can't be read: {error.strerror or error}.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(
            f"{path} holds no compared runs: it is no file of bench selftest --compare."
        ) from error


# Runs are compared two by two, so that none is used twice. What is slowed down is one case at a
# time: its neighbours stay as they were, and it has to show among them.


def comparisons(found: StoredRuns, slowdown: float) -> Iterator[tuple[bool, bool]]:
    """Compare each run with the next.

    Yields
    ------
    slower, same : bool
        Of each case of each two runs.
    """
    for before, now in zip(found.runs[::2], found.runs[1::2], strict=False):
        keys = [key for key in before if key in now]
        for slowed in keys if slowdown else keys[:1]:
            times = [
                process_times(
                    before[key],
                    _slowed(now[key], slowdown if key == slowed else 0.0),
                    in_pairs=found.conditions is not None,
                )
                for key in keys
            ]
            firsts, seconds, in_pairs = zip(*times, strict=True)
            margins = np.full(len(keys), COMPARISON.margin)
            judged = judge(firsts, seconds, margins, in_pairs)
            for place, key in enumerate(keys):
                if key == slowed or not slowdown:
                    verdict, confirmed = judged.verdict[place], bool(judged.confirmed[place])
                    slower = verdict is Verdict.SLOWER and confirmed
                    yield slower, verdict is Verdict.SAME


def _slowed(case: Mapping[str, Any], slowdown: float) -> dict[str, Any]:
    factor = 1.0 + slowdown
    slower = {
        name: factor * np.asarray(case[name], dtype=float)
        for name in KEPT
        if name != "process_layouts"
    }
    return {**case, **slower}


def rate_compare(path: Path, folder: Path) -> Rates:
    """Compare stored runs of identical code, and store what comes of it.

    Parameters
    ----------
    path : Path
        As `stored_runs` takes.
    folder : Path
        Where the result goes.

    Raises
    ------
    StoreError
    """
    found = stored_runs(path)
    now = datetime.now(timezone.utc)
    stored = folder / f"{run_name(now, None)}.json"
    said = [*comparisons(found, 0.0)]
    rates = Rates(
        rule="compare",
        measured=now.isoformat(timespec="seconds"),
        path=str(stored),
        false_slower=_share([slower for slower, _ in said]),
        same=_share([same for _, same in said]),
        found=tuple(
            (slowdown, _share([slower for slower, _ in comparisons(found, slowdown)]))
            for slowdown in RULE.slowdowns
        ),
    )
    document = {
        "format": FORMAT,
        "measured": rates.measured,
        "fingerprint_id": found.fingerprint_id,
        "node": found.node,
        "rates": [to_json(rates)],
        PLACE: {"names": found.names, "conditions": found.conditions, "runs": found.runs},
    }
    save(stored, document, f"{stored} can't be written")
    return rates


def _share(flags: Sequence[bool]) -> Share:
    return Share(sum(flags), len(flags))
