"""How long something lasts, as one writes it on a command line: ``90d``."""

from __future__ import annotations

import re
from datetime import timedelta

from bench.selection.parsing import SelectionError

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
