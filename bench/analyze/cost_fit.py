"""What is known of the cost of a step, once a model is fitted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from bench.analyze.estimate import Estimate
    from bench.analyze.step_time import StepTime

    Array = NDArray[np.float64]


@dataclass(frozen=True)
class CostFit:
    """What a step of one kernel costs, on one device and workload.

    Attributes
    ----------
    model : {'flat', 'linear', 'plateau'}
        ``t = t_host``; ``t = a + b B``; ``t = max(t_host, a + b B)``.
    aicc : mapping of str to float
        Of every model; the smallest was chosen.
    step : StepTime
        The fitted time of a step.
    r_inf : Estimate or None
        Samples per second that large batches come to; None for ``flat``, whose data show
        no sign of it.
    n_half : Estimate or None
        Batch size that is worked off at half of ``r_inf``: ``a / b``, or
        ``t_host / (2 b)`` where that is larger. None for ``flat``.
    host_seconds : Estimate or None
        ``t_host``, the time of a step on the plateau; None for ``linear``.
    plateau_until : Estimate or None
        Batch size at which the plateau ends; None but for ``plateau``.
    batch_sizes : tuple of float
        That were fitted, ascending.
    residuals : tuple of float
        ``log(measured / fitted)`` of the epoch at each of them.
    rms_residual : float
        Their root mean square.
    noise : tuple of float or None
        Relative standard deviations that the times are known to have.
    times_noise : float or None
        How many times as large as that noise the residuals are.
    misses_noise : bool
        Whether the noise does not explain them (chi-square, 1%): the model is then off by
        about ``rms_residual``, and the intervals are as wide as that asks for.
    n_samples : int
        Of an epoch.
    draws : StepTime
        Of the parameters, that intervals come from.
    """

    model: str
    aicc: Mapping[str, float]
    step: StepTime
    r_inf: Estimate | None
    n_half: Estimate | None
    host_seconds: Estimate | None
    plateau_until: Estimate | None
    batch_sizes: tuple[float, ...]
    residuals: tuple[float, ...]
    rms_residual: float
    noise: tuple[float, ...] | None
    times_noise: float | None
    misses_noise: bool
    n_samples: int
    draws: StepTime = field(repr=False, compare=False)

    @property
    def a(self) -> float:
        """Seconds that a step costs whatever its batch size, on the line."""
        return float(self.step.a)

    @property
    def b(self) -> float:
        """Seconds that a sample adds; 0 for ``flat``."""
        return float(self.step.b)

    @property
    def t_host(self) -> float | None:
        """Seconds of a step on the plateau; None for ``linear``."""
        return None if self.host_seconds is None else self.host_seconds.value

    def step_seconds(self, batch_size: ArrayLike) -> Array:
        """Return the fitted seconds of a step of so many samples."""
        return self.step.seconds(batch_size)

    def epoch_seconds(self, batch_size: ArrayLike) -> Array:
        """Return the fitted seconds of an epoch, its short last step included."""
        return self.step.epoch_seconds(batch_size, self.n_samples)
