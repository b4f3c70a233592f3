"""Learning-rate schedules: the rate of every step of an epoch.

``t`` counts steps from 1 over the whole training, ``k`` counts epochs from 0.

=====================  ==========================  ======================================
schedule               learning rate               written as
=====================  ==========================  ======================================
constant               eta                         ``constant``
power                  eta t^alpha                 ``power:-0.5``
exponential            eta alpha^t                 ``exponential:0.999``
step                   eta / factor^(k // every)   ``step:10,2`` (divide by 10 every 2)
=====================  ==========================  ======================================
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

ALLOWED = "constant, power:ALPHA, exponential:ALPHA or step:FACTOR,EPOCHS"


class ScheduleError(Exception):
    """A schedule that can't be read; the message names what is allowed."""


class Schedule(Protocol):
    """Gives the learning rates of one epoch."""

    def rates(self, epoch: int, n_steps: int) -> NDArray[np.float64]:
        """Return the rates of the epoch's steps.

        Parameters
        ----------
        epoch : int
            Counted from 0.
        n_steps : int
            Steps in every epoch of this training.

        Returns
        -------
        ndarray, shape (n_steps,), float64
        """


def _steps(epoch: int, n_steps: int) -> NDArray[np.float64]:
    """Return the step numbers t = 1, 2, … of one epoch."""
    return np.arange(epoch * n_steps + 1, (epoch + 1) * n_steps + 1, dtype=np.float64)


@dataclass(frozen=True)
class Constant:
    """The same rate at every step."""

    eta: float

    def rates(self, epoch: int, n_steps: int) -> NDArray[np.float64]:  # noqa: ARG002
        """Return eta for every step."""
        return np.full(n_steps, self.eta)


@dataclass(frozen=True)
class Power:
    """eta t^alpha; alpha is negative for a rate that decays."""

    eta: float
    alpha: float

    def rates(self, epoch: int, n_steps: int) -> NDArray[np.float64]:
        """Return eta t^alpha for every step."""
        return self.eta * _steps(epoch, n_steps) ** self.alpha


@dataclass(frozen=True)
class Exponential:
    """eta alpha^t; alpha is a little below 1 for a rate that decays."""

    eta: float
    alpha: float

    def rates(self, epoch: int, n_steps: int) -> NDArray[np.float64]:
        """Return eta alpha^t for every step."""
        return np.asarray(self.eta * self.alpha ** _steps(epoch, n_steps))


@dataclass(frozen=True)
class Step:
    """Divide the rate by ``factor`` every ``every`` epochs."""

    eta: float
    factor: float
    every: int

    def rates(self, epoch: int, n_steps: int) -> NDArray[np.float64]:
        """Return eta / factor^(epoch // every) for every step."""
        return np.full(n_steps, self.eta / self.factor ** (epoch // self.every))


def parse(text: str, eta: float) -> Schedule:
    """Read a schedule as it is written on the command line.

    Parameters
    ----------
    text : str
        See the table in this module's docstring.
    eta : float
        The initial learning rate.

    Returns
    -------
    Schedule

    Raises
    ------
    ScheduleError
        When the text is none of the allowed forms.
    """
    kind, _, arguments = text.partition(":")
    try:
        numbers = [float(part) for part in arguments.split(",")] if arguments else []
    except ValueError:
        numbers = []
    match kind, numbers:
        case "constant", [] if not arguments:
            return Constant(eta)
        case "power", [alpha] if np.isfinite(alpha):
            return Power(eta, alpha)
        case "exponential", [alpha] if np.isfinite(alpha) and alpha > 0:
            return Exponential(eta, alpha)
        case "step", [factor, every] if (
            np.isfinite(factor) and factor > 0 and every in range(1, 10**6)
        ):
            return Step(eta, factor, int(every))
    raise ScheduleError(f"schedule {text!r} is not one of: {ALLOWED}.")
