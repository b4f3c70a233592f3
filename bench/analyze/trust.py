"""Whether a run can be trusted: a word, and the numbers that it rests on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.analyze import tidy
from bench.analyze.quality import quality

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.analyze.quality import Quality

#: From this share of medians on that are known as well as was aimed at, a run is good …
MOSTLY = 0.5
#: … and from this share of untrusted cases, or disturbed rounds, on it is poor.
TOO_MANY = 0.05


@dataclass(frozen=True)
class Trusted:
    """How far a run can be trusted.

    Attributes
    ----------
    level : {'good', 'fair', 'poor', 'unknown'}
        ``good``: nothing below speaks against it. ``fair``: single processes, less than half
        of the medians known as well as was aimed at, cases that failed, or processes that
        were lost. ``poor``: interrupted, or more than 5% of the cases untrusted or of the
        rounds disturbed. ``unknown``: the file does not tell.
    quality : Quality or None
    n_processes : int
    n_failed, n_incidents : int
    n_verified : int
        Cases whose kernel matched the reference just before.
    interrupted : bool
    dirty : bool
        Whether the code was not that of its commit.
    """

    level: str
    quality: Quality | None
    n_processes: int
    n_failed: int
    n_incidents: int
    n_verified: int
    interrupted: bool
    dirty: bool


def trusted(document: Mapping[str, Any]) -> Trusted:
    """Judge a run.

    Parameters
    ----------
    document : mapping
        The run file.

    Returns
    -------
    Trusted
    """
    added = document.get("bench") or {}
    table = tidy.frame(document)
    found = quality(table)
    facts: dict[str, Any] = {
        "quality": found,
        "n_processes": int(added.get("processes") or 1),
        "n_failed": len(added.get("failed") or ()),
        "n_incidents": len(added.get("incidents") or ()),
        "interrupted": added.get("status") == "interrupted",
        "dirty": bool((document.get("commit_info") or {}).get("dirty")),
    }
    verified = int(table["verified"].eq(other=True).sum()) if "verified" in table else 0
    return Trusted(level=_level(**facts), n_verified=verified, **facts)


def _level(
    quality: Quality | None,
    n_processes: int,
    n_failed: int,
    n_incidents: int,
    *,
    interrupted: bool,
    dirty: bool,
) -> str:
    if quality is None or not quality.n_cases:
        return "unknown"
    untrusted = len(quality.untrusted) / quality.n_cases
    disturbed = quality.n_disturbed / max(quality.n_rounds, 1)
    if interrupted or max(untrusted, disturbed) > TOO_MANY:
        return "poor"
    precise = quality.n_precise / quality.n_cases
    between = quality.between if math.isfinite(quality.between) else math.inf
    alone = n_processes < 2 or not math.isfinite(between)
    if alone or precise < MOSTLY or n_failed or n_incidents or dirty:
        return "fair"
    return "good"
