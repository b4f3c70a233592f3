"""How many steps a training takes by its batch size, and what each costs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bench.stats.medians import Floats

# What a step costs by its batch size, and an epoch, whose last step may be short.
#
# ``t(B) = a + b max(B, c)``: every sample adds ``b``, a step costs ``a`` besides (Hockney
# 1983, Parallel Computing 1:1, whose n_half is ``a / b`` and whose r_inf is ``1 / b``), and
# below ``c`` samples the host cannot launch the steps any faster.


@dataclass(frozen=True)
class StepTime:
    """The time of a step, for one set of parameters or for many draws of them.

    Attributes
    ----------
    a : ndarray, shape () or (n_draws,)
        Seconds that a step costs whatever its batch size, on the line; below zero where
        the line starts on a plateau and is steep.
    b : ndarray, shape () or (n_draws,)
        Seconds that a sample adds; 0 where the batch size does not matter.
    c : ndarray, shape () or (n_draws,)
        Batch size below which there is a plateau; 0 for none.
    """

    a: Floats
    b: Floats
    c: Floats

    @classmethod
    def of(cls, a: ArrayLike, b: ArrayLike, c: ArrayLike) -> StepTime:
        """Make one of whatever is like an array."""
        return cls(*(np.asarray(value, dtype=float) for value in (a, b, c)))

    def seconds(self, batch_size: ArrayLike) -> Floats:
        """Return the seconds of a step.

        Parameters
        ----------
        batch_size : array_like
            Samples in it; broadcast against the parameters.
        """
        seconds: Floats = self.a + self.b * np.maximum(batch_size, self.c)
        return seconds

    def epoch_seconds(self, batch_size: ArrayLike, n_samples: int) -> Floats:
        """Return the seconds of an epoch of whole batches and what is left over.

        Parameters
        ----------
        batch_size : array_like
            Broadcast against the parameters.
        """
        n_full, rest = np.divmod(n_samples, np.asarray(batch_size))
        short = np.where(rest > 0, self.seconds(rest), 0.0)
        seconds: Floats = n_full * self.seconds(batch_size) + short
        return seconds

    @property
    def plateau_seconds(self) -> Floats:
        """The time of the smallest steps: on the plateau, or where the line begins."""
        return self.seconds(0.0)

    @property
    def r_inf(self) -> Floats:
        """Samples per second that large batches come to."""
        with np.errstate(divide="ignore"):
            rate: Floats = 1.0 / self.b
        return rate

    @property
    def n_half(self) -> Floats:
        """The batch size that is worked off at half of ``r_inf``.

        ``B / t(B) = 1 / (2 b)``. On the line that is at ``a / b``; on a plateau of ``h``
        seconds at ``h / (2 b)``. The rate grows with B on both, so it is the larger one.
        """
        price = np.maximum(self.a, self.plateau_seconds / 2)
        with np.errstate(divide="ignore", invalid="ignore"):
            half: Floats = np.where(self.b > 0, price / self.b, np.inf)
        return half

    def slope_reaches(self, slope: float) -> Floats:
        """Return the batch size from which ``d log t / d log B`` is at least ``slope``.

        Parameters
        ----------
        slope : float
            Between 0 and 1. On the line it is ``b B / (a + b B)``.

        Returns
        -------
        ndarray
            The end of the plateau where the line begins steeper than that; infinite where
            the batch size does not matter.
        """
        ratio = slope / (1.0 - slope)
        with np.errstate(divide="ignore", invalid="ignore"):
            size = np.where(self.b > 0, ratio * np.maximum(self.a, 0.0) / self.b, np.inf)
        reached: Floats = np.maximum(size, self.c)
        return reached


# How many steps a training takes by its batch size.
#
# ``S(B) = S_min + E_min x(B)`` (McCandlish et al. 2018, arXiv 1812.06162, eq. 2.7, as ``S_min
# (1 + B_noise / B)``; Shallue et al. 2019, JMLR 20:112, measure the same shape). What ``x``
# stands for is the variance of a batch's mean gradient as a share of one sample's: ``1 / B``
# for samples drawn with replacement, and without ``(n - B) / ((n - 1) B)``, the finite
# population correction (Cochran 1977, *Sampling Techniques*, 3rd ed., section 2.6): a batch of
# all samples has no noise.


WITH_REPLACEMENT = "with-replacement"


def noise_share(batch_size: ArrayLike, n_samples: int, sampling: str) -> Floats:
    """Return the variance of a batch's mean as a share of one sample's.

    Parameters
    ----------
    sampling : {'with-replacement', 'without-replacement', 'sequential'}
    """
    B = np.asarray(batch_size, dtype=float)
    share: Floats = 1.0 / B
    if sampling != WITH_REPLACEMENT:
        share = share * np.maximum(n_samples - B, 0.0) / (n_samples - 1)
    return share


def epoch_noise_share(batch_size: ArrayLike, n_samples: int, sampling: str) -> Floats:
    """Return the same on average over the steps of an epoch, a short last batch included.

    The noise that a step adds goes with the share of its own batch, so over many steps at one
    learning rate their mean counts: batches of 1000 of 1500 samples in turn with such of 500
    are as noisy as batches of 667. That is so where samples are drawn with replacement.
    Without it, the batches of an epoch hold every sample once, so that the short one makes up
    for what the others lack: it adds no noise, and the share is that of a full batch.

    Parameters
    ----------
    batch_size : array_like
        Rounded to whole samples.
    """
    if sampling != WITH_REPLACEMENT:
        return noise_share(batch_size, n_samples, sampling)
    B = np.round(np.asarray(batch_size, dtype=float))
    n_full = np.floor(n_samples / B)
    rest = n_samples - n_full * B
    short = np.where(rest > 0, noise_share(np.maximum(rest, 1.0), n_samples, sampling), 0.0)
    whole = n_full * noise_share(B, n_samples, sampling)
    share: Floats = (whole + short) / (n_full + (rest > 0))
    return share


@dataclass(frozen=True)
class StepCount:
    """The steps to a target, for one set of parameters or for many draws of them.

    Attributes
    ----------
    s_min : ndarray, shape () or (n_draws,)
        Steps that are needed without any noise.
    e_min : ndarray, shape () or (n_draws,)
        Steps that the noise of a single sample adds.
    sampling : str
        As for ``noise_share``.
    """

    s_min: Floats
    e_min: Floats
    n_samples: int
    sampling: str

    def steps(self, batch_size: ArrayLike) -> Floats:
        """Return the steps to the target.

        Parameters
        ----------
        batch_size : array_like
            Broadcast against the parameters.
        """
        x = noise_share(batch_size, self.n_samples, self.sampling)
        steps: Floats = self.s_min + self.e_min * x
        return steps

    def epoch_steps(self, batch_size: ArrayLike) -> Floats:
        """Return the steps to the target in epochs that may end in a short batch.

        Parameters
        ----------
        batch_size : array_like
            Broadcast against the parameters.
        """
        x = epoch_noise_share(batch_size, self.n_samples, self.sampling)
        steps: Floats = self.s_min + self.e_min * x
        return steps

    @property
    def b_noise(self) -> Floats:
        """The batch size at which noise and signal cost as many steps: the noise scale."""
        with np.errstate(divide="ignore", invalid="ignore"):
            scale: Floats = np.where(self.s_min > 0, self.e_min / self.s_min, np.inf)
        return scale

    @property
    def terms(self) -> tuple[Floats, Floats]:
        """The same as ``constant + per_inverse / B``, for B up to ``n_samples``.

        The constant may be below zero without replacement.
        """
        if self.sampling == WITH_REPLACEMENT:
            return self.s_min, self.e_min
        others = self.n_samples - 1
        constant: Floats = self.s_min - self.e_min / others
        per_inverse: Floats = self.e_min * self.n_samples / others
        return constant, per_inverse
