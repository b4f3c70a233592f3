"""Answers of a probe that all optional libraries share."""

from __future__ import annotations

import importlib
import importlib.util

from kernels.contract import AVAILABLE, Availability, Status


def missing(title: str, extra: str) -> Availability:
    """Say that a library is not installed, and which extra brings it.

    Parameters
    ----------
    title : str
        The library's name as it is written.
    extra : str
        The extra of this project.

    Returns
    -------
    Availability
    """
    return Availability(
        Status.MISSING, f"{title} is not installed.", f"pip install -e '.[{extra}]' brings it."
    )


def importable(module: str, title: str, extra: str) -> Availability:
    """Import a library and say how it went.

    Parameters
    ----------
    module : str
        Its import name.
    title, extra : str
        As for `missing`.

    Returns
    -------
    Availability
        Missing where it is not there at all, broken with the exception where its import
        fails.
    """
    if importlib.util.find_spec(module) is None:
        return missing(title, extra)
    try:
        importlib.import_module(module)
    except Exception as error:  # noqa: BLE001 - whatever a broken installation raises
        kind = type(error).__name__
        return Availability(
            Status.BROKEN,
            f"importing {title} gave {kind}: {error}".replace("\n", " "),
            f"Install it anew: pip install --force-reinstall -e '.[{extra}]'.",
        )
    return AVAILABLE
