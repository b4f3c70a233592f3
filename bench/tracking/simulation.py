"""How often the rule of ``track`` is wrong, and what it finds, on the spread of recorded runs.

``python -m bench.tracking.simulation RUNS… [--histories 100] [--seeds 0,1,2]`` draws histories
of 60 runs from recorded ones, whole runs together in blocks of successive ones, adds a step to
some, and feeds them to the rule run by run. Histories with a step hold no disturbed runs: of
such a run the rule says nothing, and the next one counts.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console
from rich.table import Table

from bench.analyze.tracking.rule import RULE
from bench.analyze.tracking.simulating import (
    NOTHING,
    OF_KERNEL,
    OF_MEMORY,
    STEP,
    WITHIN,
    simulate,
    told,
)
from bench.analyze.verdicts.rates import Share
from bench.store import StoreError
from bench.tracking.recorded import recorded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.analyze.tracking.rule import Rule
    from bench.analyze.tracking.spread import Floats
    from bench.analyze.tracking.watched import Watched


@dataclass(frozen=True)
class Tally:
    """What became of many histories of a kind.

    Attributes
    ----------
    kind : str
    seed : int
    found, false_alarms, blamed_wrongly : Share
        Histories.
    """

    kind: str
    seed: int
    found: Share
    false_alarms: Share
    blamed_wrongly: Share


def tallies(
    logs: Floats,
    watch: Watched,
    n_histories: int,
    seeds: Sequence[int],
    *,
    rule: Rule = RULE,
    again: bool = True,
) -> Iterator[Tally]:
    """Simulate histories with no step, one in memory, and one in a kernel.

    Parameters
    ----------
    logs : ndarray, shape (n_recorded, n_series)
    watch : Watched
    n_histories : int
        Of each kind and seed.
    seeds : sequence of int
    rule : Rule
    again : bool
        Whether what is flagged can be measured again.

    Yields
    ------
    Tally
    """
    quiet = logs[np.any(np.isfinite(logs), axis=1)]
    for seed in seeds:
        for number, kind in enumerate((NOTHING, OF_MEMORY, OF_KERNEL)):
            rng = np.random.default_rng([seed, number])
            drawn = logs if kind == NOTHING else quiet
            all_told = [
                told(simulate(drawn, watch, kind, rng, rule), watch, rule, kind, again=again)
                for _ in range(n_histories)
            ]
            yield Tally(
                kind,
                seed,
                Share(sum(one.found for one in all_told), n_histories),
                Share(sum(one.false_alarm for one in all_told), n_histories),
                Share(sum(one.blamed_wrongly for one in all_told), n_histories),
            )


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, simulate, print a table."""
    parser = argparse.ArgumentParser(prog="python -m bench.tracking.simulation")
    parser.add_argument(
        "folder", type=Path, help="of recorded runs, or a stored rating of such"
    )
    parser.add_argument("--histories", type=int, default=100)
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument(
        "--no-confirm", action="store_true", help="nothing can be measured again"
    )
    asked = parser.parse_args(arguments)
    console = Console()
    try:
        found = recorded(asked.folder)
    except StoreError as error:
        parser.error(str(error))
    seeds = [int(one) for one in asked.seeds.split(",")]
    console.print(
        f"{len(found.logs)} recorded runs, {found.n_undisturbed} of them undisturbed; "
        f"{found.logs.shape[1]} cases"
    )
    table = Table("step", "seed", f"found within {WITHIN} runs", "false alarm", "wrong cause")
    told = tallies(
        found.logs, found.watched, asked.histories, seeds, again=not asked.no_confirm
    )
    for one in told:
        step = one.kind if one.kind == NOTHING else f"{100 * STEP:g}% in {one.kind}"
        within = "" if one.kind == NOTHING else _share(one.found)
        table.add_row(
            step, str(one.seed), within, _share(one.false_alarms), _share(one.blamed_wrongly)
        )
    console.print(table)


def _share(share: Share) -> str:
    return f"{share.count} of {share.of}"


if __name__ == "__main__":
    main()
