"""Reads the values of options; what can't be read is refused with one sentence."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Collection
from datetime import timedelta
from fnmatch import fnmatchcase

from bench.plan.rule import RULE

#: What ``--threads`` sets, which is what each pool reads when its library is imported: OpenMP
#: (MXNet, PyTorch), the BLAS libraries, Numba, MXNet's own workers, and XLA's (JAX).
POOLS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "MXNET_CPU_WORKER_NTHREADS",
    "PJRT_NPROC",
)
_DEVICE = re.compile(r"(cpu|gpu)(?:\(([0-9]{1,4})\)|([0-9]{1,4}))?")


class SelectionError(Exception):
    """A value that is not allowed; the message says which, and what is."""


def nearest(given: str, allowed: Collection[str]) -> str:
    """Ask for the names that were probably meant; an empty text where none is near."""
    by_lower = {name.lower(): name for name in allowed}
    meant = [by_lower[one] for one in difflib.get_close_matches(given.lower(), by_lower)]
    return f"did you mean {' or '.join(meant)}?" if meant else ""


def instead(given: str, allowed: Collection[str]) -> str:
    """Say what was probably meant, or what is allowed.

    Returns
    -------
    str
        A clause, such as ``did you mean nd.fused?``
    """
    if len(allowed) <= RULE.most_listed:
        return nearest(given, allowed) or f"there are: {', '.join(allowed)}."
    return nearest(given, allowed) or f"minibatch-bench list shows all {len(allowed)}."


def split(option: str, text: str) -> list[str]:
    """Split a comma-separated list.

    Parameters
    ----------
    option : str
        The option's name, for the message.

    Raises
    ------
    SelectionError
        When nothing is in it.
    """
    values = [part.strip() for part in text.split(",") if part.strip()]
    if not values:
        raise SelectionError(f"{option}: the list is empty; give names separated by commas.")
    return values


def names(option: str, text: str, allowed: Collection[str], kind: str) -> tuple[str, ...]:
    """Read a list of names, each of which may be a pattern like ``nd.*``.

    Parameters
    ----------
    kind : str
        What the names name, for the message.

    Returns
    -------
    tuple of str
        In the order of ``allowed``.

    Raises
    ------
    SelectionError
        When a name or a pattern matches nothing.
    """
    chosen: set[str] = set()
    for value in split(option, text):
        matching = {name for name in allowed if fnmatchcase(name, value)}
        if not matching:
            raise SelectionError(f"{option}: {value!r} is no {kind}; {instead(value, allowed)}")
        chosen |= matching
    return tuple(name for name in allowed if name in chosen)


def one_of(option: str, text: str, allowed: Collection[str], kind: str) -> str:
    """Read one name.

    Parameters
    ----------
    kind : str
        What the names name, for the message.

    Raises
    ------
    SelectionError
        When the text is none of the names; no pattern and no list is understood.
    """
    if text not in allowed:
        raise SelectionError(f"{option}: {text!r} is no {kind}; {instead(text, allowed)}")
    return text


def devices(option: str, text: str) -> tuple[str, ...]:
    """Read a list of devices: ``cpu(0)``, ``gpu(1)``; ``cpu`` and ``gpu1`` are understood.

    Returns
    -------
    tuple of str
        In the form ``gpu(1)``, without repeats.

    Raises
    ------
    SelectionError
    """
    chosen: dict[str, None] = {}
    for value in split(option, text):
        match = _DEVICE.fullmatch(value)
        if match is None:
            meant = nearest(value, ("cpu(0)", "gpu(0)", "gpu(1)"))
            raise SelectionError(
                f"{option}: {value!r} is no device; "
                f"{meant or 'give cpu(0), gpu(0), gpu(1) and so on.'}"
            )
        kind, in_brackets, bare = match.groups()
        chosen[f"{kind}({int(in_brackets or bare or 0)})"] = None
    return tuple(chosen)


def whole_numbers(option: str, text: str, largest: int, why: str) -> tuple[int, ...]:
    """Read a list of whole numbers from 1 up.

    Parameters
    ----------
    why : str
        What sets the largest, for the message.

    Returns
    -------
    tuple of int
        Ascending, without repeats.

    Raises
    ------
    SelectionError
    """
    chosen = set()
    for value in split(option, text):
        number = int(value) if re.fullmatch(r"[+-]?[0-9]{1,18}", value) else 0
        if not 1 <= number <= largest:
            raise SelectionError(
                f"{option}: {value!r} is not allowed; give whole numbers from 1 to {largest} "
                f"({why})."
            )
        chosen.add(number)
    return tuple(sorted(chosen))


def whole_number(option: str, text: str, largest: int = RULE.max_whole_number) -> int:
    """Read one whole number from 1 up.

    Raises
    ------
    SelectionError
    """
    numbers = whole_numbers(option, text, largest, "the most that is sensible")
    if len(numbers) > 1:
        raise SelectionError(f"{option}: {text!r} is not allowed; give one number.")
    return numbers[0]


def positive(option: str, text: str) -> float:
    """Read a positive number.

    Raises
    ------
    SelectionError
    """
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number > 0):
        raise SelectionError(f"{option}: {text!r} is not allowed; give a number above 0.")
    return number


def share(option: str, text: str) -> float:
    """Read a number of percent.

    Parameters
    ----------
    option : str
        For the message.
    text : str
        With or without the sign.

    Returns
    -------
    float
        As a share of one.

    Raises
    ------
    SelectionError
    """
    percent = positive(option, text.strip().removesuffix("%"))
    if percent > RULE.max_percent:
        raise SelectionError(
            f"{option}: {text!r} is not allowed; give percent, at most {RULE.max_percent:g}."
        )
    return percent / 100


# How long something lasts, as one writes it on a command line: ``90d``.


UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AGE = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)([mhdw])")


def age(option: str, text: str) -> timedelta:
    """Read how long something lasts.

    Parameters
    ----------
    option : str
        For the message.
    text : str
        A number and one of `UNITS`.

    Returns
    -------
    timedelta
        Above zero.

    Raises
    ------
    SelectionError
    """
    found = _AGE.fullmatch(text.strip())
    if found is None or float(found[1]) == 0:
        raise SelectionError(
            f"{option}: {text!r} is not allowed; give a number above 0 and a unit, like 90d: "
            f"{', '.join(f'{unit} for {name}' for unit, name in UNITS.items())}."
        )
    return timedelta(**{UNITS[found[2]]: float(found[1])})
