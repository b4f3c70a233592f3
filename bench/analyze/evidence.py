"""Gathers, for every case under its roof, what says what bounds it, and judges."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from bench.analyze import tidy
from bench.analyze.bounds import Evidence, judge
from bench.analyze.ceilings import bandwidths
from bench.analyze.fixed_share import fixed_shares, per_series
from bench.analyze.roofline import column

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping

#: Loaders that make every batch in Python on the host, whatever the device.
HOST_LOADERS = ("dataloader",)
#: A step that takes less of an empty operator than this at any size is not dispatched alone.
LEAST_OPERATORS = 0.5


def bounded(table: pd.DataFrame, placed: pd.DataFrame) -> pd.DataFrame:
    """Add to every case the word for what bounds it.

    Parameters
    ----------
    table : DataFrame
        From ``bench.analyze.tidy.frame``: all of the run, its controls and loaders too.
    placed : DataFrame
        From ``bench.analyze.roofline.place``.

    Returns
    -------
    DataFrame
        With ``bound`` and ``reason`` (``bench.analyze.bounds.Judgement``), and what they
        rest on: the attributes of ``bench.analyze.bounds.Evidence``.
    """
    found = list(gathered(table, placed))
    judged = [judge(one) for one in found]
    added = pd.DataFrame([asdict(one) for one in found], index=placed.index)
    new = [name for name in added if name not in placed]
    together: pd.DataFrame = placed.assign(
        bound=[str(one.bound.value) for one in judged],
        reason=[one.reason for one in judged],
        **{name: added[name] for name in new},
    )
    return together


def gathered(table: pd.DataFrame, placed: pd.DataFrame) -> Iterator[Evidence]:
    """Yield the evidence on each case, in their order.

    Parameters
    ----------
    table, placed : DataFrame
        As of ``bounded``.

    Yields
    ------
    Evidence
    """
    numbers = _numbers(table, placed)
    for case, one in zip(placed.to_dict("records"), numbers.itertuples(), strict=True):
        yield _evidence(case, one)


def _numbers(table: pd.DataFrame, placed: pd.DataFrame) -> pd.DataFrame:
    """Collect the seconds that are set against one another, a row a case."""
    empties, triads = _empty_operators(table), bandwidths(table, ["backend", "device"])
    own = [(str(one), str(other)) for one, other in placed[["backend", "device"]].to_numpy()]
    numbers = pd.DataFrame(
        {
            "seconds": column(placed, "seconds"),
            "enqueued": column(placed, "enqueued_seconds"),
            "device": column(placed, "device_seconds"),
            "fixed_share": fixed_shares(placed),
            "loading": _loading_seconds(table, placed),
            "triad": [
                triads[key].of(size) if key in triads else math.nan
                for key, size in zip(own, placed["working_set_bytes"], strict=True)
            ],
            **{
                f"empty_{name}": [empties.get(key, {}).get(name, math.nan) for key in own]
                for name in ("seconds", "enqueued", "device")
            },
        },
        index=placed.index,
    )
    # On a GPU it is enqueuing that shows dispatch: what is enqueued may take the device long.
    on_gpu = placed["device"].map(_on_gpu).astype(bool)
    taken = numbers["seconds"].where(~on_gpu, numbers["enqueued"])
    empty = numbers["empty_seconds"].where(~on_gpu, numbers["empty_enqueued"])
    complete: pd.DataFrame = numbers.assign(
        operators=_at_least_operators(placed, taken / empty),
        stepwise=_at_least_operators(placed, taken / placed["n_steps"] / empty),
    )
    return complete


def _at_least_operators(placed: pd.DataFrame, operators: pd.Series) -> pd.Series:
    """Say where something never takes clearly less than an operator, at any size."""
    found: pd.Series = pd.Series(data=False, index=placed.index)
    for rows in per_series(placed):
        found.loc[rows.index] = bool(operators[rows.index].min() >= LEAST_OPERATORS)
    return found


def _evidence(case: Mapping[Hashable, Any], one: Any) -> Evidence:
    """Set the numbers of a case against one another."""
    return Evidence(
        roof=str(case["roof"]),
        roof_share=float(case["roof_share"]),
        on_gpu=_on_gpu(case["device"]),
        operators=bool(one.operators),
        stepwise=bool(one.stepwise),
        step_operators=one.seconds / case["n_steps"] / one.empty_seconds,
        call_operators=one.seconds / one.empty_seconds,
        library_share=one.triad / case["ceiling_bytes_per_second"],
        fixed_share=one.fixed_share,
        loading_share=one.loading / one.seconds,
        enqueued_share=one.enqueued / one.seconds,
        device_share=one.device / one.seconds,
        device_operators=one.device / case["n_steps"] / one.empty_device,
    )


def _on_gpu(device: object) -> bool:
    return str(device).startswith("gpu")


def _empty_operators(table: pd.DataFrame) -> dict[tuple[str, str], dict[str, float]]:
    """Return what the empty operator of each backend takes on each device."""
    controls = tidy.of_case(table, "machine")
    if controls.empty:
        return {}
    rows = controls[controls["control"] == "empty_operator"]
    numbers = zip(
        rows["backend"],
        rows["device"],
        column(rows, "seconds"),
        column(rows, "enqueued_seconds"),
        column(rows, "device_seconds"),
        strict=True,
    )
    return {
        (backend, device): {"seconds": seconds, "enqueued": enqueued, "device": on_device}
        for backend, device, seconds, enqueued, on_device in numbers
    }


def _loading_seconds(table: pd.DataFrame, placed: pd.DataFrame) -> pd.Series:
    """Return what a loader that works on the host takes alone for the same epoch."""
    loaders = tidy.of_case(table, "loader")
    keys = ["workload", "backend", "device", "loader", "batch_size"]
    if loaders.empty or placed.empty:
        unknown: pd.Series = pd.Series(np.nan, index=placed.index)
        return unknown
    alone = loaders.drop_duplicates(keys).set_index(keys)["seconds"]
    seconds = alone.reindex(pd.MultiIndex.from_frame(placed[keys])).to_numpy(dtype=float)
    on_the_host = (placed["case"] == "epoch") & placed["loader"].isin(HOST_LOADERS)
    found: pd.Series = pd.Series(seconds, index=placed.index).where(on_the_host)
    return found
