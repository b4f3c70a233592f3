"""``python -m bench prune``: lets old runs go."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated

import typer

from bench.commands.exits import UNDONE, Exit, refusals, tell
from bench.plan import values
from bench.plan.values import SelectionError, age
from bench.report import numbers
from bench.store.files import RUNS, StoreError
from bench.store.prune import DAMAGED, Plan, Rule, figures_of, plan, size_of
from bench.store.prune import prune as remove

MANY = 1_000_000


def prune(
    folder: Annotated[Path, typer.Argument(help="Of runs.")] = RUNS,
    keep_last: Annotated[
        str | None,
        typer.Option(help="Keep so many of the newest of each machine.", show_default=False),
    ] = None,
    older_than: Annotated[
        str | None,
        typer.Option(help="Let go what is older, like 90d.", show_default=False),
    ] = None,
    keep_every: Annotated[
        str | None,
        typer.Option(
            help="Of what would go, keep one for each such time, like 7d.", show_default=False
        ),
    ] = None,
    keep: Annotated[
        list[Path] | None, typer.Option(help="Keep this run.", show_default=False)
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; else it is only shown.")] = False,
) -> None:
    """Remove old runs with their figures; show first what would go.

    Runs that are pinned (pinned.txt in the folder names them), and reference runs, stay, and
    so does what is no run. Damaged files are moved to the folder "damaged", never removed.

    Exits with 0 when it is done, or shown; with 1 when something can't be removed; with 2 when
    an option or the folder is wrong; with 130 after Ctrl-C.
    """
    with refusals(interrupted=UNDONE):
        rule = _rule(keep_last, older_than, keep_every)
        names = [path.name for path in keep or ()]
        planned = plan(folder, rule, datetime.now(timezone.utc), names)
    n_bytes = sum(size_of(one.path) for one in planned.going)
    if yes:
        with refusals({StoreError: Exit.FAILED}, UNDONE):
            remove(planned)
    _show(planned, n_bytes, done=yes)


def _rule(last: str | None, older: str | None, every: str | None) -> Rule:
    """Read what stays: by number or by age."""
    if (last is None) == (older is None):
        raise SelectionError("say what stays: give either --keep-last or --older-than.")
    return Rule(
        None if last is None else values.whole_number("--keep-last", last, MANY),
        None if older is None else age("--older-than", older),
        None if every is None else age("--keep-every", every),
    )


def _show(planned: Plan, n_bytes: int, *, done: bool) -> None:
    """Say what goes, or went."""
    goes, aside = ("removed", "moved") if done else ("would go", "would be moved")
    for run in planned.going:
        taken = f"{run.taken:%Y-%m-%d %H:%M}" if run.taken else ""
        with_figures = ", with figures" if figures_of(run.path).is_dir() else ""
        tell(f"{goes}: {run.path} ({taken}{'' if done else with_figures})")
    for one in planned.damaged:
        tell(f"{aside} to {planned.folder / DAMAGED}: {one.path}: {one.reason}")
    for why, names in (
        ("pinned or of the reference", planned.protected),
        ("tells no time", planned.undated),
    ):
        for name in names:
            tell(f"stays, {why}: {name}")
    size = numbers.engineering(n_bytes, "B")
    runs = numbers.number(len(planned.going), "run")
    tell(f"{runs} {goes} ({size}), {planned.n_staying} stay.")
    if not done and (planned.going or planned.damaged):
        tell("Nothing was changed: --yes does it.")
