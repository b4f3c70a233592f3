"""What a second core changes, and from which size on a GPU is faster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from bench.advise.roofline import DECLARING, column
from bench.plan.values import POOLS
from bench.store import tidy

# How many threads a run had, and whether runs differ in that alone.


#: Facts of a fingerprint that follow from the number of threads, and one that is no fact.
FOLLOWING = ("threads", "affinity", "cores_usable", "gpu_reason")


class NotComparableError(Exception):
    """Runs that can't be set against one another; the message is one sentence."""


def n_threads(run: Mapping[str, Any]) -> int | None:
    """Return how many threads a run could compute with at the same time.

    Parameters
    ----------
    run : mapping
        The run file.

    Returns
    -------
    int or None
        The number that every pool was set to, or that of the CPUs that the run was pinned
        to, the smaller of the two. None where neither was asked for: then every library had
        chosen for itself, and they choose differently.
    """
    asked = run.get("bench", {}).get("setting") or {}
    settings = {**_settings(run), **asked.get("environment", {})}
    numbers = {str(settings.get(name)) for name in POOLS}
    limits = [len(asked["cpus"])] if asked.get("cpus") else []
    if len(numbers) == 1 and (number := numbers.pop()).isdecimal():
        limits.append(int(number))
    return min(limits, default=None)


def by_threads(runs: Mapping[str, Mapping[str, Any]]) -> dict[int, Mapping[str, Any]]:
    """Order runs by their number of threads.

    Parameters
    ----------
    runs : mapping of str to mapping
        Run files by name, at least two.

    Returns
    -------
    dict of int to mapping
        Run files by threads, ascending; the first has one.

    Raises
    ------
    NotComparableError
        Where a run does not tell its threads, two have the same number or none has one,
        or where the machines or the software differ in more.
    """
    found: dict[int, str] = {}
    for name, run in runs.items():
        threads = n_threads(run)
        if threads is None:
            raise NotComparableError(
                f"{name} does not tell how many threads it had; measure it with --threads."
            )
        if threads in found:
            raise NotComparableError(
                f"{found[threads]} and {name} both had {threads} thread"
                f"{'' if threads == 1 else 's'}; give one run for each number of threads."
            )
        found[threads] = name
    if 1 not in found:
        raise NotComparableError(
            f"no run had one thread ({', '.join(map(str, sorted(found)))} were given), and "
            f"speedup is against that; measure one with --threads 1."
        )
    _check_alike(runs)
    return {threads: runs[found[threads]] for threads in sorted(found)}


