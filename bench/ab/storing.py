"""What was measured as run files: one of each side, of the same pairs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bench import run_file, store
from bench.processes.asked import RunAsked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.ab.pairs import Measured
    from bench.ab.prepared import Prepared
    from bench.measure.protocol import Protocol

#: Beside the folder of runs: a comparison's runs are no part of a machine's history.
FOLDER = Path("results") / "ab"


def store_sides(
    folder: Path,
    sides: Sequence[Prepared],
    measured: Sequence[Measured],
    protocol: Protocol,
    *,
    seed: int,
    complete: bool,
) -> list[Path]:
    """Write both sides.

    Parameters
    ----------
    folder : Path
    sides : sequence of two Prepared
    measured : sequence of Measured
    protocol : Protocol
    seed : int
    complete : bool

    Returns
    -------
    list of two Path

    Raises
    ------
    StoreError
        When nothing can be written.
    """
    paths: list[Path] = []
    for number, prepared in enumerate(sides):
        side = prepared.side
        asked = RunAsked(
            preset="ab",
            protocol=protocol,
            tasks=tuple(one.entry.both[number] for one in measured),
            replicates=max((one.contest.n_pairs for one in measured), default=0),
            order_seed=seed,
            setting=side.setting,
            fingerprint=prepared.fingerprint,
            command=tuple(sys.argv[1:]),
            commit=prepared.commit,
        )
        outcomes = [outcome for one in measured for outcome in one.outcomes[number]]
        document = run_file.document(asked, outcomes, complete=complete)
        document["bench"]["ab"] = {
            "side": "AB"[number],
            "label": side.label,
            "other": sides[1 - number].side.label,
            "other_run": str(paths[0].name) if paths else None,
        }
        if side.revision is not None:
            document["commit_info"] |= {"id": prepared.commit, "dirty": False}
        paths.append(store.write_run(folder, document, prepared.commit))
    return paths
