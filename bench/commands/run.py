"""``python -m bench run``: reads its options and hands over."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bench.commands.exits import Exit
from bench.plan import values
from bench.plan.request import Given, ProtocolGiven, setting_of
from bench.plan.tasks import chosen_modules
from bench.plan.values import SelectionError
from bench.run import preparing, runner
from bench.store.files import RUNS, StoreError
from data.errors import DataError
from kernels.registry import RegistryError
from kernels.sampling import SAMPLINGS

#: Wider than most terminals: a run that is piped into a file keeps its tables whole.
PIPED_WIDTH = 110
LONGEST_LIMIT_SECONDS = 86_400
LARGEST_SEED = 1_000_000


def run(
    preset: Annotated[str, typer.Option(help="quick, default, full or memory.")] = "default",
    cases: Annotated[
        str | None, typer.Option(help="epoch, step, loader, update, engine, machine, notebook.")
    ] = None,
    workloads: Annotated[
        str | None, typer.Option(help="airfoil, synthetic-10000x32, …")
    ] = None,
    kernels: Annotated[str | None, typer.Option(help="Names, or patterns: nd.*")] = None,
    devices: Annotated[str | None, typer.Option(help="cpu(0), gpu(0), …")] = None,
    loaders: Annotated[str | None, typer.Option(help="inmemory, dataloader.")] = None,
    batch_sizes: Annotated[str | None, typer.Option(help="Whole numbers.")] = None,
    update_sizes: Annotated[str | None, typer.Option(help="Parameter counts.")] = None,
    require: Annotated[
        str | None, typer.Option(help="Kernels or devices that must not be skipped.")
    ] = None,
    processes: Annotated[
        str, typer.Option(help="Fresh processes that each measure every case.")
    ] = "5",
    order_seed: Annotated[
        str | None, typer.Option(help="Of the order of the cases; drawn by default.")
    ] = None,
    precision: Annotated[
        str, typer.Option(help="Percent: no more rounds once a median is known to this …")
    ] = "1",
    seconds_per_case: Annotated[
        str | None, typer.Option(help="… or so much is timed, in each process.")
    ] = None,
    case_timeout: Annotated[
        str | None, typer.Option(help="Seconds that a case may take; by its estimate else.")
    ] = None,
    threads: Annotated[
        str | None, typer.Option(help="Threads of every pool; by default as they are.")
    ] = None,
    pin: Annotated[
        str | None, typer.Option(help="CPUs that the processes may run on: 0 or 0,2-3.")
    ] = None,
    memory: Annotated[
        bool, typer.Option(help="Measure memory, each training in a process of its own.")
    ] = True,
    learning_rate: Annotated[str | None, typer.Option(help="Initial rate.")] = None,
    schedule: Annotated[str, typer.Option(help="Of the learning rate.")] = "constant",
    sampling: Annotated[str, typer.Option(help=" or ".join(SAMPLINGS))] = SAMPLINGS[0],
    seed: Annotated[str, typer.Option(help="Of the start and the sample orders.")] = "0",
    epochs: Annotated[str | None, typer.Option(help="Epochs of one training.")] = None,
    notebook_repeats: Annotated[
        str | None, typer.Option(help="Trainings of each bench_notebook case.")
    ] = None,
    kernel_folder: Annotated[
        list[Path] | None, typer.Option(help="A folder with kernel files of your own.")
    ] = None,
    results: Annotated[Path, typer.Option(help="Where the run goes.")] = RUNS,
    figures: Annotated[bool, typer.Option(help="Draw figures.")] = True,
    resume: Annotated[
        bool, typer.Option("--resume", help="Finish an unfinished run: the newest, or JOURNAL.")
    ] = False,
    journal: Annotated[
        Path | None, typer.Argument(help="With --resume: which run.", show_default=False)
    ] = None,
) -> None:
    """Measure in several fresh processes, and merge them into one run file.

    Exits with 0 when every case was measured or skipped for a reason, 1 when one failed,
    nothing could be measured or the run could not be saved, 2 for a wrong option, 130 after
    Ctrl-C: what was measured is saved, and --resume goes on.
    """
    console = Console()
    if not console.is_terminal:
        console = Console(width=PIPED_WIDTH)
    try:
        if resume:
            ending = runner.resume(journal, results, console, draw=figures)
        else:
            options = preparing.RunOptions(
                given=Given(
                    preset=preset,
                    workloads=workloads,
                    kernels=kernels,
                    devices=devices,
                    loaders=loaders,
                    batch_sizes=batch_sizes,
                    update_sizes=update_sizes,
                    kernel_folders=tuple(kernel_folder or ()),
                ),
                protocol=ProtocolGiven(
                    learning_rate=learning_rate,
                    schedule=schedule,
                    sampling=sampling,
                    seed=seed,
                    epochs=epochs,
                    seconds_per_case=seconds_per_case,
                    precision=precision,
                    notebook_repeats=notebook_repeats,
                ),
                cases=chosen_modules(cases),
                require=require,
                replicates=values.whole_number("--processes", processes, 1000),
                order_seed=_seed(order_seed),
                limit_seconds=_limit(case_timeout),
                memory=memory,
                setting=setting_of(threads, pin),
            )
            _refuse(journal)
            ending = runner.start(preparing.plan(options), results, console, draw=figures)
    except (SelectionError, RegistryError, DataError) as error:
        typer.echo(f"ERROR: {error}", err=True)
        raise typer.Exit(Exit.USAGE) from error
    except StoreError as error:
        typer.echo(f"ERROR: {error}", err=True)
        raise typer.Exit(Exit.FAILED) from error
    raise typer.Exit(ending)


def _seed(text: str | None) -> int:
    """Read ``--order-seed``, or draw one."""
    if text is None:
        return secrets.randbelow(LARGEST_SEED)
    return values.whole_number("--order-seed", text, LARGEST_SEED)


def _limit(text: str | None) -> int | None:
    if text is None:
        return None
    return values.whole_number("--case-timeout", text, LONGEST_LIMIT_SECONDS)


def _refuse(journal: Path | None) -> None:
    """Raise where a run is named that is not to be finished."""
    if journal is not None:
        raise SelectionError(
            f"{journal}: a run is named only to finish it; give --resume before it."
        )
