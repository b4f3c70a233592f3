"""One run as a comment on a pull request: what was found, and whether to believe it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from bench.analyze import intervals, tidy
from bench.analyze.ladder import ladder, rung_times
from bench.analyze.trust import trusted
from bench.report import units
from bench.report.markdown import epoch_tables, foreign
from bench.report.markdown.best_sizes import best_sizes
from bench.report.markdown.escaping import code, text
from bench.report.markdown.ladder import lines
from bench.report.markdown.table import Part, bullets, fitted, folded, paragraph
from bench.report.page.machine_section import command
from bench.report.page.run_section import SENTENCES, subtitle

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd

    from bench.analyze.findings import Found

COMMIT_DIGITS = 7


def one_run(
    document: Mapping[str, Any],
    name: str,
    sentences: Sequence[str] = (),
    found: Found | None = None,
) -> str:
    """Write a run as Markdown for GitHub, short.

    Parameters
    ----------
    document : mapping
        The run file, of this suite or another one.
    name : str
        Of the run.
    sentences : sequence of str
        The answer, as plain text.
    found : Found or None
        What ``python -m bench advise`` finds in it.

    Returns
    -------
    str
        At most as long as GitHub takes.
    """
    table = intervals.frame(document)
    epochs = tidy.of_case(table, "epoch")
    parts = [
        paragraph(f"### Run {code(name)}"),
        paragraph(text(_where(document))),
        paragraph(_trust(document)),
        *(paragraph(text(sentence, most=1000)) for sentence in sentences),
        *_ladders(epochs),
        *(best_sizes(found) if found is not None else ()),
        *foreign.tables(document, table),
        *_unmeasured(document),
    ]
    if len(epochs):
        parts += folded("All epochs, with their intervals", *epoch_tables.tables(epochs))
    told = (document.get("bench") or {}).get("command")
    if told is not None:
        parts.append(paragraph(f"Measured with {code(command(told), most=1000)}."))
    return fitted(parts, f"{code(f'python -m bench report {name} --format csv')} has them all")


def _where(document: Mapping[str, Any]) -> str:
    """Write machine, date, versions and commit."""
    machine = document.get("machine_info") or {}
    found = machine.get("fingerprint") or {}
    versions = [f"Python {found.get('python') or machine.get('python_version', '?')}"]
    versions += [
        f"{backend} {told[backend]}"
        for backend, told in (found.get("backends") or {}).items()
        if isinstance(told, dict) and told.get(backend)
    ]
    commit = document.get("commit_info") or {}
    told = f"commit {str(commit['id'])[:COMMIT_DIGITS]}" if commit.get("id") else ""
    if told and commit.get("dirty"):
        told += " with changes"
    return " · ".join(part for part in (subtitle(document), ", ".join(versions), told) if part)


def _trust(document: Mapping[str, Any]) -> str:
    """Say whether the run can be trusted, with the numbers that this rests on."""
    found = trusted(document)
    said = f"**{SENTENCES[found.level]}**"
    numbers = ["interrupted before all cases were done"] if found.interrupted else []
    quality = found.quality
    if quality is not None:
        numbers += [
            f"{quality.n_precise} of {quality.n_cases} medians known to "
            f"±{100 * quality.target:g}%",
            f"{quality.n_disturbed} of {quality.n_rounds} rounds disturbed",
            f"{units.number(len(quality.untrusted), 'case')} not to be relied on",
        ]
    if document.get("bench"):
        numbers += [
            f"{found.n_failed} failed",
            units.number(found.n_incidents, "incident"),
            units.number(found.n_processes, "process", "processes"),
        ]
    return f"{said}: {', '.join(numbers)}." if numbers else f"{said}."


def _ladders(epochs: pd.DataFrame) -> Iterator[Part]:
    for (workload, device), group in epochs.groupby(["workload", "device"], sort=False):
        table = ladder(group)
        if table.empty:
            continue
        title = text(f"{workload}, {device}")
        first, second, *rungs = lines(table, rung_times(group), saves=False)
        above = (f"**The ladder: {title}, seconds per epoch**", "", first, second)
        yield Part(above, tuple(rungs), ("",))


def _unmeasured(document: Mapping[str, Any]) -> Iterator[Part]:
    """Name the failed cases one by one, and count the skipped ones by reason."""
    added = document.get("bench") or {}
    failed, skipped = added.get("failed") or (), added.get("skipped") or ()
    if failed:
        title = f"Failed: {units.number(len(failed), 'case')}"
        yield bullets(
            (f"{code(one.get('id'))}: {text(one.get('reason'))}" for one in failed),
            title,
            "case",
        )
    if skipped:
        reasons = Counter(
            (str((one.get("params") or {}).get("device")), str(one.get("reason")))
            for one in skipped
        )
        counted = (
            f"{units.number(number, 'case')} on {text(device)}: {text(reason)}"
            for (device, reason), number in reasons.most_common()
        )
        title = f"Skipped: {units.number(len(skipped), 'case')}"
        yield bullets(counted, title, "reason")
