"""What was run on what, whether it can be trusted, the machine, and how it was measured."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from bench.report import numbers
from bench.report.grid import repeated
from bench.report.page.blocks import Facts, Prose, Row, Section, Table, Trust, whole
from bench.report.run_tables import disturbed, known_to, overhead
from bench.store.decoding import moment
from bench.store.marks import MARKS
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
    return Section("run", "The run", (facts(material), trust(material.trusted)))


def subtitle(document: Mapping[str, Any]) -> str:
    """Write what was run on what in a line.

    Parameters
    ----------
    document : mapping
        The run file.
    """
    machine = document.get("machine_info") or {}
    found = machine.get("fingerprint") or {}
    cpu = _cpu(machine, found) or "an unnamed machine"
    parts = (cpu, gpus(found), date(document))
    return " · ".join(part for part in parts if part)


def _cpu(machine: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    """Name the processor, or the machine where that is not known; empty where neither is."""
    brand = (machine.get("cpu") or {}).get("brand_raw")
    return str(found.get("cpu_model") or brand or machine.get("node") or "")


def gpus(found: Mapping[str, Any]) -> str:
    """Name the GPUs of a fingerprint; say that there are none where that is known."""
    listed = [one for one in found.get("gpus") or () if one]
    if listed:
        names = ", ".join(str(one.get("name", "GPU")) for one in listed)
        return f"{names} (TF32 allowed)" if any(one.get("tf32") for one in listed) else names
    return "no GPU" if "gpus" in found else ""


def date(document: Mapping[str, Any]) -> str:
    """Write when a run was taken: ``22 November 2026, 19:08 UTC``."""
    told = document.get("datetime")
    taken = moment(told)
    return f"{taken.day} {taken:%B %Y, %H:%M} UTC" if taken else str(told or "")


def facts(material: Material) -> Facts:
    """Say what was run on what."""
    return Facts(tuple(_facts(material.document)))


def _facts(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    machine = document.get("machine_info") or {}
    found = machine.get("fingerprint") or {}
    cores = found.get("cores_physical")
    memory = found.get("memory_bytes")
    parts = [_cpu(machine, found) or "–"]
    if cores:
        parts.append(numbers.number(int(cores), "core"))
    if memory:
        parts.append(f"{memory / 2**30:.0f} GiB")
    yield "Machine", ", ".join(parts)
    if "gpus" in found:
        none = found.get("gpu_reason") or "none"
        yield "GPU", gpus(found) if found["gpus"] else f"none: {none}".rstrip(".")
    yield "Versions", ", ".join(versions(machine, found))
    yield from origin(document)
    yield "Measured", _measured(document)


def origin(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield a run's commit, where it is known, and its date."""
    commit = document.get("commit_info")
    if isinstance(commit, dict) and commit.get("id"):
        dirty = ", changed since" if commit.get("dirty") else ""
        yield "Commit", f"{str(commit['id'])[:10]}{dirty}"
    yield "Date", date(document)


