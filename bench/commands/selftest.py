"""``python -m bench selftest``: reads its options and hands over."""

from __future__ import annotations

import secrets
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bench.commands.exits import Exit
from bench.compare.rates import FOLDER
from bench.plan import values
from bench.plan.matrix import QUICK
from bench.plan.request import Given, ProtocolGiven, protocol_of
from bench.plan.tasks import chosen_modules
from bench.plan.values import SelectionError
from bench.selftest import tables
from bench.selftest.histories import rate_history
from bench.selftest.rule import RULE
from bench.selftest.samples_file import read, write
from bench.selftest.sampling import SelftestAsked, sample
from bench.store.files import StoreError
from data.errors import DataError
from kernels.registry import RegistryError

MOST_HISTORIES = 100_000
#: One of each backend that a CPU has; those that are not installed are named as such.
KERNELS = "numpy.closed_form,nd.sgd_update,numba.epoch"
#: Wide enough for the table where it is piped into a file.
WIDTH = 200


def selftest(
    stored: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Stored self-tests, to be judged again, together.", show_default=False
        ),
    ] = None,
    minutes: Annotated[str, typer.Option(help="How long to measure.")] = "20",
    cases: Annotated[str, typer.Option(help="epoch, step, update, machine, …")] = "epoch",
    kernels: Annotated[str, typer.Option(help="Names, or patterns: nd.*")] = KERNELS,
    batch_sizes: Annotated[str, typer.Option(help="Whole numbers.")] = "100,500,1500",
    devices: Annotated[str | None, typer.Option(help="cpu(0), gpu(0), …")] = None,
    timed: Annotated[
        str, typer.Option(help="Seconds of timed work of a case in each process.")
    ] = "0.2",
    loaded: Annotated[
        bool, typer.Option("--load", help="Have a second process load one core, on and off.")
    ] = False,
    history: Annotated[
        Path | None,
        typer.Option(
            help="Measure nothing: rate track by histories drawn from the runs of this folder, "
            "or of what this has stored of such.",
            show_default=False,
        ),
    ] = None,
    histories: Annotated[
        str, typer.Option(help="With --history: so many of each kind.")
    ] = "100",
    results: Annotated[Path, typer.Option(help="Where it is stored.")] = FOLDER,
) -> None:
    """Measure how often verdicts are wrong on this machine, now, and how much they find.

    Identical code is measured in pairs of fresh processes; a slowdown is injected by making
    the times of one side longer. The rules of this suite, and those of pytest-benchmark, asv
    and pyperf, judge the same samples. What is found is stored, and shown with every verdict
    of this machine from then on. With --history, runs of identical code that this machine
    has measured before are drawn from, whole, to see what track makes of 60 of them, with and
    without a step of 5%.

    Exits with 0 when it is done, 1 when it could not be stored, 2 for a wrong option or file,
    3 when there were too few samples for a single comparison, 130 after Ctrl-C: what was
    measured is judged and stored.
    """
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    try:
        if history is not None:
            n_histories = values.whole_number("--histories", histories, MOST_HISTORIES)
            rated = rate_history(history, n_histories, results)
            said = (
                f"Drawn from {rated.n_recorded} runs, {rated.n_undisturbed} of them "
                f"undisturbed. Stored: {rated.path}"
            )
            tables.render_history(rated.shares, said, console)
            raise typer.Exit(Exit.OK)
        if stored:
            lost, rates = read(stored)
            tables.render(rates, lost, console)
            raise typer.Exit(Exit.OK)
        asked = SelftestAsked(
            given=Given(
                preset="quick",
                kernels=kernels,
                batch_sizes=batch_sizes,
                devices=devices,
                loaders="inmemory",
            ),
            modules=chosen_modules(cases),
            protocol=replace(
                protocol_of(ProtocolGiven(seconds_per_case=timed), QUICK), alone=False
            ),
            seconds=60 * values.positive("--minutes", minutes),
            loaded=loaded,
            seed=secrets.randbelow(RULE.largest_seed),
        )
        samples = sample(asked, lambda text: typer.echo(text, err=True))
    except (SelectionError, RegistryError, DataError, StoreError) as error:
        typer.echo(f"ERROR: {error}", err=True)
        raise typer.Exit(Exit.USAGE) from error
    try:
        path, rates = write(results, asked, samples)
    except StoreError as error:
        typer.echo(f"ERROR: {error}", err=True)
        raise typer.Exit(Exit.FAILED) from error
    tables.render(rates, samples.lost, console)
    typer.echo(f"samples: {path}")
    if not samples.complete:
        raise typer.Exit(Exit.INTERRUPTED)
    raise typer.Exit(Exit.OK if any(one.false_slower.of for one in rates) else Exit.UNCLEAR)
