"""``python -m bench ab``: compares two things that can be run now."""

from __future__ import annotations

import platform
from dataclasses import replace
from typing import Annotated

import typer
from rich.console import Console

from bench.commands.exits import Exit, refusals
from bench.commands.options import Output, Results
from bench.commands.request_options import takes_request
from bench.commands.verdict_options import EveryCase, Margin, VerdictForm, margins, show
from bench.compare.rule import RULE
from bench.machine.conditions import CONTROLLED
from bench.machine.fingerprint import fingerprint_id
from bench.plan import values
from bench.plan.request import Request, conditions_of, order_seed_of, protocol_of
from bench.plan.values import SelectionError
from bench.report.verdicts.writing import Form
from bench.run.ab import FOLDER, AbAsked, compare
from bench.run.pairs import Limits
from bench.run.sides import KEYS, side_of
from bench.store.rates import Machine

FEWEST_PAIRS, MANY_PAIRS = 6, 10_000
#: So many are all listed.
FEW_CASES = 20
SIDES_HELP = f"KEY=VALUE, more than once: {', '.join(KEYS)}. Without any: as it is here."


@takes_request(
    *("cases", "preset", "workloads", "kernels", "devices", "loaders", "batch_sizes"),
    *("update_sizes", "kernel_folder", "seconds_per_case", "order_seed", "conditions"),
    preset="pairs",
    cases=("bench_epoch",),
    seconds_per_case=0.2,
    conditions=CONTROLLED,
)
def ab(
    request: Request,
    a: Annotated[
        list[str] | None, typer.Option("--a", help=SIDES_HELP, show_default=False)
    ] = None,
    b: Annotated[
        list[str] | None, typer.Option("--b", help="As --a.", show_default=False)
    ] = None,
    margin: Margin = None,
    pairs: Annotated[
        str, typer.Option(help="At most so many pairs of processes for a case …")
    ] = str(RULE.most_pairs),
    max_seconds: Annotated[str, typer.Option(help="… and so many seconds.")] = "90",
    form: VerdictForm = Form.TERMINAL,
    output: Output = None,
    every: EveryCase = False,
    results: Results = FOLDER,
) -> None:
    """Compare two things that can be run now, in pairs of fresh processes that take turns.

    Two git revisions (--a rev=main), interpreters (--a python=venv/bin/python), settings
    (--a threads=1 --b threads=2), devices or kernels. B is called slower or faster than A
    where the difference is beyond the margin, by a test that allows for every look.

    Exits with 0 when no case is slower, 1 when one is, 2 for a wrong option, 3 when some
    cases are unclear, untrusted or only on side A, or the runs could not be saved, 4 when
    nothing could be compared, 130 after Ctrl-C: what was measured is saved.
    """
    with refusals():
        protocol = replace(protocol_of(request), alone=False, phases=False, target=0.0)
        sides = (side_of("--a", a or ()), side_of("--b", b or ()))
        seed = order_seed_of(request)
        asked = AbAsked(
            request=request,
            sides=sides,
            margins=margins(margin, usual=RULE.margin),
            protocol=protocol,
            limits=_limits(pairs, max_seconds, protocol.seconds_per_case),
            seed=seed,
            conditions=conditions_of(request, seed, [one.setting for one in sides]),
        )
        found = compare(asked, results, Console(stderr=True))
        machine = Machine(fingerprint_id(found.fingerprint), platform.node())
        few = len(found.judgement.cases) <= FEW_CASES
        show(found.judgement, machine, form, output, every=every or few)
    raise typer.Exit(found.judgement.outcome if found.complete else Exit.INTERRUPTED)


def _limits(pairs: str, max_seconds: str, timed: float) -> Limits:
    n_pairs = values.whole_number("--pairs", pairs, MANY_PAIRS)
    if n_pairs < FEWEST_PAIRS:
        raise SelectionError(
            f"--pairs: {pairs} are too few to tell anything; give at least {FEWEST_PAIRS}."
        )
    seconds = values.positive("--max-seconds", max_seconds)
    if 2 * timed > seconds:
        raise SelectionError(
            f"--seconds-per-case: two processes of {timed:g} s take longer than the "
            f"{seconds:g} s that a case may; give less, or more --max-seconds."
        )
    return Limits(n_pairs, seconds)
