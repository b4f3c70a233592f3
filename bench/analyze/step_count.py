"""How many steps a training takes by its batch size.

``S(B) = S_min + E_min x(B)`` (McCandlish et al. 2018, arXiv 1812.06162, eq. 2.7, as
``S_min (1 + B_noise / B)``; Shallue et al. 2019, JMLR 20:112, measure the same shape). What
``x`` stands for is the variance of a batch's mean gradient as a share of one sample's:
``1 / B`` for samples drawn with replacement, and without ``(n - B) / ((n - 1) B)``, the finite
population correction (Cochran 1977, *Sampling Techniques*, 3rd ed., section 2.6): a batch of
all samples has no noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

WITH_REPLACEMENT = "with-replacement"


def noise_share(batch_size: ArrayLike, n_samples: int, sampling: str) -> Array:
    """Return the variance of a batch's mean as a share of one sample's.

    Parameters
    ----------
    batch_size : array_like
    n_samples : int
    sampling : {'with-replacement', 'without-replacement', 'sequential'}

    Returns
    -------
    ndarray
    """
    B = np.asarray(batch_size, dtype=float)
    share: Array = 1.0 / B
    if sampling != WITH_REPLACEMENT:
        share = share * np.maximum(n_samples - B, 0.0) / (n_samples - 1)
    return share


def epoch_noise_share(batch_size: ArrayLike, n_samples: int, sampling: str) -> Array:
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
    n_samples : int
    sampling : str

    Returns
    -------
    ndarray
    """
    if sampling != WITH_REPLACEMENT:
        return noise_share(batch_size, n_samples, sampling)
    B = np.round(np.asarray(batch_size, dtype=float))
    n_full = np.floor(n_samples / B)
    rest = n_samples - n_full * B
    short = np.where(rest > 0, noise_share(np.maximum(rest, 1.0), n_samples, sampling), 0.0)
    whole = n_full * noise_share(B, n_samples, sampling)
    share: Array = (whole + short) / (n_full + (rest > 0))
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
    n_samples : int
    sampling : str
        As for ``noise_share``.
    """

    s_min: Array
    e_min: Array
    n_samples: int
    sampling: str

    def steps(self, batch_size: ArrayLike) -> Array:
        """Return the steps to the target.

        Parameters
        ----------
        batch_size : array_like
            Broadcast against the parameters.

        Returns
        -------
        ndarray
        """
        x = noise_share(batch_size, self.n_samples, self.sampling)
        steps: Array = self.s_min + self.e_min * x
        return steps

    def epoch_steps(self, batch_size: ArrayLike) -> Array:
        """Return the steps to the target in epochs that may end in a short batch.

        Parameters
        ----------
        batch_size : array_like
            Broadcast against the parameters.

        Returns
        -------
        ndarray
        """
        x = epoch_noise_share(batch_size, self.n_samples, self.sampling)
        steps: Array = self.s_min + self.e_min * x
        return steps

    @property
    def b_noise(self) -> Array:
        """The batch size at which noise and signal cost as many steps: the noise scale."""
        with np.errstate(divide="ignore", invalid="ignore"):
            scale: Array = np.where(self.s_min > 0, self.e_min / self.s_min, np.inf)
        return scale

    @property
    def terms(self) -> tuple[Array, Array]:
        """The same as ``constant + per_inverse / B``, for B up to ``n_samples``.

        The constant may be below zero without replacement.
        """
        if self.sampling == WITH_REPLACEMENT:
            return self.s_min, self.e_min
        others = self.n_samples - 1
        constant: Array = self.s_min - self.e_min / others
        per_inverse: Array = self.e_min * self.n_samples / others
        return constant, per_inverse
