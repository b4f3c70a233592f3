"""The facts of a run's fingerprint, flat, each with its kind and the cases that it touches."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.store.rule import RULE
from bench.store.schema import CONDITIONS

# How much of the caches that a processor tells a machine can have for itself.
#
# A virtual machine is told the last level of cache of the whole processor, of which other
# machines have most. One of two cores that is told 480 MiB reads arrays of 64 MiB no faster
# than those of 2 GiB: what it has ends long before.


def own_bytes(cache: Mapping[str, Any]) -> int | None:
    """Say how much of a cache the cores that share it here can have.

    Parameters
    ----------
    cache : mapping
        A kind of cache, as a fingerprint tells it: ``size_bytes``, and by how many CPUs of
        this machine one is ``shared_by``.

    Returns
    -------
    int or None
        Bytes of one such cache; None where its size is not told.
    """
    size, sharing = cache.get("size_bytes"), cache.get("shared_by")
    if not isinstance(size, int) or not size:
        return None
    if not isinstance(sharing, int) or not sharing:
        return size
    return min(size, RULE.max_cache_bytes_per_core * sharing)


# The facts of a run's fingerprint, flat, each with its kind and the cases that it touches.


HARDWARE, SOFTWARE, SETTING = "hardware", "software", "setting"
PRECISION, CODE, PROTOCOL, OTHER = "precision", "code", "protocol", "other"
#: What stands for a fact that a run does not have.
ABSENT = "–"
#: Facts that are none: the sentence that says why there is no GPU.
IGNORED = ("gpu_reason",)
#: Kinds of facts; the first pattern that matches the whole name holds.
KINDS: tuple[tuple[str, str], ...] = (
    (r"precision|backends\..*(_float32_matmul|_products)|gpus\.\d+\.tf32", PRECISION),
    (r"backends\..*(_threads|_xla_flags)", SETTING),
    (r"commit|dirty", CODE),
    (r"preset", PROTOCOL),
    (r"gpus\.\d+\.(driver|cuda_driver)", SOFTWARE),
    (
        r"gpus\.\d+\.(power_limit_watts|sm_clock_set_mhz|memory_clock_set_mhz|ecc|mig"
        r"|persistence|compute_mode)",
        SETTING,
    ),
    (
        r"gpus\.\d+\.(index|name|uuid|compute_capability|memory_bytes|pcie_.*_max"
        r"|power_limit_default_watts|sm_clock_max_mhz|memory_clock_max_mhz|multiprocessors"
        r"|clock_khz|memory_clock_khz|memory_bus_bits|l2_bytes)|gpus",
        HARDWARE,
    ),
    (
        r"cpu_model|microcode|cores_physical|cores_logical|virtualised|smt|caches"
        r"|numa_nodes\..*|memory_bytes|node",
        HARDWARE,
    ),
    (r"affinity|conditions|cores_usable|clock\..*|huge_pages|threads\..*", SETTING),
    (r"os|kernel|python|numpy|backends\..*|libraries\..*", SOFTWARE),
)
#: Settings of the environment that only one backend reads.
READERS = {
    "MXNET_": "mxnet",
    "NUMBA_": "numba",
    "XLA_": "jax",
    "PJRT_": "jax",
    "NPROC": "jax",
    "TORCH_": "torch",
}
#: Those that only work on a GPU depends on.
OF_GPUS = (
    *("CUDA_", "NVIDIA_", "MXNET_ENABLE_CUDA_GRAPHS", "MXNET_GPU_", "XLA_PYTHON_CLIENT_"),
    "TORCH_ALLOW_TF32_",
)
#: Of other facts a run that lacks them may come from a version that did not tell them.
ABSENCE_TELLS = ("backends.", CONDITIONS, "libraries.", "threads.", "gpus", "commit")


@dataclass(frozen=True)
class Scope:
    """Which cases may depend on a fact; None is any.

    Attributes
    ----------
    gpu : bool
        Only those on a GPU.
    nothing : bool
        No case at all.
    """

    backend: str | None = None
    gpu: bool = False
    nothing: bool = False


def kind_of(fact: str) -> str:
    """Return what kind of fact it is, by its name.

    Parameters
    ----------
    fact : str
        As `flatten` names it.

    Returns
    -------
    str
        ``other`` for one that `KINDS` does not know.
    """
    return next((kind for pattern, kind in KINDS if re.fullmatch(pattern, fact)), OTHER)


def scope_of(fact: str) -> Scope:
    """Return which cases may depend on a fact.

    The fingerprint tells the versions of all backends that are installed; those of one
    matter to its own cases. A preset says how long and how often is measured, not what.
    """
    first, _, rest = fact.partition(".")
    if first == "preset":
        return Scope(nothing=True)
    if first == "gpus":
        return Scope(gpu=True)
    if first == "backends":
        return Scope(backend=rest.partition(".")[0])
    if owned := re.match(r"(?:libraries|threads\.pools)\.([^:]+):", fact):
        return Scope(backend=owned[1])
    if fact.startswith("threads.settings."):
        name = fact.removeprefix("threads.settings.")
        reader = next((who for start, who in READERS.items() if name.startswith(start)), None)
        return Scope(backend=reader, gpu=name.startswith(OF_GPUS))
    return Scope()


def facts_of(run: pd.Series) -> dict[str, str]:
    """Return all that a run tells of what its times depend on.

    Parameters
    ----------
    run : Series
        A row of the table of runs.

    Returns
    -------
    dict of str to str
        By name. Of a run without a fingerprint what else it tells of its machine.
    """
    found = dict(_read(str(run.get("fingerprint")))) or _machine(run)
    own = {name: run.get(name) for name in ("node", "commit", "dirty", "preset")}
    if known(own["commit"]):
        own["commit"] = str(own["commit"])[:7]
    return {**found, **{name: text(value) for name, value in own.items() if known(value)}}


@lru_cache(maxsize=256)
def _read(fingerprint: str) -> tuple[tuple[str, str], ...]:
    """Return the facts of a fingerprint; a thousand runs have a few between them."""
    try:
        found = json.loads(fingerprint)
    except ValueError:
        return ()
    return tuple(flatten(found)) if isinstance(found, dict) else ()


def _machine(run: pd.Series) -> dict[str, str]:
    """Return what any pytest-benchmark file tells of its machine."""
    columns = {"cpu_model": "cpu_model", "gpus": "gpus", "os": "os"}
    columns |= {"kernel_release": "kernel", "python": "python", "numpy": "numpy"}
    told = {fact: run.get(column) for column, fact in columns.items()}
    return {fact: text(value) for fact, value in told.items() if known(value)}


def flatten(fingerprint: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Yield the facts of a fingerprint with dots in their names.

    Parameters
    ----------
    before : str
        Put before each name.

    Yields
    ------
    tuple of (str, str)
        A name and a value. Caches are one fact, lists of plain values too; lists of
        mappings are numbered.
    """
    for name, value in fingerprint.items():
        fact = f"{before}{name}"
        if fact in IGNORED:
            continue
        if fact == "caches" and isinstance(value, list):
            yield fact, ", ".join(_cache(one) for one in value)
        elif isinstance(value, dict):
            yield from flatten(value, f"{fact}.")
        elif isinstance(value, list) and any(isinstance(one, dict) for one in value):
            numbered = {str(number): one for number, one in enumerate(value)}
            yield from flatten(numbered, f"{fact}.")
        else:
            yield fact, text(value)


