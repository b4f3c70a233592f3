"""``python -m bench ab``: reads its options and hands over."""

from __future__ import annotations

import platform
import secrets
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bench.commands.exits import Exit
from bench.compare.rates import Machine, with_rates
from bench.compare.reading import margins
from bench.compare.rule import RULE
from bench.machine.fingerprint import fingerprint_id
from bench.plan import values
from bench.plan.matrix import QUICK
from bench.plan.request import Given, ProtocolGiven, protocol_of
from bench.plan.tasks import chosen_modules
from bench.plan.values import SelectionError
from bench.report.verdicts import Form, write
from bench.run.ab import FOLDER, AbAsked, compare
from bench.run.pairs import Limits
from bench.run.sides import KEYS, side_of
from bench.store.files import StoreError
from data.errors import DataError
from kernels.registry import RegistryError

LARGEST_SEED = 1_000_000
FEWEST_PAIRS, MANY_PAIRS = 6, 10_000
#: So many are all listed.
FEW_CASES = 20
SIDES_HELP = f"KEY=VALUE, more than once: {', '.join(KEYS)}. Without any: as it is here."


def ab(
    a: Annotated[
        list[str] | None, typer.Option("--a", help=SIDES_HELP, show_default=False)
    ] = None,
    b: Annotated[
        list[str] | None, typer.Option("--b", help="As --a.", show_default=False)
    ] = None,
    cases: Annotated[str, typer.Option(help="epoch, step, update, machine, …")] = "epoch",
    preset: Annotated[str, typer.Option(help="quick, default, full or memory.")] = "quick",
    workloads: Annotated[str | None, typer.Option(help="airfoil, …")] = None,
    kernels: Annotated[str | None, typer.Option(help="Names, or patterns: nd.*")] = None,
    devices: Annotated[str | None, typer.Option(help="cpu(0), gpu(0), …")] = None,
    loaders: Annotated[str | None, typer.Option(help="inmemory, dataloader.")] = None,
    batch_sizes: Annotated[str | None, typer.Option(help="Whole numbers.")] = None,
    update_sizes: Annotated[str | None, typer.Option(help="Parameter counts.")] = None,
    kernel_folder: Annotated[
        list[Path] | None, typer.Option(help="A folder with kernel files of your own.")
    ] = None,
    margin: Annotated[
        str | None, typer.Option(help="Percent that count as the same.", show_default=False)
    ] = None,
    pairs: Annotated[
        str, typer.Option(help="At most so many pairs of processes for a case …")
    ] = str(RULE.most_pairs),
    seconds_per_case: Annotated[str, typer.Option(help="… and so many seconds.")] = "90",
    timed: Annotated[
        str, typer.Option(help="Seconds of timed work of a case in each process.")
    ] = "0.2",
    order_seed: Annotated[
        str | None, typer.Option(help="Of the order of the cases; drawn by default.")
    ] = None,
    form: Annotated[Form, typer.Option("--format", help="How the verdicts are written.")] = (
        Form.TERMINAL
    ),
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File.", show_default=False)
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="List every case, however many.")
    ] = False,
    results: Annotated[Path, typer.Option(help="Where the runs go.")] = FOLDER,
) -> None:
    """Compare two things that can be run now, in pairs of fresh processes that take turns.

    Two git revisions (--a rev=main), interpreters (--a python=venv/bin/python), settings
    (--a threads=1 --b threads=2), devices or kernels. B is called slower or faster than A
    where the difference is beyond the margin, and fresh pairs confirm it.

    Exits with 0 when no case is slower, 1 when one is, 2 for a wrong option, 3 when some
    cases are unclear, untrusted or only on side A, or the runs could not be saved, 4 when
    nothing could be compared, 130 after Ctrl-C: what was measured is saved.
    """
    console = Console(stderr=True)
    try:
        asked = AbAsked(
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
            modules=chosen_modules(cases),
            sides=(side_of("--a", a or ()), side_of("--b", b or ())),
            margins=margins(margin),
            protocol=replace(
                protocol_of(ProtocolGiven(seconds_per_case=timed), QUICK),
                alone=False,
                phases=False,
                target=0.0,
            ),
            limits=Limits(
                _pairs(pairs), values.positive("--seconds-per-case", seconds_per_case)
            ),
            seed=_seed(order_seed),
        )
        found = compare(asked, results, console)
        machine = Machine(fingerprint_id(found.fingerprint), platform.node())
        judgement = with_rates(found.judgement, machine)
        few = len(judgement.cases) <= FEW_CASES
        write(judgement, form, output, every=every or few)
    except (SelectionError, RegistryError, DataError, StoreError) as error:
        typer.echo(f"ERROR: {error}", err=True)
        raise typer.Exit(Exit.USAGE) from error
    raise typer.Exit(judgement.outcome if found.complete else Exit.INTERRUPTED)


def _pairs(text: str) -> int:
    found = values.whole_number("--pairs", text, MANY_PAIRS)
    if found < FEWEST_PAIRS:
        raise SelectionError(
            f"--pairs: {text} are too few to tell anything; give at least {FEWEST_PAIRS}."
        )
    return found


def _seed(text: str | None) -> int:
    if text is None:
        return secrets.randbelow(LARGEST_SEED)
    return values.whole_number("--order-seed", text, LARGEST_SEED)
