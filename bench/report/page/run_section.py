"""What was run on what, and whether it can be trusted."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bench.report import numbers
from bench.report.page.blocks import Facts, Section, Trust
from bench.report.run_tables import percent
from bench.store.trust import Trusted

if TYPE_CHECKING:
    from bench.report.page.one_run import Material

SENTENCES = {
    "good": "These numbers can be relied on",
    "fair": "These numbers hold with reservations",
    "poor": "Do not rely on these numbers",
    "unknown": "The file does not say how good its numbers are",
}


def run_section(material: Material) -> Section:
    """Open the page."""
    return Section("run", "The run", (Facts(tuple(_facts(material))), trust(material.trusted)))


def subtitle(document: Mapping[str, Any]) -> str:
    """Write what was run on what in a line.

    Parameters
    ----------
    document : mapping
        The run file.
    """
    machine = document.get("machine_info") or {}
    found = machine.get("fingerprint") or {}
    cpu = found.get("cpu_model") or (machine.get("cpu") or {}).get("brand_raw")
    parts = [str(cpu or machine.get("node") or "an unnamed machine"), gpus(found)]
    parts.append(date(document))
    return " · ".join(part for part in parts if part)


def gpus(found: Mapping[str, Any]) -> str:
    """Name the GPUs of a fingerprint; say that there are none where that is known."""
    names = [str(one.get("name", "GPU")) for one in found.get("gpus") or () if one]
    if names:
        return ", ".join(names)
    return "no GPU" if "gpus" in found else ""


def date(document: Mapping[str, Any]) -> str:
    """Write when a run was taken: ``22 November 2026, 19:08 UTC``."""
    told = str(document.get("datetime") or "")
    try:
        taken = datetime.fromisoformat(told)
    except ValueError:
        return told
    return f"{taken.day} {taken:%B %Y, %H:%M} UTC"


def _facts(material: Material) -> Iterator[tuple[str, str]]:
    document = material.document
    machine = document.get("machine_info") or {}
    found = machine.get("fingerprint") or {}
    added = document.get("bench") or {}
    cores = found.get("cores_physical")
    memory = found.get("memory_bytes")
    parts = [str(found.get("cpu_model") or (machine.get("cpu") or {}).get("brand_raw") or "–")]
    if cores:
        parts.append(numbers.number(int(cores), "core"))
    if memory:
        parts.append(f"{memory / 2**30:.0f} GiB")
    yield "Machine", ", ".join(parts)
    if "gpus" in found:
        none = found.get("gpu_reason") or "none"
        yield "GPU", gpus(found) if found["gpus"] else f"none: {none}".rstrip(".")
    yield "Versions", ", ".join(_versions(machine, found))
    commit = document.get("commit_info") or {}
    if commit.get("id"):
        dirty = ", changed since" if commit.get("dirty") else ""
        yield "Commit", f"{str(commit['id'])[:10]}{dirty}"
    yield "Date", date(document)
    yield "Measured", _measured(document, added)


def _versions(machine: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[str]:
    yield f"Python {found.get('python') or machine.get('python_version', '?')}"
    for name, told in (found.get("backends") or {}).items():
        if isinstance(told, dict) and told.get(name):
            yield f"{name} {told[name]}"


def _measured(document: Mapping[str, Any], added: Mapping[str, Any]) -> str:
    n_processes = int(added.get("processes") or 1)
    parts = [
        numbers.number(len(document["benchmarks"]), "case"),
        f"each in {numbers.number(n_processes, 'process', 'processes')}" if added else "",
        f"preset {added['preset']}" if added.get("preset") else "",
        f"{len(added.get('skipped') or ())} skipped" if added.get("skipped") else "",
        f"{len(added.get('failed') or ())} failed" if added.get("failed") else "",
    ]
    if added.get("took_seconds"):
        parts.append(f"in {added['took_seconds'] / 60:.0f} min")
    return ", ".join(part for part in parts if part)


def trust(found: Trusted) -> Trust:
    """Say how far a run can be trusted, and why."""
    reasons = tuple(_reasons(found))
    worst = next(iter(_doubts(found)), "")
    said = SENTENCES[found.level] + (f": {worst}" if worst else "")
    return Trust(found.level, f"{said.rstrip('.')}.", reasons)


def _doubts(found: Trusted) -> Iterator[str]:
    """Yield what speaks against a run, the worst first."""
    quality = found.quality
    if found.interrupted:
        yield "it was interrupted before all cases were done"
    if quality is not None and len(quality.untrusted):
        cases = numbers.number(len(quality.untrusted), "case")
        yield f"something else disturbed most rounds of {cases}"
    if found.n_failed:
        yield f"{numbers.number(found.n_failed, 'case')} failed"
    if found.n_incidents:
        lost = numbers.number(found.n_incidents, "time", "times")
        yield f"a process was lost, or a case erred in one, {lost}"
    if quality is not None and found.n_processes < 2:
        yield "one process measured them, and others may differ by some percent"
    if found.dirty:
        yield "the code was not that of its commit"
    if quality is not None and quality.n_precise < quality.n_cases / 2:
        known = f"{quality.n_precise} of {quality.n_cases} medians"
        yield f"{known} are known as well as was aimed at"


def _reasons(found: Trusted) -> Iterator[str]:
    yield from (f"{one[0].upper()}{one[1:]}." for one in _doubts(found))
    quality = found.quality
    if quality is None:
        return
    yield (
        f"{quality.n_precise} of {quality.n_cases} medians are known to "
        f"±{100 * quality.target:g}% (95% interval, from the rounds)."
    )
    if math.isfinite(quality.between):
        yield f"Between processes the middle case differs by ±{percent(quality.between)}."
    marks = ", ".join(f"{reason} {count}" for reason, count in quality.marks.items())
    yield (
        f"{quality.n_disturbed} of {quality.n_rounds} rounds were disturbed"
        f"{f' ({marks})' if marks else ''}; all of them are kept."
    )
    if found.n_verified:
        cases = numbers.number(found.n_verified, "case", "cases")
        yield f"{cases}: the kernel matched the float64 reference just before it was timed."
