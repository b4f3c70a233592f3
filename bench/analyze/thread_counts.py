"""How many threads a run had, and whether runs differ in that alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: What ``--threads`` sets: all of them have to agree.
POOLS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "MXNET_CPU_WORKER_NTHREADS",
    "PJRT_NPROC",
)
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
                f"{found[threads]} and {name} both had {_threads(threads)}; give one run for "
                f"each number of threads."
            )
        found[threads] = name
    if 1 not in found:
        raise NotComparableError(
            f"no run had one thread ({', '.join(map(str, sorted(found)))} were given), and "
            f"speedup is against that; measure one with --threads 1."
        )
    _check_alike(runs)
    return {threads: runs[found[threads]] for threads in sorted(found)}


def _threads(number: int) -> str:
    return "1 thread" if number == 1 else f"{number} threads"


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
    found: Mapping[str, Any] = (run.get("machine_info") or {}).get("fingerprint") or {}
    return found


def _settings(run: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the variables that a run was measured under."""
    settings: Mapping[str, str] = fingerprint(run).get("threads", {}).get("settings", {})
    return settings
