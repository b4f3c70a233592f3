"""``python -m bench advise``: which batch size to take."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer
from rich.console import Console

from bench.advise import reading
from bench.advise.answer import Found
from bench.advise.reading import Axis, NothingComparableError
from bench.commands.exits import Exit, refusals
from bench.commands.options import AsJson, Figure, Results, console_of
from bench.commands.output import put, say
from bench.commands.request_options import asked, takes_request
from bench.plan import values
from bench.plan.request import Request, flag, read
from bench.report import advice, numbers
from bench.report.charts.chart import NothingToDrawError
from bench.report.charts.files import kind_of, plain, write_figure
from bench.report.charts.target import target_chart
from bench.report.closing import closing, program
from bench.report.numbers import in_lines, printed
from bench.report.page.one_run import Material
from bench.report.progress import StatusLine, Tables
from bench.report.terminal import render
from bench.run import advice_run
from bench.store.files import RUNS, read_run
from bench.store.table import newest_run
from kernels.sampling import SAMPLINGS

#: The published loop, the fastest ways that MXNet has of doing the same, and a peer.
KERNELS = "nd.autograd,gluon.hybrid,nd.fused,torch.closed_form"
#: Without an option the other way of sampling is shown beside the first.
USUAL = SAMPLINGS[:2]


@takes_request(
    *("workloads", "kernels", "devices", "tolerance", "batch_sizes", "processes"),
    cases=("bench_epoch", "bench_target"),
    loaders="inmemory",
    processes=3,
    order_seed=0,
    memory=False,
)
def advise(
    request: Request,
    run: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Runs: files, or folders for their newest; without one, it is measured now.",
            show_default=False,
        ),
    ] = None,
    schedule: Annotated[list[str] | None, asked("schedule")] = None,
    sampling: Annotated[list[str] | None, asked("sampling")] = None,
    details: Annotated[
        bool, typer.Option("--details", help="Print the models' numbers too.")
    ] = False,
    as_json: AsJson = False,
    figure: Figure = None,
    results: Results = RUNS,
) -> None:
    """Say which batch size reaches a loss near the optimum soonest, and why.

    --schedule and --sampling may be given again:
    the first is advised on, and the others are shown beside it.

    Exits with 0 when there is an answer for some kernel, 2 when an option or a run is wrong,
    3 when the data carry no answer (the reason is printed), 4 when runs are of different
    machines, 130 after Ctrl-C.
    """
    console = console_of()
    notes = Console(stderr=True, width=console.width)
    codes = {NothingComparableError: Exit.NOTHING}
    with refusals(codes, interrupted="Interrupted; what was counted is kept."):
        if figure is not None:
            kind_of(figure)
        axes = _axes(schedule, sampling)
        if run:
            run = [newest_run(path) for path in run]
            documents = [in_lines(read_run(path)) for path in run]
            sources = ", ".join(printed(path.name) for path in run)
        else:
            first = (axes or (Axis(),))[0]
            live = replace(
                request,
                kernels=request.kernels or KERNELS,
                schedule=first.schedule,
                sampling=first.sampling,
            )
            with StatusLine(notes) as line:
                path, measured, complete = advice_run.measure(live, results, notes, line.write)
            if not complete:
                say(f"Run file: {path}", error=True)
                say(
                    "To finish it: python -m bench run --resume, then name the file.",
                    error=True,
                )
                raise typer.Exit(Exit.INTERRUPTED)
            documents, sources = [measured], path.name
        table = _newest(documents)
        if run:
            table = _narrowed(table, request)
        with StatusLine(notes) as line:
            found = reading.find(table, request.tolerance, axes, line.write)
        if figure is not None:
            _draw(found, figure, sources)
    if not (run or as_json):
        ladder = Tables.LADDER
        colour, width = console.is_terminal, console.width
        put(render(documents[0], width=width, colour=colour, tables=ladder))
    _show(found, console, sources, as_json=as_json, details=details)
    if not run:  # to standard output too, but for JSON
        told = Material(documents[0], sources, found)
        ending = closing(told, str(path), console.width, program())
        put("\n".join(["", *ending]), error=as_json)
    if not any(one.advice for one in found.answers):
        raise typer.Exit(Exit.UNCLEAR)


def _show(
    found: Found, console: Console, sources: str, *, as_json: bool, details: bool
) -> None:
    """Print the answers."""
    if as_json:
        put(json.dumps({"runs": sources, **advice.document(found)}, indent=1))
    else:
        advice.render(found, console, details=details)
    if not found.answers:
        say(f"{sources} holds no time of an epoch to advise on.", error=True)


def _axes(
    given_schedules: list[str] | None, given_samplings: list[str] | None
) -> tuple[Axis, ...]:
    """Return every schedule with every sampling, the ones to advise on first."""
    for text in given_schedules or ():
        read("schedule", text)
    for text in given_samplings or ():
        read("sampling", text)
    if not (given_schedules or given_samplings):
        return ()
    pairs = [
        Axis(one, other)
        for one in given_schedules or ["constant"]
        for other in given_samplings or USUAL[:1]
    ]
    return tuple(dict.fromkeys(pairs))


def _newest(documents: list[dict[str, Any]]) -> pd.DataFrame:
    """Take the newest time of every case, and say of how many there are older ones."""
    table = reading.rows_of(documents)
    older = sum(len(one["benchmarks"]) for one in documents) - len(table)
    if older:
        left_out = numbers.number(older, "time is", "times are")
        say(f"{left_out} left out: of a case measured again the newest counts.", error=True)
    return table


def _narrowed(table: pd.DataFrame, request: Request) -> pd.DataFrame:
    """Keep the cases that the options name."""
    for column in ("workload", "kernel", "device"):
        name = f"{column}s"
        text = getattr(request, name)
        if text is None or column not in table:
            continue
        there = [str(value) for value in table[column].dropna().unique()]
        chosen: Any = values.names(flag(name), text, there, column)
        table = table[table[column].isin(chosen)]
    return table


def _draw(found: Found, path: Path, sources: str) -> None:
    """Draw the answers; those of a further workload or device into a file of their own."""
    from bench.report.charts import static  # noqa: PLC0415 - it imports matplotlib

    groups: dict[tuple[str, str], list[Any]] = {}
    for one in found.answers:
        groups.setdefault((one.subject.workload, one.subject.device), []).append(one)
    for number, ((workload, device), answers) in enumerate(groups.items()):
        own = path.with_name(f"{path.stem}-{workload}-{plain(device)}{path.suffix}")
        title = f"{workload}, {device} ({sources})"
        place = own if number else path
        try:
            write_figure(partial(static.figure, target_chart(answers), title), place)
        except NothingToDrawError as reason:
            say(f"{place.name} is not drawn: {reason}", error=True)
