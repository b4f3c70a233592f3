"""The file of a self-test: the samples, and what each rule made of them."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from bench.compare.paired import Rounds
from bench.machine.fingerprint import fingerprint_id
from bench.selftest.rating import RULES, rate, together
from bench.selftest.sampling import Samples, SelftestAsked
from bench.selftest.tried_rules import Pool
from bench.stats.verdict import Rates
from bench.store.files import StoreError, run_name, whole
from bench.store.rates import FORMAT, to_json


def rates_of(pools: Mapping[str, Pool], measured: str, path: str) -> list[Rates]:
    """Try every rule on every case.

    Parameters
    ----------
    measured : str
        When, UTC.
    path : str
        The file of the samples.

    Returns
    -------
    list of Rates
        Of each rule.
    """
    rated = [[rate(rule, case, pool) for case, pool in pools.items()] for rule in RULES]
    return [together(one, measured, path) for one in rated]


def write(folder: Path, asked: SelftestAsked, samples: Samples) -> tuple[Path, list[Rates]]:
    """Judge the samples, and write all of it.

    Parameters
    ----------
    folder : Path
        Made where it is not there.

    Raises
    ------
    StoreError
        When it can't be written; nothing is left then.
    """
    now = datetime.now(timezone.utc)
    path = folder / f"{run_name(now, samples.commit)}.json"
    measured = now.isoformat(timespec="seconds")
    document: dict[str, Any] = {
        "format": FORMAT,
        "measured": measured,
        "node": platform.node(),
        "fingerprint_id": fingerprint_id(samples.fingerprint),
        "fingerprint": samples.fingerprint,
        "commit": samples.commit,
        "loaded": asked.loaded,
        "protocol": asdict(asked.protocol),
        "complete": samples.complete,
        "lost": dict(samples.lost),
        "rates": [],
        "pools": {case: list(pool) for case, pool in samples.pools.items()},
    }
    failure = f"the self-test can't be written to {path.parent}"
    save(path, document, failure)  # whatever becomes of judging them, the samples are there
    rates = rates_of(samples.pools, measured, str(path))
    save(path, {**document, "rates": [to_json(one) for one in rates]}, failure)
    return path, rates


def save(
    path: Path, document: Mapping[str, Any], failure: str, indent: int | None = None
) -> None:
    """Write a document whole; raise StoreError with a sentence where that fails."""
    try:
        with whole(path) as part:
            part.write_text(json.dumps(document, indent=indent), encoding="utf-8")
    except OSError as error:
        raise StoreError(
            f"{failure}: {error.strerror or error}. Free space or give another folder with "
            f"--results."
        ) from error


def read(paths: Sequence[Path]) -> tuple[dict[str, str], list[Rates]]:
    """Read self-tests, and judge their samples again, by the rules as they are now.

    Parameters
    ----------
    paths : sequence of Path
        At least one. No comparison takes samples of two files.

    Returns
    -------
    tuple of (dict of str to str, list of Rates)
        Cases that came to nothing, and why; what each rule makes of the others.

    Raises
    ------
    StoreError
        When one is damaged, or no self-test.
    """
    lost: dict[str, str] = {}
    pools: dict[str, Pool] = {}
    measured = ""
    for path in paths:
        document = _document(path)
        lost |= document["lost"]
        measured = max(measured, document["measured"])
        pools |= {f"{path}: {case}": pool for case, pool in document["pools"].items()}
    return lost, rates_of(pools, measured, ", ".join(map(str, paths)))


def _document(path: Path) -> dict[str, Any]:
    """Read one file, and check what is read of it."""
    try:
        document: dict[str, Any] = json.loads(path.read_bytes())
        return {
            "measured": str(document["measured"]),
            "lost": {str(case): str(reason) for case, reason in document["lost"].items()},
            "pools": {
                str(case): [(_rounds(first), _rounds(second)) for first, second in pool]
                for case, pool in document["pools"].items()
            },
        }
    except OSError as error:
        raise StoreError(f"{path} can't be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(f"{path} is damaged, or no self-test ({error}).") from error


def _rounds(stored: Any) -> Rounds:
    seconds, disturbed = stored
    times = [float(one) for one in seconds]
    if not times or min(times) <= 0:
        raise ValueError("a process has no times above zero")
    return Rounds(times, [int(one) for one in disturbed])
