"""The line before a run: how many cases, and about how long."""

from __future__ import annotations

from bench.report.units import number

NO_CASE = (
    "These options leave no case to time: an option that names an axis, such as "
    "--batch-sizes, leaves out the cases without that axis."
)


def duration(seconds: float) -> str:
    """Write a duration as a person would say it.

    Parameters
    ----------
    seconds : float

    Returns
    -------
    str
        ``40 s``, ``3 min 20 s``, ``2 h 5 min``; to 5 s below an hour.
    """
    rounded = max(5, 5 * round(seconds / 5))
    if rounded < 60:
        return f"{rounded} s"
    minutes, rest = divmod(rounded, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def sentence(n_cases: int, n_runnable: int, seconds: float, preset: str) -> str:
    """Say what is about to run.

    Parameters
    ----------
    n_cases, n_runnable : int
        Those selected, and those of them that can run here.
    seconds : float
        The estimate.
    preset : str

    Returns
    -------
    str
    """
    skipped = n_cases - n_runnable
    rest = f" ({skipped} more can't run here and are skipped)" if skipped else ""
    to_time = number(n_runnable, "case")
    return f"{to_time} to time{rest}, preset {preset}: about {duration(seconds)}."