def versions(machine: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[str]:
    """Yield the versions of Python and of each backend."""
    yield f"Python {found.get('python') or machine.get('python_version', '?')}"
    for name, told in (found.get("backends") or {}).items():
        if isinstance(told, dict) and told.get(name):
            yield f"{name} {told[name]}"


def _measured(document: Mapping[str, Any]) -> str:
    added = document.get("bench") or {}
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
    worst = next(iter(doubts(found)), "")
    said = SENTENCES[found.level] + (f": {worst}" if worst else "")
    return Trust(found.level, f"{said.rstrip('.')}.", tuple(_reasons(found)))


def doubts(found: Trusted) -> Iterator[str]:
    """Yield what speaks against a run, the worst first."""
    quality = found.quality
    if found.interrupted:
        yield "it was interrupted before all cases were done"
    if quality is not None and len(quality.untrusted):
        cases = numbers.number(len(quality.untrusted), "case")
        yield f"something else disturbed most rounds of {cases}"
    if found.n_failed:
        yield f"{numbers.number(found.n_failed, 'case')} failed"
    if found.n_repeated:
        yield repeated(found.n_repeated)
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
    yield from (f"{one[0].upper()}{one[1:]}." for one in doubts(found))
    if found.quality is not None:
        yield from known_to(found.quality)
        yield from disturbed(found.quality)
        yield from overhead(found.quality)
    if found.n_verified:
        cases = numbers.number(found.n_verified, "case", "cases")
        yield f"{cases}: the kernel matched the float64 reference just before it was timed."


# The machine's details, and how it was measured.


SETTINGS = ("processes", "order_seed", "setting", "announced_seconds", "took_seconds")
#: How the first word of the command is typed: pytest's, unless it is one of ours.
OURS = ("run", "advise", "check")
METHOD = (
    "A timed round starts and ends with an idle device: the clock stops when the work is "
    "done, not when the call returns. Before it is timed, a kernel trains beside a float64 "
    "reference and must match it; then it runs until its times have settled.",
    "A case is timed until the 95% interval for the median of its rounds is as narrow as was "
    "aimed at, or its time is used up. The interval comes from order statistics and takes no "
    "distribution for granted; rounds of one process are correlated, so it says how well that "
    "process's median is known. Where several processes measured a case, the interval is that "
    "of their medians.",
    "Around every round, outside the clock, the suite reads what else the machine did. A round "
    "that was disturbed is marked and kept. Nothing is subtracted from any time.",
)


def machine_section(material: Material) -> Section:
    """List what is known of the machine."""
    machine = dict(material.document.get("machine_info") or {})
    found = machine.pop("fingerprint", None) or {}
    volatile = machine.pop("volatile", None) or {}
    cpu = machine.get("cpu")
    if isinstance(cpu, dict) and isinstance(cpu.get("flags"), list):
        # As a list they would fill the page.
        machine["cpu"] = {**cpu, "flags": " ".join(map(str, cpu["flags"]))}
    blocks: list[Facts | Prose] = []
    if found:
        said = (
            f"Runs with this fingerprint, {machine.get('fingerprint_id')}, can be compared: "
            "none of these facts differs."
        )
        blocks += [Prose(said), Facts(tuple(flattened(found)), "Fingerprint")]
    for facts, name in (
        (volatile, "What changes by the minute"),
        (machine, "As pytest-benchmark describes it"),
    ):
        if facts:
            blocks.append(Facts(tuple(flattened(facts)), name, folded=True))
    nothing = [Prose("The file says nothing of its machine.")]
    return Section("machine", "The machine's details", blocks or nothing)


def flattened(facts: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Yield nested facts with dotted names.

    Parameters
    ----------
    above : str
        The name that they are under.
    """
    for name, value in facts.items():
        dotted = f"{above}.{name}" if above else str(name)
        if isinstance(value, dict):
            yield from flattened(value, dotted)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for number, one in enumerate(value):
                yield dotted if len(value) == 1 else f"{dotted} {number}", _text(one)
        elif name.endswith("_bytes") and isinstance(value, int):
            yield dotted, f"{numbers.engineering(value, 'B')} ({value})"
        else:
            yield dotted, _text(value)


def _text(value: Any) -> str:
    if value is None or value in ([], ""):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_text(one) for one in value)
    if isinstance(value, dict):
        return ", ".join(f"{name} {_text(one)}" for name, one in value.items())
    return str(value)


def method_section(material: Material) -> Section:
    """Say how it was measured, with the exact command."""
    return Section("method", "How it was measured", tuple(_method(material)))


def _method(material: Material) -> Iterator[Facts | Prose | Table]:
    added = material.document.get("bench") or {}
    if not added:
        yield Prose("By pytest-benchmark; the file does not hold the command.")
        return
    if added.get("command") is not None:
        yield Prose(command(added["command"]), "command")
    yield from map(Prose, METHOD)
    quality = material.trusted.quality
    if quality is not None and quality.marks:
        yield marks_table(quality.marks)
    protocol = added.get("protocol") or {}
    settings = {
        "run file": material.name,
        **{name: added.get(name) for name in ("format", "preset", "status")},
        **protocol,
        **{name: added.get(name) for name in SETTINGS},
    }
    told = {name: value for name, value in settings.items() if value is not None}
    yield Facts(tuple(flattened(told)), "Settings")


def command(words: Any) -> str:
    """Write a run's command as it is typed.

    Parameters
    ----------
    words : list of str
        What came after the program's name.
    """
    given = [str(word) for word in words] if isinstance(words, list) else [str(words)]
    ours = bool(given) and given[0] in OURS
    return f"{'python -m bench' if ours else 'pytest'} {shlex.join(given)}".strip()


def marks_table(marks: Mapping[str, int]) -> Table:
    """Explain what disturbed rounds, and what to do about it.

    Parameters
    ----------
    marks : mapping of str to int
        Disturbed rounds by reason.
    """
    rows: list[Row] = [
        {
            "mark": reason,
            "rounds": whole(count),
            "what went on": MARKS[reason].message if reason in MARKS else "–",
            "remedy": MARKS[reason].remedy if reason in MARKS else "–",
        }
        for reason, count in marks.items()
    ]
    return Table("marks-table", "What disturbed rounds", rows)