def _check_alike(runs: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise where runs differ in more than the number of threads."""
    (first, one), *others = runs.items()
    for name, other in others:
        differ = differences(one, other)
        if differ:
            raise NotComparableError(
                f"{first} and {name} differ in more than threads: {', '.join(differ)}; measure "
                f"both on one machine, with the same software."
            )


def differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> Sequence[str]:
    """List the facts in which two runs' machines and software differ, threads apart.

    Parameters
    ----------
    one, other : mapping
        Run files.

    Returns
    -------
    sequence of str
        Names of facts of the fingerprint, and of settings of the environment.
    """
    facts, others = _facts(one), _facts(other)
    return [
        name
        for name in sorted({*facts} | {*others})
        if name not in {*FOLLOWING, *POOLS} and facts.get(name) != others.get(name)
    ]


def _facts(run: Mapping[str, Any]) -> dict[str, Any]:
    """Return a fingerprint with the facts of each backend, and each setting, by its name."""
    described = dict(fingerprint(run))
    backends: Mapping[str, Mapping[str, str]] = described.pop("backends", {})
    of_backends = {
        name: value
        for backend, versions in backends.items()
        for name, value in (*versions.items(), (f"{backend} installed", "yes"))
        if not name.endswith("_threads")
    }
    return {**described, **of_backends, **_settings(run)}


def fingerprint(run: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the fingerprint of a run's machine; empty where the file has none."""
    return (run.get("machine_info") or {}).get("fingerprint") or {}


def _settings(run: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the variables that a run was measured under."""
    settings: Mapping[str, str] = fingerprint(run).get("threads", {}).get("settings", {})
    return settings


# What a second core changes: speedup, parallel efficiency, serial fraction.
#
# With t(p) the time on p threads,
#
#     S(p) = t(1) / t(p)                  speedup
#     E(p) = S(p) / p                     parallel efficiency
#     e(p) = (1/S - 1/p) / (1 - 1/p)      serial fraction
#
# The last is measured, not assumed (Karp & Flatt 1990, *Measuring parallel processor
# performance*, Commun. ACM 33:539): it is 0 where p threads are p times as fast, 1 where they
# change nothing, and above 1 where they harm. Where it grows with p, the price of the threads
# grows, and not only Amdahl's serial part (Amdahl 1967, AFIPS 30:483) is to blame.
#
# The runs are independent of one another, so the lowest S goes with the low end of t(1) and
# the high end of t(p). Where each interval holds with probability c, both together do with at
# least 2 c - 1 (Bonferroni), and so does that of S; those of E and e follow from it.


def serial_fraction(speedup: pd.Series | float, threads: int) -> pd.Series | float:
    """Return e(p) of S(p), for at least two threads."""
    return (1.0 / speedup - 1.0 / threads) / (1.0 - 1.0 / threads)


def timings(run: Mapping[str, Any]) -> pd.DataFrame:
    """Make a table of a run's cases on the processor, with the interval of each.

    Parameters
    ----------
    run : mapping
        The run file.

    Returns
    -------
    DataFrame
        The epochs, steps and updates of ``bench.store.tidy.frame`` with ``low`` and
        ``high``, NaN where there is no interval; ``interval_of``: ``processes`` for the
        interval between processes, ``rounds`` for that of one process's rounds, which is
        too tight (``bench.stats.medians``); ``confidence``, with which it holds.
    """
    with_intervals = tidy.interval_frame(run)
    cases = pd.concat([tidy.of_case(with_intervals, case) for case in DECLARING])
    on_cpu = [str(device).startswith("cpu") for device in cases["device"]]
    chosen: pd.DataFrame = cases.loc[np.array(on_cpu, dtype=bool)]
    return chosen


def efficiencies(runs: Mapping[int, Mapping[str, Any]]) -> pd.DataFrame:
    """Compare every case on more threads with the same case on one.

    Parameters
    ----------
    runs : mapping of int to mapping
        From ``bench.advise.devices.by_threads``.

    Returns
    -------
    DataFrame
        A row for each case and number of threads above 1: the case's own columns,
        ``threads``, ``speedup``, ``efficiency`` and ``serial_fraction``, each with
        ``…_low`` and ``…_high``, and the ``confidence`` of these.

    Raises
    ------
    NotComparableError
        When no case is in the run on one thread and in another.
    """
    tables = {threads: timings(run).set_index("name") for threads, run in runs.items()}
    one = tables.pop(1)
    together = pd.concat([_against(one, many, threads) for threads, many in tables.items()])
    if together.empty:
        raise NotComparableError(
            "no epoch, step or update on the CPU was measured with one thread and with more; "
            "measure the same cases with each --threads."
        )
    with_names: pd.DataFrame = together.reset_index()
    return with_names


def _against(one: pd.DataFrame, many: pd.DataFrame, threads: int) -> pd.DataFrame:
    """Compare the cases that two runs share."""
    shared = one.index.intersection(many.index)
    serial, parallel = one.loc[shared], many.loc[shared]
    speedups = {
        "": serial["seconds"] / parallel["seconds"],
        "_low": serial["low"] / parallel["high"],
        "_high": serial["high"] / parallel["low"],
    }
    opposite = {"": "", "_low": "_high", "_high": "_low"}
    bounded: pd.DataFrame = parallel.assign(
        threads=threads,
        seconds_one_thread=serial["seconds"],
        confidence=serial["confidence"] + parallel["confidence"] - 1.0,
        **{f"speedup{end}": value for end, value in speedups.items()},
        **{f"efficiency{end}": s / threads for end, s in speedups.items()},
        **{
            f"serial_fraction{end}": serial_fraction(speedups[opposite[end]], threads)
            for end in speedups
        },
    )
    return bounded


# From which size on a GPU is faster than the processor, in one run.


CPU = "cpu(0)"
#: Stands for the kernel where the fastest of one device meets the fastest of the other.
FASTEST = "the fastest of each"
#: What grows in each case.
SIZES = {"epoch": "batch_size", "step": "batch_size", "update": "n_parameters"}


@dataclass(frozen=True)
class Crossing:
    """A kernel on two devices.

    Attributes
    ----------
    case : {'epoch', 'step', 'update'}
    what : str
        Workload and loader, or the number of tensors.
    ratios : dict of int to float
        By size, ascending: seconds on the processor over seconds on the GPU; above 1 the
        GPU is faster.
    """

    case: str
    what: str
    kernel: str
    gpu: str
    ratios: dict[int, float]

    @property
    def faster_from(self) -> int | None:
        """The smallest measured size from which on the GPU is faster at all; None for none."""
        smallest = None
        for size in sorted(self.ratios, reverse=True):
            if self.ratios[size] <= 1.0:
                break
            smallest = size
        return smallest

    @property
    def slower_up_to(self) -> int | None:
        """The largest measured size at which the GPU is not faster; None for none."""
        return max((size for size, ratio in self.ratios.items() if ratio <= 1.0), default=None)


def crossings(table: pd.DataFrame) -> list[Crossing]:
    """Compare every GPU of a run with its processor.

    Parameters
    ----------
    table : DataFrame
        From ``bench.store.tidy.frame``.

    Returns
    -------
    list of Crossing
        For each kernel that was measured on both at some size, and for the fastest kernel
        of each device at every size; empty without a GPU or without ``cpu(0)``.
    """
    return [crossing for case in SIZES for crossing in _of_case(table, case)]


def _of_case(table: pd.DataFrame, case: str) -> Iterator[Crossing]:
    rows = tidy.of_case(table, case)
    tensors = column(rows, "n_tensors").fillna(1).astype(int)
    update = tensors.map(lambda n: "1 tensor" if n == 1 else f"{n} tensors")
    training = rows["workload"].astype(str) + ", " + rows["loader"].astype(str)
    rows = rows.assign(what=update if case == "update" else training)
    gpus = sorted({str(one) for one in rows["device"] if str(one).startswith("gpu")})
    for what, group in rows.groupby("what", sort=False):
        for gpu in gpus:
            for kernel, own in group.groupby("kernel", sort=False):
                yield from _crossing(own, case, str(what), str(kernel), gpu)
            yield from _crossing(group, case, str(what), FASTEST, gpu)


def _crossing(
    rows: pd.DataFrame, case: str, what: str, kernel: str, gpu: str
) -> Iterator[Crossing]:
    """Yield the comparison where there is any."""
    best = rows.groupby(["device", SIZES[case]])["seconds"].min()
    on_cpu, on_gpu = (
        best.xs(device, level="device") if device in best.index.get_level_values(0) else None
        for device in (CPU, gpu)
    )
    if on_cpu is None or on_gpu is None:
        return
    ratios = (on_cpu / on_gpu).dropna().sort_index()
    if len(ratios):
        sizes = [int(size) for size in ratios.index]
        values = ratios.to_numpy(dtype=float).tolist()
        yield Crossing(case, what, kernel, gpu, dict(zip(sizes, values, strict=True)))
