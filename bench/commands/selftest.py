"""``python -m bench selftest``: how often verdicts are wrong."""

from __future__ import annotations

import secrets
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from bench.commands.exits import Exit, refusals
from bench.commands.options import Results, console_of
from bench.commands.output import say
from bench.commands.request_options import takes_request
from bench.machine.conditions import CONTROLLED
from bench.plan import values
from bench.plan.request import Request, conditions_of, protocol_of
from bench.selftest import tables
from bench.selftest.rule import RULE
from bench.selftest.sampling import SelftestAsked, read, sample, write
from bench.selftest.simulation import rate_history
from bench.selftest.stored_runs import rate_compare
from bench.store.files import StoreError
from bench.store.rates import FOLDER

MOST_HISTORIES = 100_000
#: Wide enough for the table where it is piped into a file.
WIDTH = 200


@takes_request(
    *("cases", "kernels", "batch_sizes", "devices", "seconds_per_case", "conditions"),
    preset="pairs",
    cases=("bench_epoch",),
    # One of each backend that a CPU has; those that are not installed are named as such.
    kernels="numpy.closed_form,nd.sgd_update,numba.epoch",
    batch_sizes="100,500,1500",
    loaders="inmemory",
    seconds_per_case=0.2,
    conditions=CONTROLLED,
)
def selftest(
    request: Request,
    stored: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Stored self-tests, to be judged again, together.", show_default=False
        ),
    ] = None,
    minutes: Annotated[str, typer.Option(help="How long to measure.")] = "20",
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
    compare: Annotated[
        Path | None,
        typer.Option(
            help="Measure nothing: rate compare by the runs of this folder, each against the "
            "next, or of what this has stored of such.",
            show_default=False,
        ),
    ] = None,
    histories: Annotated[
        str, typer.Option(help="With --history: so many of each kind.")
    ] = "100",
    results: Results = FOLDER,
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
    console = console_of(WIDTH)
    with refusals():
        if history is not None:
            n_histories = values.whole_number("--histories", histories, MOST_HISTORIES)
            rated = rate_history(history, n_histories, results)
            said = (
                f"Drawn from {rated.n_recorded} runs, {rated.n_undisturbed} of them "
                f"undisturbed. Stored: {rated.rates.path}"
            )
            tables.render_history(rated.shares, said, console)
            raise typer.Exit(Exit.OK)
        if compare is not None:
            compared = rate_compare(compare, results)
            tables.render([compared], {}, console)
            say(f"stored: {compared.path}")
            raise typer.Exit(Exit.OK)
        if stored:
            lost, rates = read(stored)
            tables.render(rates, lost, console)
            raise typer.Exit(Exit.OK)
        seed = secrets.randbelow(RULE.largest_seed)
        asked = SelftestAsked(
            request=request,
            protocol=replace(protocol_of(request), alone=False),
            seconds=60 * values.positive("--minutes", minutes),
            loaded=loaded,
            seed=seed,
            conditions=conditions_of(request, seed),
        )
        samples = sample(asked, lambda text: say(text, error=True))
    with refusals({StoreError: Exit.FAILED}):
        path, rates = write(results, asked, samples)
    tables.render(rates, samples.lost, console)
    say(f"samples: {path}")
    if not samples.complete:
        raise typer.Exit(Exit.INTERRUPTED)
    raise typer.Exit(Exit.OK if any(one.false_slower.of for one in rates) else Exit.UNCLEAR)