def _cache(one: Any) -> str:
    """Write a cache down: ``L2 Unified 1024 KiB by 1``."""
    if not isinstance(one, dict):
        return text(one)
    size = one.get("size_bytes")
    size_text = f"{size // 1024} KiB" if isinstance(size, int) else "?"
    return f"L{one.get('level')} {one.get('type')} {size_text} by {one.get('shared_by')}"


def known(value: Any) -> bool:
    """Say whether a cell of a table holds anything."""
    return bool(pd.notna(value))


def text(value: Any) -> str:
    """Write a fact down."""
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(text(one) for one in value) or "none"
    return ABSENT if value is None else str(value) or "none"


#: Facts of any case that its time depends on, whatever it is called.
OF_ANY = (
    *("n_samples", "n_features", "n_parameters", "n_tensors", "n_bytes"),
    *("precision", "momentum", "density", "sampling", "backend"),
)


#: … of a training to a target: they decide how many steps it takes.
OF_TARGETS = ("tolerance", "learning_rate", "schedule")


COLUMNS = ("name", "side", "fact", "baseline_value", "side_value")


# Whether two cases of one name did the same work, and what names a case.


def alike(
    rows: pd.DataFrame, precisions: Mapping[str, str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Leave out cases that did other work than the baseline's of the same name.

    A fact that one side does not tell is no difference. How many epochs were trained, with
    which rate and to what loss, changes no time of an epoch.

    Parameters
    ----------
    rows : DataFrame
        From ``bench.compare.comparison.paired``.
    precisions : mapping of str to str
        Of each run that tells it; a case may tell its own.

    Returns
    -------
    alike : DataFrame
        The rows that are left.
    other : DataFrame
        A row for each fact that differs: ``name``, ``side``, ``fact``, ``baseline_value``,
        ``side_value``.
    """
    if precisions:
        rows = rows.assign(precision=_precision(rows, precisions))
    base = baseline_positions(rows)
    targets = rows["case"].isin(["target"]).to_numpy() if "case" in rows else False
    found, unlike = [], np.zeros(len(rows), dtype=bool)
    for fact in (*OF_ANY, *OF_TARGETS):
        if fact not in rows:
            continue
        values = rows[fact].to_numpy(dtype=object)
        differs = differ(values, values[base])
        if fact in OF_TARGETS:
            differs &= targets
        unlike |= differs
        found.append(_listed(rows, fact, values, base, differs))
    left = rows[~unlike]
    still = left.groupby("key", sort=False)["side"].transform("size") > 1
    other = pd.concat(found) if found else pd.DataFrame(columns=list(COLUMNS))
    return left[still].reset_index(drop=True), other.reset_index(drop=True)


def _precision(rows: pd.DataFrame, precisions: Mapping[str, str]) -> pd.Series:
    """Return each case's precision: its own, or else that of its run."""
    of_run = rows["run"].map(dict(precisions)).astype(object)
    if "precision" not in rows:
        return of_run
    own = rows["precision"].astype(object)
    told: pd.Series = own.where(own.notna(), of_run)
    return told


def baseline_positions(rows: pd.DataFrame) -> NDArray[Any]:
    """Return, for each row, where the baseline's row of the same key stands.

    Parameters
    ----------
    rows : DataFrame
        With ``key`` and ``side``; every key is on the side 0.

    Returns
    -------
    ndarray of int, shape (n_rows,)
    """
    at = np.flatnonzero(rows["side"].to_numpy() == 0)
    of_key = pd.Index(rows["key"].to_numpy()[at])
    position: NDArray[Any] = at[of_key.get_indexer(pd.Index(rows["key"]))]
    return position


def differ(values: NDArray[Any], others: NDArray[Any]) -> NDArray[Any]:
    """Say where two columns are both known and not the same."""
    at = np.flatnonzero(~(pd.isna(values) | pd.isna(others)))
    unlike = np.zeros(len(values), dtype=bool)
    unlike[at] = values[at] != others[at]
    at = np.flatnonzero(unlike)
    numbers, other_numbers = (
        pd.to_numeric(pd.Series(side[at], dtype=object), errors="coerce").to_numpy(dtype=float)
        for side in (values, others)
    )
    unlike[at] = ~np.isclose(numbers, other_numbers, rtol=RULE.fact_tolerance, atol=0.0)
    return unlike


def _listed(
    rows: pd.DataFrame,
    fact: str,
    values: NDArray[Any],
    base: NDArray[Any],
    differs: NDArray[Any],
) -> pd.DataFrame:
    """Make a row of each case that differs in a fact."""
    at = np.flatnonzero(differs)
    columns = (rows["name"].to_numpy()[at], rows["side"].to_numpy()[at], fact)
    told = dict(zip(COLUMNS, (*columns, values[base[at]], values[at]), strict=True))
    listed: pd.DataFrame = pd.DataFrame(told, columns=list(COLUMNS))
    return listed


def case_keys(table: pd.DataFrame, *, by_device: bool = False) -> list[str]:
    """Return what each case is called in all runs.

    Parameters
    ----------
    table : DataFrame
        Of cases.
    by_device : bool
        Leave out on which device it ran.

    Returns
    -------
    list of str
        The name, which holds all that a case of this suite is; the full name of others.
    """
    columns = table.reindex(columns=["name", "fullname", "case", "device"])
    foreign = columns["case"].isna() & columns["fullname"].notna()
    named = columns["name"].where(~foreign, columns["fullname"])
    names: list[str] = named.astype(str).tolist()
    if not by_device:
        return names
    devices = columns["device"].astype(str).tolist()
    return [
        name.replace(device, ANY_DEVICE) for name, device in zip(names, devices, strict=True)
    ]


def _partial(table: pd.DataFrame) -> pd.DataFrame:
    """Make a row of each case that some side lacks."""
    columns = [name for name in CASE_COLUMNS if name in table]
    first = table.drop_duplicates("key").set_index("key")[columns]
    having = table.groupby("key", sort=False)["side"].agg(tuple)
    result: pd.DataFrame = first.assign(sides=having.reindex(first.index)).reset_index()
    return result


#: What stands for the device in the key of a case that is compared across devices.
ANY_DEVICE = "*"


#: Columns of a case that say which it is; those of them that a table has are kept.
CASE_COLUMNS = (
    *("name", "fullname", "group", "case", "workload", "kernel", "backend", "device"),
    *("loader", "batch_size", "n_parameters", "n_tensors", "n_bytes", "control", "engine"),
)
