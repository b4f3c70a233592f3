"""The row of a run, from its document."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from bench.loading.decoding import Bench
from bench.loading.values import (
    as_json,
    boolean,
    integer,
    moment,
    number,
    record,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.loading.decoding import Document

NO_BENCH = Bench()
#: Outside a checkout pytest-benchmark has a word in its place.
_REVISION = re.compile(r"[0-9a-f]{7,64}")


def run_facts(document: Document) -> dict[str, Any]:
    """Return what is known of a run.

    Parameters
    ----------
    document : Document

    Returns
    -------
    dict
        All of ``bench.loading.columns.RUNS`` but ``run`` and ``path``; None where a value is
        missing.
    """
    machine, commit = record(document.machine_info), record(document.commit_info)
    bench = document.bench if isinstance(document.bench, Bench) else NO_BENCH
    facts = record(machine.get("fingerprint")) or _foreign_facts(machine)
    revision = text(commit.get("id"))
    if revision is None or not _REVISION.fullmatch(revision):
        revision = None
    return {
        "taken": moment(document.datetime),
        "commit": revision,
        "dirty": boolean(commit.get("dirty")) if revision else None,
        "branch": text(commit.get("branch")) if revision else None,
        "node": text(machine.get("node")),
        "cpu_model": text(facts.get("cpu_model")),
        "gpus": _names(facts.get("gpus")),
        "os": text(facts.get("os")),
        "kernel_release": text(facts.get("kernel")),
        "python": text(facts.get("python")),
        "numpy": text(facts.get("numpy")),
        "fingerprint_id": text(machine.get("fingerprint_id")),
        "fingerprint": as_json(facts or None),
        "volatile": as_json(record(machine.get("volatile")) or None),
        "preset": text(bench.preset),
        "status": text(bench.status),
        "processes": integer(bench.processes),
        "command": as_json(bench.command),
        "took_seconds": number(bench.took_seconds),
        "n_cases": len(document.benchmarks),
        "n_skipped": _count(bench.skipped),
        "n_failed": _count(bench.failed),
        "n_incidents": _count(bench.incidents),
        "pytest_benchmark_version": text(document.version),
    }


def _foreign_facts(machine: Mapping[str, Any]) -> dict[str, Any]:
    """Give what pytest-benchmark tells of a machine the names that a fingerprint has."""
    cpu = record(machine.get("cpu"))
    system, release = machine.get("system"), machine.get("release")
    facts = {
        "cpu_model": cpu.get("brand_raw", cpu.get("brand")),  # py-cpuinfo before 5: brand
        "cores_logical": cpu.get("count"),
        "machine": machine.get("machine"),
        "os": system,
        "kernel": f"{system} {release}" if text(system) and text(release) else None,
        "python": machine.get("python_version"),
        "python_implementation": machine.get("python_implementation"),
    }
    return {name: fact for name, fact in facts.items() if fact is not None}


def _names(gpus: Any) -> str | None:
    """Join the GPUs' names."""
    if type(gpus) is not list:
        return None
    return ", ".join(text(record(gpu).get("name")) or "a GPU without a name" for gpu in gpus)


def _count(listed: Any) -> int | None:
    return len(listed) if type(listed) is list else None
