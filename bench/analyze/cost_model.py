"""What a step costs over batch sizes, from the times of epochs.

Three ways in which the time of a step may depend on its batch size are fitted (``flat`` and
``linear`` of ``bench.analyze.cost_candidates``, ``bench.analyze.plateau``), and the one with
the smallest AICc is the model. Which one it is is not certain, so the draws that intervals
come from are taken from each in proportion to its Akaike weight (Burnham & Anderson 2002,
*Model Selection and Multimodel Inference*, 2nd ed., sections 2.9 and 4.3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bench.analyze import cost_candidates, misfit, plateau, relative_fit
from bench.analyze.cost_candidates import Epochs
from bench.analyze.cost_fit import CostFit
from bench.analyze.estimate import from_draws
from bench.analyze.refusal import RefusalError
from bench.analyze.step_time import StepTime

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from bench.analyze.cost_candidates import Candidate

    Array = NDArray[np.float64]

MODELS: Mapping[str, Callable[[Epochs], Candidate]] = {
    "flat": cost_candidates.flat,
    "linear": cost_candidates.linear,
    "plateau": plateau.plateau,
}
FEWEST_SIZES = 5
#: The largest batch size over the smallest.
LEAST_SPAN = 30
N_DRAWS = 4000
SEED = 1


def fit(
    batch_sizes: Sequence[float] | Array,
    seconds_per_epoch: Sequence[float] | Array,
    n_samples: int,
    noise: float | Sequence[float] | Array | None = None,
    n_draws: int = N_DRAWS,
) -> CostFit:
    """Fit what a step costs.

    Parameters
    ----------
    batch_sizes : sequence of float
        Each once, in any order.
    seconds_per_epoch : sequence of float
        One for each; an epoch is whole batches and, where they do not divide
        ``n_samples``, a short one.
    n_samples : int
        Of an epoch.
    noise : float or sequence of float, optional
        Relative standard deviation of the times, for all or for each.
    n_draws : int

    Returns
    -------
    CostFit

    Raises
    ------
    RefusalError
        For fewer than five batch sizes, or a span of less than a factor of 30, and where
        no model fits.
    ValueError
        For times that are not positive numbers and batch sizes that are there twice.
    """
    epochs = _ordered(batch_sizes, seconds_per_epoch, n_samples, noise)
    _refuse_too_little(epochs.batch_sizes)
    candidates = {name: fitted(epochs) for name, fitted in MODELS.items()}
    scores = {name: relative_fit.aicc(one.fitted) for name, one in candidates.items()}
    # Of two that are as good the simpler one: they are listed by their parameters.
    model = min(scores, key=lambda name: scores[name])
    _refuse_contradiction(epochs, candidates[model])
    draws = _averaged(candidates, scores, n_draws)
    return _result(epochs, candidates[model], model, scores, draws)


def _ordered(
    batch_sizes: Sequence[float] | Array,
    seconds: Sequence[float] | Array,
    n_samples: int,
    noise: float | Sequence[float] | Array | None,
) -> Epochs:
    """Check what is given and sort it by batch size."""
    B, y = np.asarray(batch_sizes, dtype=float), np.asarray(seconds, dtype=float)
    if B.ndim != 1 or B.shape != y.shape:
        raise ValueError(f"{B.shape} batch sizes and {y.shape} times: give one time for each")
    if not (np.isfinite(y).all() and (y > 0).all() and (B >= 1).all()):
        raise ValueError("times must be positive numbers, batch sizes at least 1")
    if len(np.unique(B)) < len(B):
        raise ValueError("a batch size is there twice: give one time for each")
    order = np.argsort(B)
    return Epochs(B[order], y[order], n_samples, relative_fit.as_noise(noise, len(B))[order])


def _refuse_too_little(batch_sizes: Array) -> None:
    """Refuse too few batch sizes, or such as lie too near one another."""
    sizes = ", ".join(f"{size:g}" for size in batch_sizes) or "none"
    enough = f"at least {FEWEST_SIZES} over a factor of {LEAST_SPAN} are needed"
    if len(batch_sizes) < FEWEST_SIZES:
        raise RefusalError(f"there are {len(batch_sizes)} batch sizes ({sizes}): {enough}")
    span = batch_sizes[-1] / batch_sizes[0]
    if span < LEAST_SPAN:
        raise RefusalError(
            f"the batch sizes ({sizes}) span a factor of {span:.3g} only: {enough}"
        )


def _refuse_contradiction(epochs: Epochs, chosen: Candidate) -> None:
    """Refuse times that no model fits."""
    misfit.refuse(chosen.fitted, "no model fits the times over batch sizes")
    if chosen.step.b == 0 and misfit.rises(epochs.batch_sizes, epochs.n_steps / epochs.seconds):
        raise RefusalError(
            "steps take less time the larger the batch, which no model allows: something "
            "else changed between the batch sizes; measure again"
        )


def _averaged(
    candidates: Mapping[str, Candidate], scores: Mapping[str, float], n_draws: int
) -> StepTime:
    """Draw from each candidate in proportion to its Akaike weight."""
    weights = np.exp(-(np.array(list(scores.values())) - min(scores.values())) / 2)
    ends = np.round(np.cumsum(weights / weights.sum()) * n_draws)
    counts = np.diff(ends, prepend=0.0).astype(int)
    drawn = [
        one.draw(count, SEED)
        for one, count in zip(candidates.values(), counts, strict=True)
        if count > 0
    ]
    return StepTime(
        *(np.concatenate([getattr(part, name) for part in drawn]) for name in ("a", "b", "c"))
    )


def _result(
    epochs: Epochs,
    chosen: Candidate,
    model: str,
    scores: Mapping[str, float],
    draws: StepTime,
) -> CostFit:
    """Put the numbers together that the chosen model has."""
    step, fitted = chosen.step, chosen.fitted
    sloped, hosted = model != "flat", model != "linear"
    return CostFit(
        model=model,
        aicc=scores,
        step=step,
        r_inf=from_draws(float(step.r_inf), draws.r_inf) if sloped else None,
        n_half=from_draws(float(step.n_half), draws.n_half) if sloped else None,
        host_seconds=from_draws(float(step.plateau_seconds), draws.plateau_seconds)
        if hosted
        else None,
        plateau_until=from_draws(float(step.c), draws.c) if model == "plateau" else None,
        batch_sizes=tuple(epochs.batch_sizes.tolist()),
        residuals=tuple(fitted.residuals.tolist()),
        rms_residual=fitted.rms,
        noise=tuple(epochs.noise.tolist()) if fitted.times_noise is not None else None,
        times_noise=fitted.times_noise,
        misses_noise=fitted.misses_noise,
        n_samples=epochs.n_samples,
        draws=draws,
    )
