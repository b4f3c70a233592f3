"""The machine's details, and how it was measured."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from bench.report import numbers
from bench.report.page.blocks import Facts, Prose, Section, Table
from bench.report.page.cases_section import marks_table
from bench.report.run_tables import percent

if TYPE_CHECKING:
    from bench.report.page.one_run import Material

#: Facts that are sizes in bytes.
BYTES = ("_bytes",)
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
    if isinstance(machine.get("cpu"), dict):
        machine["cpu"] = _without_flags(machine["cpu"])
    blocks: list[Facts | Prose] = []
    if found:
        said = (
            f"Runs with this fingerprint, {machine.get('fingerprint_id')}, can be compared: "
            "none of these facts differs."
        )
        blocks += [Prose(said), Facts(tuple(flattened(found)), "Fingerprint")]
    if volatile:
        blocks.append(
            Facts(tuple(flattened(volatile)), "What changes by the minute", folded=True)
        )
    if machine:
        blocks.append(
            Facts(tuple(flattened(machine)), "As pytest-benchmark describes it", folded=True)
        )
    nothing = [Prose("The file says nothing of its machine.")]
    return Section("machine", "The machine's details", blocks or nothing)


def _without_flags(cpu: Mapping[str, Any]) -> dict[str, Any]:
    """Join the CPU's flags: as a list they would fill the page."""
    told = dict(cpu)
    if isinstance(told.get("flags"), list):
        told["flags"] = " ".join(str(flag) for flag in told["flags"])
    return told


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
                yield dotted if len(value) == 1 else f"{dotted} {number}", _listed(one)
        elif name.endswith(BYTES) and isinstance(value, int):
            yield dotted, f"{numbers.engineering(value, 'B')} ({value})"
        else:
            yield dotted, _text(value)


def _listed(one: Any) -> str:
    if not isinstance(one, dict):
        return _text(one)
    return ", ".join(f"{name} {_text(value)}" for name, value in one.items())


def _text(value: Any) -> str:
    if value is None or value in ([], ""):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_text(one) for one in value)
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
    for text in METHOD:
        yield Prose(text)
    quality = material.trusted.quality
    if quality is not None and not quality.overhead.empty:
        worst = quality.overhead.iloc[0]
        yield Prose(
            f"Calling an empty kernel takes more than a thousandth of what "
            f"{numbers.number(len(quality.overhead), 'case')} took, at most "
            f"{percent(worst['overhead_share'])} ({worst['name']})."
        )
    if quality is not None and quality.marks:
        yield marks_table(quality.marks)
    protocol = added.get("protocol") or {}
    settings = {
        "run file": material.name,
        "format": added.get("format"),
        "preset": added.get("preset"),
        "status": added.get("status"),
        **protocol,
        "processes": added.get("processes"),
        "order_seed": added.get("order_seed"),
        "setting": json.dumps(added["setting"]) if added.get("setting") else None,
        "announced_seconds": added.get("announced_seconds"),
        "took_seconds": added.get("took_seconds"),
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
