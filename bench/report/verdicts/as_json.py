"""Verdicts as JSON: all that is known, numbers unrounded.

===============  ==========================================================================
field            what
===============  ==========================================================================
``format``       of this document: 1. Fields may be added to it; what one means, may not change
``kind``         ``ab``, ``compare`` or ``track``
``outcome``      ``none slower``, ``slower``, ``unclear`` or ``nothing comparable``
``exit_code``    what the command exits with, unless it was interrupted: 130
``before``,      what is compared with what, for a person
``now``
``forced``       what can't be compared was compared all the same
``counts``       cases by verdict
``cases``        every case: ``name``, ``verdict``, ``reason``, ``ratio`` (seconds now over
                 seconds before, or null) with ``low`` and ``high`` at 95%, ``margin`` (a
                 share), ``n_before`` and ``n_now`` (processes, of ``track`` runs),
                 ``confirmed``, ``cause``, ``fact`` (what differs, of one not comparable)
``machine``      the same for what the controls measure of the machine
``added``        names of cases that only ``now`` has
``warnings``     a sentence each
``rates``        how often the rule is wrong on this machine, or null: ``rule``,
                 ``measured``, ``path``, and shares as ``count``, ``of``, ``value``, ``low``,
                 ``high``: ``false_slower``, ``same``, and ``found``, a list with the
                 ``slowdown`` of each
``sources``      files that the numbers come from
``changes``,     steps and slow drift over the whole history, of ``track``: the fields of
``drifts``       ``bench.history.long_term``, times as ISO 8601
===============  ==========================================================================
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from datetime import datetime
from typing import Any

from bench.stats.verdict import (
    CaseVerdict,
    Change,
    Drift,
    Judgement,
    Outcome,
    Rates,
    Share,
    Verdict,
)

FORMAT = 1
OUTCOMES = {
    Outcome.NONE_SLOWER: "none slower",
    Outcome.SLOWER: "slower",
    Outcome.UNCLEAR: "unclear",
    Outcome.NOTHING: "nothing comparable",
}


def document(judgement: Judgement) -> dict[str, Any]:
    """Return a judgement as a JSON-ready document."""
    return {
        "format": FORMAT,
        "kind": judgement.kind,
        "outcome": OUTCOMES[judgement.outcome],
        "exit_code": int(judgement.outcome),
        "before": judgement.before,
        "now": judgement.now,
        "forced": judgement.forced,
        "counts": {verdict.value: judgement.count(verdict) for verdict in Verdict},
        "cases": [_case(one) for one in judgement.cases],
        "machine": [_case(one) for one in judgement.machine],
        "added": list(judgement.added),
        "warnings": list(judgement.warnings),
        "rates": None if judgement.rates is None else _rates(judgement.rates),
        "sources": list(judgement.sources),
        "changes": [_dated(one) for one in judgement.changes],
        "drifts": [_dated(one) for one in judgement.drifts],
    }


def as_json(judgement: Judgement) -> str:
    """Write a judgement as JSON, indented."""
    return json.dumps(document(judgement), indent=2, allow_nan=False) + "\n"


def _case(one: CaseVerdict) -> dict[str, Any]:
    told = {**asdict(one), "verdict": one.verdict.value}
    return {name: _number(value) for name, value in told.items()}


def _dated(one: Change | Drift) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else _number(value)
        for name, value in asdict(one).items()
    }


def _rates(rates: Rates) -> dict[str, Any]:
    return {
        "rule": rates.rule,
        "measured": rates.measured,
        "path": rates.path,
        "false_slower": _share(rates.false_slower),
        "same": _share(rates.same),
        "found": [{"slowdown": slowdown, **_share(share)} for slowdown, share in rates.found],
    }


def _share(share: Share) -> dict[str, Any]:
    low, high = share.interval
    numbers = {"value": share.value, "low": low, "high": high}
    known = {name: _number(value) for name, value in numbers.items()}
    return {"count": share.count, "of": share.of, **known}


def _number(value: Any) -> Any:
    """Return a value; None for a number that JSON can't hold."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
