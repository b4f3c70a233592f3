"""``python -m bench advise``: reads its options and hands over."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from bench.advise import reading
from bench.advise.reading import Axis, NothingComparableError
from bench.commands.exits import Exit
from bench.plan import values
from bench.plan.values import SelectionError, share
from bench.report import advice
from bench.report.advice import document
from bench.report.figures.efficiency import target_figure
from bench.report.figures.run import FigureError
from bench.report.figures.style import kind_of, plain, write_figure
from bench.run import for_advice
from bench.store.files import RUNS, StoreError, read_run
from data.errors import DataError
from kernels import schedules
from kernels.registry import RegistryError
from kernels.sampling import SAMPLINGS

if TYPE_CHECKING:
    import pandas as pd

    from bench.advise.findings import Found

#: Wider than most terminals: tables that are piped into a file stay whole.
PIPED_WIDTH = 110
#: Without an option the other way of sampling is shown beside the first.
USUAL = SAMPLINGS[:2]


def advise(
    run: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Run files to read; without one, the times are measured now.",
            show_default=False,
        ),
    ] = None,
    workload: Annotated[
        str | None,
        typer.Option("--workload", "--workloads", help="airfoil, synthetic-10000x32, …"),
    ] = None,
    kernel: Annotated[
        str | None, typer.Option("--kernel", "--kernels", help="Names, or patterns: nd.*")
    ] = None,
    device: Annotated[
        str | None, typer.Option("--device", "--devices", help="cpu(0), gpu(0), …")
    ] = None,
    target: Annotated[
        str, typer.Option(help="Percent above the optimum's loss that is near enough.")
    ] = "1",
    schedule: Annotated[
        list[str] | None, typer.Option(help="Of the learning rate; the first is advised on.")
    ] = None,
    sampling: Annotated[
        list[str] | None, typer.Option(help=" or ".join(USUAL) + "; the first is advised on.")
    ] = None,
    batch_sizes: Annotated[
        str | None, typer.Option(help="Whole numbers; where times are measured.")
    ] = None,
    processes: Annotated[
        str, typer.Option(help="Fresh processes that each measure everything.")
    ] = "3",
    details: Annotated[
        bool, typer.Option("--details", help="Print the models' numbers too.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    figure: Annotated[
        Path | None,
        typer.Option(help="Draw predicted and measured times here: PNG or SVG."),
    ] = None,
    results: Annotated[Path, typer.Option(help="Where a new run goes.")] = RUNS,
) -> None:
    """Say which batch size reaches a loss near the optimum soonest, and why.

    Exits with 0 when there is an answer for some kernel, 2 when an option or a run is wrong,
    3 when the data carry no answer (the reason is printed), 4 when runs are of different
    machines, 130 after Ctrl-C.
    """
    console = Console()
    if not console.is_terminal:
        console = Console(width=PIPED_WIDTH)
    notes = Console(stderr=True, width=console.width)

    def tell(text: str) -> None:
        notes.print(text, markup=False, highlight=False, soft_wrap=True)

    try:
        tolerance = share("--target", target)
        if figure is not None:
            kind_of(figure)
        axes = _axes(schedule, sampling)
        if run:
            documents = [read_run(path) for path in run]
            sources = ", ".join(path.name for path in run)
        else:
            live = for_advice.Live(
                workload=workload,
                kernels=kernel,
                devices=device,
                batch_sizes=batch_sizes,
                target=target,
                schedule=(axes or (Axis(),))[0].schedule,
                sampling=(axes or (Axis(),))[0].sampling,
                processes=values.whole_number("--processes", processes, 1000),
            )
            path, measured, complete = for_advice.measure(live, results, notes, tell)
            tell(f"run file: {path}")
            if not complete:
                tell("To finish it: python -m bench run --resume; then name its run file here.")
                raise typer.Exit(Exit.INTERRUPTED)
            documents, sources = [measured], path.name
        table = _narrowed(reading.rows_of(documents), workload, kernel, device)
        found = reading.find(table, tolerance, axes, tell)
        if figure is not None:
            _draw(found, figure, sources)
    except KeyboardInterrupt as error:  # while steps are counted: they are kept by batch size
        typer.echo("Interrupted; what was counted is kept.", err=True)
        raise typer.Exit(Exit.INTERRUPTED) from error
    except NothingComparableError as error:
        typer.echo(f"ERROR: {error}.", err=True)
        raise typer.Exit(Exit.NOTHING) from error
    except (SelectionError, RegistryError, DataError, StoreError, FigureError) as error:
        typer.echo(f"ERROR: {error}", err=True)
        raise typer.Exit(Exit.USAGE) from error
    _show(found, console, sources, as_json=as_json, details=details)


def _show(
    found: Found, console: Console, sources: str, *, as_json: bool, details: bool
) -> None:
    """Print the answers, and exit with what they come to."""
    if as_json:
        typer.echo(json.dumps({"runs": sources, **document(found)}, indent=1))
    else:
        advice.render(found, console, details=details)
    if not found.answers:
        typer.echo(f"{sources} holds no time of an epoch to advise on.", err=True)
    if not any(one.advice for one in found.answers):
        raise typer.Exit(Exit.UNCLEAR)


def _axes(
    given_schedules: list[str] | None, given_samplings: list[str] | None
) -> tuple[Axis, ...]:
    """Return every schedule with every sampling, the ones to advise on first."""
    for text in given_schedules or ():
        try:
            schedules.parse(text, 1.0)
        except schedules.ScheduleError as error:
            raise SelectionError(f"--schedule: {error}") from error
    for text in given_samplings or ():
        values.one_of("--sampling", text, SAMPLINGS, "sampling")
    if not (given_schedules or given_samplings):
        return ()
    pairs = [
        Axis(one, other)
        for one in given_schedules or ["constant"]
        for other in given_samplings or USUAL[:1]
    ]
    return tuple(dict.fromkeys(pairs))


def _narrowed(
    table: pd.DataFrame, workload: str | None, kernel: str | None, device: str | None
) -> pd.DataFrame:
    """Keep the cases that the options name."""
    for option, column, text in (
        ("--workload", "workload", workload),
        ("--kernel", "kernel", kernel),
        ("--device", "device", device),
    ):
        if text is None or column not in table:
            continue
        there = [str(value) for value in table[column].dropna().unique()]
        chosen: Any = values.names(option, text, there, column)
        table = table[table[column].isin(chosen)]
    return table


def _draw(found: Found, path: Path, sources: str) -> None:
    """Draw the answers; those of a further workload or device into a file of their own."""
    groups: dict[tuple[str, str], list[Any]] = {}
    for one in found.answers:
        groups.setdefault((one.subject.workload, one.subject.device), []).append(one)
    for number, ((workload, device), answers) in enumerate(groups.items()):
        own = path.with_name(f"{path.stem}-{workload}-{plain(device)}{path.suffix}")
        title = f"{workload}, {device} ({sources})"
        write_figure(partial(target_figure, answers, title), own if number else path)
