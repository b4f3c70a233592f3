"""From the options that say how to train and measure, as they were given, to a protocol."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.measure.protocol import Protocol
from bench.selection import parsing
from kernels import schedules
from kernels.sampling import SAMPLINGS

if TYPE_CHECKING:
    from bench.selection.presets import Preset

LARGEST_PRECISION = 50.0


@dataclass(frozen=True)
class ProtocolGiven:
    """The options as text; None where one was not given."""

    learning_rate: str | None = None
    schedule: str = "constant"
    sampling: str = SAMPLINGS[0]
    seed: str = "0"
    epochs: str | None = None
    seconds_per_case: str | None = None
    precision: str = "1"
    notebook_repeats: str | None = None
    tolerance: str = "1"


def protocol_of(given: ProtocolGiven, preset: Preset) -> Protocol:
    """Check the options and return the protocol that they ask for.

    Parameters
    ----------
    given : ProtocolGiven
    preset : Preset
        Says what was not given.

    Returns
    -------
    Protocol

    Raises
    ------
    SelectionError
    """
    if not re.fullmatch(r"[0-9]{1,9}", given.seed):
        raise parsing.SelectionError(
            f"--seed: {given.seed!r} is not allowed; give a whole number from 0 to 999999999."
        )
    sampling = parsing.one_of("--sampling", given.sampling, SAMPLINGS, "sampling")
    try:
        schedules.parse(given.schedule, 1.0)
    except schedules.ScheduleError as error:
        raise parsing.SelectionError(f"--schedule: {error}") from error
    return Protocol(
        epochs=_whole("--epochs", given.epochs, preset.epochs),
        seconds_per_case=_positive(
            "--seconds-per-case", given.seconds_per_case, preset.seconds_per_case
        ),
        notebook_repeats=_whole(
            "--notebook-repeats", given.notebook_repeats, preset.notebook_repeats
        ),
        seed=int(given.seed),
        sampling=sampling,  # type: ignore[arg-type] # it is one of SAMPLINGS
        schedule=given.schedule,
        learning_rate=None
        if given.learning_rate is None
        else parsing.positive("--learning-rate", given.learning_rate),
        target=share("--precision", given.precision),
        tolerance=share("--target", given.tolerance),
    )


def _whole(option: str, text: str | None, default: int) -> int:
    return default if text is None else parsing.whole_number(option, text)


def _positive(option: str, text: str | None, default: float) -> float:
    return default if text is None else parsing.positive(option, text)


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
    percent = parsing.positive(option, text.strip().removesuffix("%"))
    if percent > LARGEST_PRECISION:
        raise parsing.SelectionError(
            f"{option}: {text!r} is not allowed; give percent, at most {LARGEST_PRECISION:g}."
        )
    return percent / 100


def required(text: str | None, known: set[str]) -> tuple[str, ...]:
    """Read ``--require``: a list of kernels and devices.

    Parameters
    ----------
    text : str or None
    known : set of str
        Kernels.

    Returns
    -------
    tuple of str

    Raises
    ------
    SelectionError
    """
    if text is None:
        return ()
    named = []
    for value in parsing.split("--require", text):
        try:
            named.append(value if value in known else parsing.devices("", value)[0])
        except parsing.SelectionError as error:
            raise parsing.SelectionError(
                f"--require: {value!r} is neither a device, like gpu(0), nor a kernel; there "
                f"are: {', '.join(sorted(known))}."
            ) from error
    return tuple(named)
