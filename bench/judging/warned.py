"""What a reader of a comparison of two stored runs is warned of."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bench.analyze.comparing import cautions
from bench.analyze.comparing.against_baseline import with_ratios
from bench.analyze.comparing.comparison import Side
from bench.analyze.comparing.facts import known
from bench.analyze.comparing.ratios import PROCESSES
from bench.analyze.comparing.wording import cases, listed
from bench.analyze.verdicts.verdict import Verdict
from bench.judging.refusals import NAMED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bench.analyze.comparing.pairing import Paired
    from bench.analyze.verdicts.verdict import CaseVerdict
    from bench.judging.shared_cases import Shared
    from bench.judging.stored_run import StoredRun

ONE_AFTER_THE_OTHER = (
    "Two runs, one after the other, also differ by what the machine did in between: "
    "python -m bench ab measures both in turn, and tells smaller changes."
)
#: Fewer controls of a kind than this say nothing of the kind.
FEWEST_CONTROLS = 3
CHANGED = (Verdict.SLOWER, Verdict.FASTER)


def warned(
    runs: tuple[StoredRun, StoredRun],
    pairs: Paired,
    told: Sequence[Mapping[str, str]],
    shared: Sequence[Shared],
    verdicts: Sequence[CaseVerdict],
) -> tuple[str, ...]:
    """Say what a reader has to know before the verdicts.

    Parameters
    ----------
    runs : tuple of StoredRun
        Before and now.
    pairs : Paired
        Their cases.
    told : sequence of mapping, length 2
        The facts of each run.
    shared : sequence of Shared
    verdicts : sequence of CaseVerdict

    Returns
    -------
    tuple of str
        A sentence each; the last says what two runs can't tell.
    """
    return (
        *_same_file(runs),
        *_other_name(told),
        *_controls(shared, verdicts),
        *_cautions(runs, pairs),
        ONE_AFTER_THE_OTHER,
    )


def _same_file(runs: tuple[StoredRun, StoredRun]) -> Iterator[str]:
    if runs[0].path.resolve() == runs[1].path.resolve():
        yield "Both sides are the same file, so nothing can have changed: name another run."


def _other_name(told: Sequence[Mapping[str, str]]) -> Iterator[str]:
    names = [one.get(NAMED, "") for one in told]
    if all(names) and names[0] != names[1]:
        yield (
            f"The runs are from machines of different names ({names[0]} and {names[1]}): make "
            f"sure that it is one machine; two of the same model differ by some percent."
        )


def _controls(shared: Sequence[Shared], verdicts: Sequence[CaseVerdict]) -> Iterator[str]:
    """Say where the machine itself has changed, by what runs none of the code that is timed."""
    of_name = {one.name: one for one in verdicts}
    controls = [one for one in shared if one.control and of_name[one.name].ratio is not None]
    if not controls and any(one.own and of_name[one.name].ratio for one in shared):
        yield (
            "The runs share no control (bench_machine) that can be compared, so a slower "
            "machine can't be told from slower code: measure with the case machine too."
        )
    changed = [one.name for one in controls if of_name[one.name].verdict in CHANGED]
    if changed:
        yield (
            f"The machine has changed: {len(changed)} of {cases(len(controls))} that run none "
            f"of the code under test did ({listed(changed)}), and so may what leans on them."
        )
    by_kind: dict[str, list[float]] = defaultdict(list)
    for one in controls:
        ratio = of_name[one.name].ratio
        if ratio:
            by_kind[one.control].append(ratio)
    margin = min((one.margin for one in controls), default=0.0)
    for kind, ratios in by_kind.items():
        middle = float(np.median(ratios))
        if len(ratios) >= FEWEST_CONTROLS and abs(np.log(middle)) > np.log1p(margin):
            yield (
                f"The machine may have changed: of {len(ratios)} controls of {kind} the middle "
                f"one takes {middle:.3g} times as long."
            )


def _cautions(runs: tuple[StoredRun, StoredRun], pairs: Paired) -> tuple[str, ...]:
    """Say what is to be said of any stored runs; what differs is told case by case."""
    if pairs.rows.empty:
        return ()
    # So is what hangs on a single process: here no interval is taken from its rounds.
    rows = with_ratios(pairs.rows).assign(ratio_basis=PROCESSES)
    return cautions.warnings(
        cautions.Compared(
            axis="run",
            sides=[_side(one, count) for one, count in zip(runs, pairs.counts, strict=True)],
            differences=(),
            rows=rows,
            runs=pd.DataFrame([one.run for one in runs]),
            different_work=pairs.rows.iloc[:0],
            doubled=pairs.doubled,
        )
    )


def _side(one: StoredRun, n_cases: int) -> Side:
    run = one.run
    return Side(
        label=one.name,
        run=one.name,
        device=None,
        taken=run["taken"],
        commit=str(run["commit"]) if known(run["commit"]) else None,
        dirty=known(run["dirty"]) and bool(run["dirty"]),
        processes=int(run["processes"]) if known(run["processes"]) else 1,
        n_cases=n_cases,
    )
