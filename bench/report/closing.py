"""How a command that has measured ends: the answer, how far to trust it, what to do next."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.advise.contenders import Ranking
from bench.report import numbers
from bench.report.page.one_run import Material
from bench.report.page.run_section import doubts
from bench.store.trust import Trusted

PROGRAM = "minibatch-bench"
#: So many lines at most, and so many workloads and devices.
MOST_LINES, MOST_ANSWERS = 8, 2


def closing(material: Material, path: str, width: int, program: str = PROGRAM) -> list[str]:
    """Write at most eight lines.

    Parameters
    ----------
    path : str
        Of the run file, as it is shown.
    width : int
        Of the terminal, in characters. The line with the path may be longer.
    program : str
        As it is typed here.
    """
    last = [*_wrapped([_next(material, program)], width), f"Run file: {path}"]
    room = MOST_LINES - len(last)
    said = [
        *_answers(material),
        _trust(material.trusted),
        *_unmeasured(material.document, material.trusted),
    ]
    return [*_wrapped(said, width)[:room], *last]


def program() -> str:
    """Return how this environment's program is typed: tox's is on no path but its own."""
    own = Path(sys.executable).with_name(PROGRAM)
    inside = own.exists() and Path.cwd() in own.parents
    return os.path.relpath(own) if inside else PROGRAM


def _wrapped(sentences: list[str], width: int) -> list[str]:
    return [
        line
        for sentence in sentences
        for line in textwrap.wrap(
            sentence,
            width,
            subsequent_indent="  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    ]


def _answers(material: Material) -> Iterator[str]:
    """Say what is fastest, and which batch size to take."""
    for one in material.headlines[:MOST_ANSWERS]:
        yield one.fastest
        yield f"{one.recommendation}{_runner_up(one.contest)}"


def _runner_up(contest: Ranking) -> str:
    """Say how far the next is behind, where it is told apart."""
    if contest.rivals or len(contest.contenders) < 2:
        return ""
    second = contest.contenders[1]
    slower = numbers.quotient(second.known, contest.winner.known)
    return f" The next, {second.kernel}, takes {slower} as long."


def _trust(found: Trusted) -> str:
    """Say how far the numbers can be trusted, and why."""
    quality, why = found.quality, next(iter(doubts(found)), "")
    if quality is None:
        return f"Trust: {found.level}{f': {why}' if why else ''}."
    parts = [why.removesuffix(", and others may differ by some percent")]
    if len(quality.untrusted):
        parts = [
            f"{len(quality.untrusted)} of {numbers.number(quality.n_cases, 'case')} disturbed"
        ]
    known = f"{quality.n_precise} of {quality.n_cases} medians"
    if known not in parts[0]:
        parts.append(f"{known} known to ±{100 * quality.target:g}%")
    return f"Trust: {found.level}: {'; '.join(part for part in parts if part)}."


def _unmeasured(document: Mapping[str, Any], trusted: Trusted) -> Iterator[str]:
    """Count what failed, and say why no GPU was measured."""
    added = document.get("bench") or {}
    if added.get("failed"):
        yield f"Failed: {numbers.number(len(added['failed']), 'case')}, named above."
    on_gpu = [one for one in added.get("skipped") or () if _is_gpu(one.get("params") or {})]
    if trusted.quality and "gpu-emulated" in trusted.quality.marks:
        yield "GPU: not measured; the CPU emulated one, which says nothing of a GPU's time."
    elif on_gpu:
        reason = str(on_gpu[0].get("reason")).removeprefix("no device: ").partition(". ")[0]
        yield f"GPU: not measured; {reason.rstrip('.')}."


def _is_gpu(params: Mapping[str, Any]) -> bool:
    return str(params.get("device")).startswith("gpu")


def _next(material: Material, program: str) -> str:
    """Name the command that goes on from here."""
    if material.trusted.n_processes < 2:
        return f"Next: {program} report (a page of it)."
    return f"Next: {program} report (a page of it) or track (against earlier runs)."
