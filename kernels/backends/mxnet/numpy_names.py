"""Names that MXNet 1.9.1 takes from NumPy while it is imported and NumPy no longer has.

NumPy 1.24 removed ``np.bool`` and its like, 2.0 the constants and functions below. MXNet
only copies them into its own modules, so they are lent for the time of the import and
taken back after it: no other library sees a NumPy that is not its own.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator


def _removed(*_args: object, **_kwargs: object) -> NoReturn:
    """Stand in for a function that neither NumPy nor this project has."""
    message = "this function was removed from NumPy; MXNet only re-exports it"
    raise NotImplementedError(message)


def _column_sort(a: Any) -> Any:
    """Do what ``np.msort`` did."""
    return np.sort(a, axis=0)


def _renamed(successor: Any) -> Any:
    """Stand in for a function that has a new name.

    A function of its own, not the successor itself: MXNet keys its dispatch table by
    these objects, and two names of one object would overwrite each other there.
    """

    @wraps(successor)
    def function(*args: Any, **kwargs: Any) -> Any:
        return successor(*args, **kwargs)

    return function


def _lent() -> dict[str, Any]:
    """Return what each name stood for."""
    trapezoid = getattr(np, "trapezoid", None) or vars(np)["trapz"]
    return {
        "bool": np.bool_,
        "NAN": np.nan,
        "NaN": np.nan,
        "NINF": -np.inf,
        "PINF": np.inf,
        "Inf": np.inf,
        "NZERO": -0.0,
        "PZERO": 0.0,
        "alltrue": _renamed(np.all),
        "in1d": _renamed(np.isin),
        "msort": _column_sort,
        "product": _renamed(np.prod),
        "round_": _renamed(np.round),
        "sometrue": _renamed(np.any),
        "trapz": _renamed(trapezoid),
        **dict.fromkeys(("mirr", "npv", "pmt", "ppmt", "pv", "rate"), _removed),
    }


@contextmanager
def lent_names() -> Iterator[None]:
    """Give NumPy the names that it lacks, for the time of the block."""
    lent = _lent()
    added = [name for name in lent if name not in vars(np)]
    for name in added:
        setattr(np, name, lent[name])
    try:
        yield
    finally:
        for name in added:
            delattr(np, name)
