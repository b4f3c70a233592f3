"""One run as a comment on a pull request: what was found, and whether to believe it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from bench.advise.answer import Found, KernelAnswer
from bench.report import ladder
from bench.report.advice_text import measured_best, size
from bench.report.grid import UNTRUSTED, repeated
from bench.report.markdown import comparison_comment, elements
from bench.report.markdown.elements import table
from bench.report.numbers import measured, number, percent, seconds
from bench.report.page.run_section import SENTENCES, command, subtitle, versions
from bench.report.run_tables import by_reason
from bench.store import tidy
from bench.store.trust import trusted

# The best batch size of every kernel, as a table.


def best_sizes(found: Found) -> Iterator[elements.Part]:
    """Write which batch size each kernel should be given.

    Yields
    ------
    Part
        A table for each workload.
    """
    for workload in dict.fromkeys(one.subject.workload for one in found.answers):
        answers = (one for one in found.answers if one.subject.workload == workload)
        ordered = sorted(answers, key=_seconds)
        title = f"Best batch size until the loss is near the optimum: {elements.text(workload)}"
        rows = [_cells(one) for one in ordered]
        yield table(rows, list(rows[0])[2:], title)


def _seconds(one: KernelAnswer) -> float:
    return float("inf") if one.advice is None else one.advice.t_star_seconds.value


def _cells(one: KernelAnswer) -> dict[str, str]:
    advice = one.advice
    return {
        "kernel": elements.code(one.subject.kernel),
        "device": elements.text(one.subject.device),
        "batch size": "–" if advice is None else f"{advice.recommended}",
        "within 5% of the best": elements.text(one.refusal)
        if advice is None
        else " to ".join(size(end.value) for end in advice.within),
        "time to target": "–" if advice is None else seconds(advice.t_star_seconds.value),
        "measured best": measured_best(one),
    }


# The time of every epoch: a table for each workload, device and loader.


BASIS = {
    "processes": "between processes",
    "rounds": "of the rounds of one process, which is too narrow between processes",
}


def tables(epochs: pd.DataFrame) -> Iterator[elements.Part]:
    """Write the times of all epochs.

    Parameters
    ----------
    epochs : DataFrame
        ``epoch`` cases with their intervals, from ``bench.store.tidy.interval_frame``.
    """
    bases = [BASIS[one] for one in BASIS if (epochs["interval_of"] == one).any()]
    yield elements.paragraph(
        f"Behind ± is half the 95% interval {' or '.join(bases)}, as a share of the median; "
        f"{UNTRUSTED} stands behind a case most of whose rounds were disturbed."
    )
    for keys, group in epochs.groupby(["workload", "device", "loader"], sort=False):
        workload, device, loader = keys
        sizes = sorted(set(group["batch_size"].dropna()))
        cells = {(row["kernel"], row["batch_size"]): cell(row) for _, row in group.iterrows()}
        kernels = sorted(dict.fromkeys(group["kernel"].astype(str)))
        rows = [
            {
                "kernel": elements.code(name),
                **{f"B = {size:g}": cells.get((name, size), "") for size in sizes},
            }
            for name in kernels
        ]
        title = elements.text(f"{workload}, {device}, batches from {loader}")
        yield table(rows, list(rows[0])[1:], title)


def cell(row: pd.Series) -> str:
    """Write a time with the digits that its interval allows, and the interval.

    Parameters
    ----------
    row : Series
        With ``seconds``, ``low``, ``high``.

    Returns
    -------
    str
        ``438 ms ±0.52%``, or the time alone where no interval is known.
    """
    half_width = (row["high"] - row["low"]) / 2
    written = measured(row["seconds"], half_width)
    if math.isfinite(half_width) and row["seconds"] > 0:
        written += f" ±{percent(half_width / row['seconds'])}"
    return f"{written} {UNTRUSTED}" if row.get("untrusted") is True else written


# The ladder as a Markdown table, with a sentence a rung on what it saves.


SAVES = "what it saves"


def ladder_table(found: ladder.Ladder, title: str = "", *, saves: bool = True) -> elements.Part:
    """Write a ladder.

    Parameters
    ----------
    title : str
        Markdown.
    saves : bool
        Whether to say what each rung saves.
    """
    rows = [
        {
            "kernel": elements.code(rung.name),
            **{
                f"B = {size}": rung.seconds.get(size, ("–",))[0].strip() for size in found.sizes
            },
            "times as fast": rung.times.strip(),
            **({SAVES: elements.text(rung.saves)} if saves else {}),
        }
        for rung in found.rungs
    ]
    numbers = [name for name in rows[0] if name not in {"kernel", SAVES}]
    return table(rows, numbers, title)


def ladders(document: Mapping[str, Any]) -> dict[str, str]:
    """Write every ladder that a run has the data for.

    Parameters
    ----------
    document : mapping
        The run file.

    Returns
    -------
    dict of str to str
        By workload and device, as in ``airfoil, cpu(0)``: a Markdown table.
    """
    rows = tidy.of_case(tidy.interval_frame(document), "epoch")
    return {
        found.where: "".join(f"{line}\n" for line in (*part.before, *part.rows))
        for found in ladder.ladders(rows)
        for part in [ladder_table(found)]
    }


# One run as a comment on a pull request: what was found, and whether to believe it.


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
    table = tidy.interval_frame(document)
    epochs = tidy.of_case(table, "epoch")
    parts = [
        elements.paragraph(f"### Run {elements.code(name)}"),
        elements.paragraph(elements.text(_where(document))),
        elements.paragraph(_trust(document)),
        *(elements.paragraph(elements.text(sentence, elements.LONG)) for sentence in sentences),
        *_ladders(epochs),
        *(best_sizes(found) if found is not None else ()),
        *comparison_comment.tables(document, table),
        *_unmeasured(document),
    ]
    if len(epochs):
        parts += elements.folded("All epochs, with their intervals", *tables(epochs))
    told = (document.get("bench") or {}).get("command")
    if told is not None:
        parts.append(
            elements.paragraph(f"Measured with {elements.code(command(told), elements.LONG)}.")
        )
    return elements.fitted(
        parts, f"{elements.code(f'python -m bench report {name} --format csv')} has them all"
    )


def _where(document: Mapping[str, Any]) -> str:
    """Write machine, date, versions and commit."""
    machine = document.get("machine_info") or {}
    found = machine.get("fingerprint") or {}
    commit = document.get("commit_info") or {}
    told = f"commit {str(commit['id'])[:COMMIT_DIGITS]}" if commit.get("id") else ""
    if told and commit.get("dirty"):
        told += " with changes"
    return " · ".join(
        part for part in (subtitle(document), ", ".join(versions(machine, found)), told) if part
    )


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
            f"{number(len(quality.untrusted), 'case')} not to be relied on",
        ]
    if document.get("bench"):
        numbers += [
            f"{found.n_failed} failed",
            number(found.n_incidents, "incident"),
            number(found.n_processes, "process", "processes"),
        ]
    if found.n_repeated:
        numbers.append(repeated(found.n_repeated))
    return f"{said}: {', '.join(numbers)}." if numbers else f"{said}."


def _ladders(epochs: pd.DataFrame) -> Iterator[elements.Part]:
    for found in ladder.ladders(epochs):
        title = f"The ladder: {elements.text(found.where)}, seconds per epoch"
        yield ladder_table(found, title, saves=False)


def _unmeasured(document: Mapping[str, Any]) -> Iterator[elements.Part]:
    """Name the failed cases one by one, and count the skipped ones by reason."""
    added = document.get("bench") or {}
    failed, skipped = added.get("failed") or (), added.get("skipped") or ()
    if failed:
        title = f"Failed: {number(len(failed), 'case')}"
        yield elements.bullets(
            (
                f"{elements.code(one.get('id'))}: {elements.text(one.get('reason'))}"
                for one in failed
            ),
            title,
            "case",
        )
    if skipped:
        counted = (
            f"{number(n_cases, 'case')} on {elements.text(device)}: {elements.text(reason)}"
            for device, reason, n_cases in by_reason(document)
        )
        title = f"Skipped: {number(len(skipped), 'case')}"
        yield elements.bullets(counted, title, "reason")
