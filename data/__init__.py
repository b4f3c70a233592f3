"""The data: NASA's airfoil self-noise measurements and synthetic regressions.

A workload is asked for by its name, which says all that its arrays depend on.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from data import airfoil, synthetic
from data.errors import DataError

if TYPE_CHECKING:
    from data.workload import Workload

__all__ = ["DataError", "load", "n_samples", "n_values", "names"]


def names() -> tuple[str, ...]:
    """Return the fixed names, then the pattern of the synthetic ones."""
    return (*airfoil.NAMES.values(), synthetic.PATTERN)


@lru_cache(maxsize=2)
def load(name: str) -> Workload:
    """Return the workload of this name; the last two are kept.

    Parameters
    ----------
    name : str
        One of `names`.

    Returns
    -------
    Workload
        Its arrays are read-only: all who ask for the name share them.

    Raises
    ------
    DataError
        If there is no such workload, or its data can't be had.
    """
    known = _spec(name)
    if isinstance(known, int):
        workload = airfoil.load(n_features=known)
    else:
        workload = synthetic.generate(known)
    workload.features.setflags(write=False)
    workload.labels.setflags(write=False)
    return workload


def n_samples(name: str) -> int:
    """Return how many samples a workload has, without making it.

    Parameters
    ----------
    name : str
        One of `names`.

    Returns
    -------
    int

    Raises
    ------
    DataError
        If there is no such workload.
    """
    known = _spec(name)
    return airfoil.N_SAMPLES if isinstance(known, int) else known.n_samples


def n_values(name: str) -> int:
    """Return how many numbers the features of a workload are, without making it.

    Parameters
    ----------
    name : str
        One of `names`.

    Returns
    -------
    int

    Raises
    ------
    DataError
        If there is no such workload.
    """
    known = _spec(name)
    if isinstance(known, int):
        return airfoil.N_SAMPLES * known
    return known.n_samples * known.n_features


def _spec(name: str) -> int | synthetic.SyntheticSpec:
    """Return what the name stands for: the number of airfoil features, or a spec."""
    for n_features, airfoil_name in airfoil.NAMES.items():
        if name == airfoil_name:
            return n_features
    if name.startswith("synthetic"):
        return synthetic.parse(name)
    raise DataError(f"there is no workload {name!r}: choose one of {', '.join(names())}")
