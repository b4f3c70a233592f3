"""The ways in which a step may cost, fitted to epochs: whatever its size, or on a line.

The third, a line that begins with a plateau, is ``bench.analyze.plateau``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bench.analyze import relative_fit
from bench.analyze.step_time import StepTime

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from bench.analyze.relative_fit import RelativeFit

    Array = NDArray[np.float64]


@dataclass(frozen=True)
class Epochs:
    """What is fitted.

    Attributes
    ----------
    batch_sizes : ndarray, shape (n,)
        Ascending, each once.
    seconds : ndarray, shape (n,)
        Of an epoch.
    n_samples : int
    noise : ndarray, shape (n,)
        Relative standard deviations, from ``relative_fit.as_noise``.
    """

    batch_sizes: Array
    seconds: Array
    n_samples: int
    noise: Array

    @property
    def n_steps(self) -> Array:
        """Steps of an epoch, the short one included; shape (n,)."""
        steps: Array = np.ceil(self.n_samples / self.batch_sizes)
        return steps

    @property
    def typical(self) -> tuple[float, float]:
        """Seconds of a step and of a sample, of the right size to start from."""
        per_step = float(np.min(self.seconds / self.n_steps))
        return per_step, float(np.min(self.seconds)) / self.n_samples

    def curve(self, step: StepTime) -> Array:
        """Return the seconds of an epoch at each batch size; shape (n,)."""
        return step.epoch_seconds(self.batch_sizes, self.n_samples)


@dataclass(frozen=True)
class Candidate:
    """One fitted way, with what it takes to draw from it.

    Attributes
    ----------
    fitted : RelativeFit
    step : StepTime
    draw : callable
        Maps a number of draws and a seed to a ``StepTime`` of so many draws.
    """

    fitted: RelativeFit
    step: StepTime
    draw: Callable[[int, int], StepTime]


def flat(epochs: Epochs) -> Candidate:
    """Fit ``t = t_host``: the batch size does not matter."""

    def step(parameters: Array) -> StepTime:
        return StepTime.of(
            parameters[..., 0], 0.0 * parameters[..., 0], 0.0 * parameters[..., 0]
        )

    return _candidate(epochs, step, [epochs.typical[0]])


def linear(epochs: Epochs) -> Candidate:
    """Fit ``t = a + b B``, neither below zero."""

    def step(parameters: Array) -> StepTime:
        return StepTime.of(parameters[..., 0], parameters[..., 1], 0.0 * parameters[..., 0])

    return _candidate(epochs, step, epochs.typical)


def _candidate(
    epochs: Epochs, step: Callable[[Array], StepTime], start: tuple[float, ...] | list[float]
) -> Candidate:
    """Fit what is linear in its parameters, none of which is below zero."""
    fitted = relative_fit.fit(
        lambda parameters: epochs.curve(step(parameters)),
        start,
        (np.zeros(len(start)), np.full(len(start), np.inf)),
        epochs.seconds,
        epochs.noise,
    )

    def draw(n_draws: int, seed: int) -> StepTime:
        return step(np.maximum(relative_fit.draw(fitted, n_draws, seed), 0.0))

    return Candidate(fitted, step(fitted.parameters), draw)
