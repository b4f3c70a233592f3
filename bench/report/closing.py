"""How a command that has measured ends: the answer, how far to trust it, what to do next."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from bench.report import numbers
from bench.report.page.one_run import Material
from bench.report.page.run_section import doubts
from bench.store.trust import Trusted

#: So many lines at most, and so many workloads and devices.
MOST_LINES, MOST_ANSWERS = 8, 2


def closing(material: Material, path: str, width: int) -> list[str]:
    """Write at most eight lines.

    Parameters
    ----------
    path : str
        Of the run file, as it is shown.
    width : int
        Of the terminal, in characters. The line with the path may be longer.
    """
    last = [*_wrapped([_next(material)], width), f"Run file: {path}"]
    room = MOST_LINES - len(last)
    said = [*_answers(material), _trust(material.trusted), *_unmeasured(material.document)]
    return [*_wrapped(said, width)[:room], *last]


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
        yield one.recommendation
    left = len(material.headlines) - MOST_ANSWERS
    if left > 0:
        yield f"The report has {left} more answers, for other workloads and devices."


def _trust(found: Trusted) -> str:
    """Say how far the numbers can be trusted, and why."""
    quality, why = found.quality, next(iter(doubts(found)), "")
    parts = [why] if why else []
    share = "" if quality is None else f"{quality.n_precise} of {quality.n_cases} medians"
    if quality is not None and share not in why:
        parts.append(f"{share} known to ±{100 * quality.target:g}%")
    return f"Trust: {found.level}{': ' if parts else ''}{'; '.join(parts)}."


def _unmeasured(document: Mapping[str, Any]) -> Iterator[str]:
    """Count what failed, and say why no GPU was measured."""
    added = document.get("bench") or {}
    if added.get("failed"):
        yield f"Failed: {numbers.number(len(added['failed']), 'case')}, named above."
    on_gpu = [one for one in added.get("skipped") or () if _is_gpu(one.get("params") or {})]
    if on_gpu:
        reason = str(on_gpu[0].get("reason")).removeprefix("no device: ").partition(". ")[0]
        yield f"GPU: not measured; {reason.rstrip('.')}."


def _is_gpu(params: Mapping[str, Any]) -> bool:
    return str(params.get("device")).startswith("gpu")


def _next(material: Material) -> str:
    """Name the command that goes on from here."""
    if material.trusted.n_processes < 2:
        return (
            "Next: minibatch-bench report (a page of it) or run (the same in five processes)."
        )
    return "Next: minibatch-bench report (a page of it) or track (is it slower than before?)."
