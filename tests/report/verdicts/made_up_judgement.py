"""Judgements that nobody measured: one verdict of each kind."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from bench.stats.verdict import CaseVerdict, Change, Drift, Judgement, Rates, Share, Verdict

RATES = Rates(
    "compare", "2026-11-23T01:00:00Z", "results/selftest/a.json", Share(1, 300),
    Share(280, 300), ((0.03, Share(45, 50)), (0.05, Share(50, 50))),
)  # fmt: skip


def case(name: str, verdict: Verdict, ratio: float | None = None, **facts: Any) -> CaseVerdict:
    told = {"reason": f"As {verdict.value} as it is.", "margin": 0.015, **facts}
    if ratio is not None:
        told = {"low": ratio * 0.98, "high": ratio * 1.02, "n_before": 5, "n_now": 4, **told}
    return CaseVerdict(f"bench_epoch[{name}]", verdict, ratio=ratio, **told)


SLOWER = case("slow", Verdict.SLOWER, 1.0531234567, confirmed=True, cause="machine (memory)")
PERHAPS = case("perhaps", Verdict.SLOWER, 1.2)
FASTER = case("fast", Verdict.FASTER, 0.8, confirmed=True, cause="code")
SAME = case("same", Verdict.SAME, 1.001)
UNCLEAR = case("unclear", Verdict.UNCLEAR, 1.01)
UNTRUSTED = case("disturbed", Verdict.UNTRUSTED, 1.5)
MISSING = case("gone", Verdict.NOT_COMPARABLE, fact="missing")
MACHINE = CaseVerdict(
    "machine: memory", Verdict.SLOWER, "It moved.", 1.05, 1.04, 1.06, 0.015, 9, 1, True
)
EVERY = (SAME, FASTER, UNCLEAR, MISSING, PERHAPS, UNTRUSTED, SLOWER)
_DAY = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
CHANGE = Change("machine: memory", _DAY, _DAY, "run", 1.05, 1.04, 1.06, ("driver: 1 and 2",))
DRIFT = Drift("kernel x", _DAY, 30, 1.012, 1.01, 1.014, 1.03)

#: Leaves out sentences that are made elsewhere.
SHORT: dict[str, Any] = {"changes": (), "drifts": ()}


def judgement(*cases: CaseVerdict, **facts: Any) -> Judgement:
    told = {"kind": "compare", "before": "one", "now": "other", **facts}
    return Judgement(cases=cases, **told)


def everything(**facts: Any) -> Judgement:
    """All verdicts, with all that belongs to them."""
    told = {
        "added": ("bench_epoch[new]",),
        "machine": (MACHINE,),
        "warnings": ("Beware of this.",),
        "forced": True,
        "rates": RATES,
        "sources": ("results/runs/a.json", "results/runs/b.json"),
        "changes": (CHANGE,),
        "drifts": (DRIFT,),
        **facts,
    }
    return judgement(*EVERY, **told)
