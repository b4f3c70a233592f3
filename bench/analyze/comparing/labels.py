"""What the sides of a comparison are called: as short as tells them apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from bench.analyze.comparing import facts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bench.analyze.comparing.comparison import Difference
    from bench.analyze.comparing.pairing import Place

#: More facts, or longer ones, make no name.
MOST_FACTS, MOST_CHARACTERS = 2, 40
#: Facts are called by the end of their name where that says enough.
KINDS = {"version": facts.SOFTWARE, "setting": facts.SETTING}


def labels(
    sides: Sequence[Place],
    runs: pd.DataFrame,
    told: Sequence[Mapping[str, str]],
    found: Sequence[Difference],
    axis: str,
) -> list[str]:
    """Name the sides.

    Parameters
    ----------
    sides : sequence of (str, str or None)
    runs : DataFrame
        A row for each side: its run.
    told : sequence of mapping
        The facts of each side's run.
    found : sequence of Difference
    axis : str
        What is compared.

    Returns
    -------
    list of str
        All different.
    """
    names = [run for run, _ in sides]
    if axis == "device":
        devices = [str(device) for _, device in sides]
        whole = [f"{device}, {run}" for run, device in sides]
        return devices if len(set(devices)) == len(devices) else whole
    candidates = _candidates(runs, told, found, axis)
    return next((one for one in candidates if _apart(one)), names)


def _candidates(
    runs: pd.DataFrame,
    told: Sequence[Mapping[str, str]],
    found: Sequence[Difference],
    axis: str,
) -> Iterator[list[str]]:
    """Yield what the sides might be called, the most telling first."""
    if axis == "machine":
        models = [one.get("cpu_model", "") for one in told]
        yield models
        gpus = [one.get("gpus.0.name", "no GPU") for one in told]
        yield [f"{model}, {gpu}" for model, gpu in zip(models, gpus, strict=True)]
        nodes = [one.get("node", "") for one in told]
        yield [f"{model} ({node})" for model, node in zip(models, nodes, strict=True)]
    if axis in KINDS:
        yield from _by_facts(found, KINDS[axis])
    if axis == "version":
        yield [one.get("commit", "") for one in told]
    if axis != "run":
        yield [_moment(taken) for taken in runs["taken"]]


def _by_facts(found: Sequence[Difference], kind: str) -> Iterator[list[str]]:
    """Yield names made of the few facts that differ, as in ``mxnet 1.9.1``."""
    differing = [one for one in found if one.kind == kind and one.n_touched]
    if 0 < len(differing) <= MOST_FACTS:
        ends = [one.fact.rpartition(".")[2] for one in differing]
        columns = zip(*(tuple(one.values) for one in differing), strict=True)
        yield [
            ", ".join(f"{end} {value}" for end, value in zip(ends, values, strict=True))
            for values in columns
        ]


def _moment(taken: pd.Timestamp) -> str:
    return "" if pd.isna(taken) else f"{taken:%Y-%m-%d %H:%M}"


def _apart(names: Sequence[str]) -> bool:
    """Say whether no two are called the same, and each is called something short."""
    short = all(0 < len(name) <= MOST_CHARACTERS for name in names)
    return short and len(set(names)) == len(names)
