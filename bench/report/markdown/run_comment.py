"""One run as a comment on a pull request: what was found, and whether to believe it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from bench.advise.answer import Found, KernelAnswer
from bench.advise.contenders import ladder, rung_times, sizes_of
from bench.report.advice_text import measured_best, size
from bench.report.grid import UNTRUSTED
from bench.report.markdown import comparison_comment, elements
from bench.report.markdown.elements import row, table
from bench.report.numbers import measured, number, seconds
from bench.report.page.run_section import SENTENCES, command, subtitle, versions
from bench.report.run_tables import faster_text, percent, seconds_text
from bench.stats.estimate import Estimate
from bench.store import tidy
from bench.store.trust import trusted

# The best batch size of every kernel, as a table.


COLUMNS = (
    "kernel",
    "device",
    "batch size",
    "within 5% of the best",
    "time to target",
    "measured best",
)


def best_sizes(found: Found) -> Iterator[elements.Part]:
    """Write which batch size each kernel should be given.

    Yields
    ------
    Part
        A table for each workload.
    """
    by_workload: dict[str, list[KernelAnswer]] = {}
    for one in found.answers:
        by_workload.setdefault(one.subject.workload, []).append(one)
    for workload, answers in by_workload.items():
        ordered = sorted(answers, key=_seconds)
        title = f"Best batch size until the loss is near the optimum: {elements.text(workload)}"
        yield table(COLUMNS, (_cells(one) for one in ordered), (2, 3, 4, 5), title)


def _seconds(one: KernelAnswer) -> float:
    return float("inf") if one.advice is None else one.advice.t_star_seconds.value


def _cells(one: KernelAnswer) -> list[str]:
    subject = [elements.code(one.subject.kernel), elements.text(one.subject.device)]
    if one.advice is None:
        return [*subject, "–", elements.text(one.refusal), "–", measured_best(one)]
    return [
        *subject,
        f"{one.advice.recommended}",
        " to ".join(size(end.value) for end in one.advice.within),
        seconds(one.advice.t_star_seconds.value),
        measured_best(one),
    ]


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
        yield table(
            ["kernel", *(f"B = {size:g}" for size in sizes)],
            (
                [elements.code(name), *(cells.get((name, size), "") for size in sizes)]
                for name in kernels
            ),
            range(1, len(sizes) + 1),
            elements.text(f"{workload}, {device}, batches from {loader}"),
        )


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


def lines(
    table: pd.DataFrame, times: Mapping[tuple[str, int], Estimate], *, saves: bool = True
) -> Iterator[str]:
    """Write a ladder.

    Parameters
    ----------
    table : DataFrame
        From ``bench.advise.contenders.ladder``; not empty.
    times : mapping of (str, int) to Estimate
        From ``bench.advise.contenders.rung_times``.
    saves : bool
        Whether to say what each rung saves.

    Yields
    ------
    str
        A line of Markdown.
    """
    sizes = sizes_of(table)
    columns = ["kernel", *(f"B = {size}" for size in sizes), "times as fast"]
    yield from elements.head([*columns, SAVES] if saves else columns, range(1, len(columns)))
    for name, rung in table.iterrows():
        times_shown = [seconds_text(times.get((str(name), size))) for size in sizes]
        cells = [elements.code(name), *times_shown, faster_text(table, times, str(name))]
        yield row([*cells, elements.text(rung["saves"])] if saves else cells)


def ladders(document: Mapping[str, Any], *, saves: bool = True) -> dict[str, str]:
    """Write every ladder that a run has the data for.

    Parameters
    ----------
    document : mapping
        The run file.
    saves : bool
        Whether to say what each rung saves.

    Returns
    -------
    dict of str to str
        By workload and device, as in ``airfoil, cpu(0)``: a Markdown table.
    """
    rows = tidy.of_case(tidy.interval_frame(document), "epoch")
    written = {}
    for (workload, device), group in rows.groupby(["workload", "device"], sort=False):
        table = ladder(group)
        if not table.empty:
            drawn = lines(table, rung_times(group), saves=saves)
            written[f"{workload}, {device}"] = "".join(f"{line}\n" for line in drawn)
    return written


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
        *(elements.paragraph(elements.text(sentence, most=1000)) for sentence in sentences),
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
            elements.paragraph(f"Measured with {elements.code(command(told), most=1000)}.")
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
    return f"{said}: {', '.join(numbers)}." if numbers else f"{said}."


def _ladders(epochs: pd.DataFrame) -> Iterator[elements.Part]:
    for (workload, device), group in epochs.groupby(["workload", "device"], sort=False):
        table = ladder(group)
        if table.empty:
            continue
        title = elements.text(f"{workload}, {device}")
        first, second, *rungs = lines(table, rung_times(group), saves=False)
        above = (f"**The ladder: {title}, seconds per epoch**", "", first, second)
        yield elements.Part(above, tuple(rungs), ("",))


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
        reasons = Counter(
            (str((one.get("params") or {}).get("device")), str(one.get("reason")))
            for one in skipped
        )
        counted = (
            f"{number(n_cases, 'case')} on {elements.text(device)}: {elements.text(reason)}"
            for (device, reason), n_cases in reasons.most_common()
        )
        title = f"Skipped: {number(len(skipped), 'case')}"
        yield elements.bullets(counted, title, "reason")
