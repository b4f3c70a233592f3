"""What a step costs over batch sizes, from the times of epochs."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bench.advise.proportionality import CostFit
from bench.advise.rule import RULE
from bench.advise.statistical_cost import StepTime
from bench.stats import fits
from bench.stats.estimate import from_draws
from bench.stats.fits import RefusalError, RelativeFit
from bench.stats.medians import Floats

# The ways in which a step may cost, fitted to epochs: whatever its size, or on a line.
#
# The third, a line that begins with a plateau, is ``bench.advise.step_cost``.


@dataclass(frozen=True)
class Epochs:
    """What is fitted.

    Attributes
    ----------
    batch_sizes : ndarray, shape (n,)
        Ascending, each once.
    seconds : ndarray, shape (n,)
        Of an epoch.
    noise : ndarray, shape (n,)
        Relative standard deviations, from ``relative_fit.as_noise``.
    """

    batch_sizes: Floats
    seconds: Floats
    n_samples: int
    noise: Floats

    @property
    def n_steps(self) -> Floats:
        """Steps of an epoch, the short one included; shape (n,)."""
        return np.ceil(self.n_samples / self.batch_sizes)

    @property
    def typical(self) -> tuple[float, float]:
        """Seconds of a step and of a sample, of the right size to start from."""
        per_step = float(np.min(self.seconds / self.n_steps))
        return per_step, float(np.min(self.seconds)) / self.n_samples

    def curve(self, step: StepTime) -> Floats:
        """Return the seconds of an epoch at each batch size; shape (n,)."""
        return step.epoch_seconds(self.batch_sizes, self.n_samples)


@dataclass(frozen=True)
class Candidate:
    """One fitted way, with what it takes to draw from it.

    Attributes
    ----------
    draw : callable
        Maps a number of draws and a seed to a ``StepTime`` of so many draws.
    """

    fitted: RelativeFit
    step: StepTime
    draw: Callable[[int, int], StepTime]


def flat(epochs: Epochs) -> Candidate:
    """Fit ``t = t_host``: the batch size does not matter."""

    def step(parameters: Floats) -> StepTime:
        return StepTime.of(
            parameters[..., 0], 0.0 * parameters[..., 0], 0.0 * parameters[..., 0]
        )

    return _candidate(epochs, step, [epochs.typical[0]])


def linear(epochs: Epochs) -> Candidate:
    """Fit ``t = a + b B``, neither below zero."""

    def step(parameters: Floats) -> StepTime:
        return StepTime.of(parameters[..., 0], parameters[..., 1], 0.0 * parameters[..., 0])

    return _candidate(epochs, step, epochs.typical)


def _candidate(
    epochs: Epochs, step: Callable[[Floats], StepTime], start: tuple[float, ...] | list[float]
) -> Candidate:
    """Fit what is linear in its parameters, none of which is below zero."""
    fitted = fits.fit(
        lambda parameters: epochs.curve(step(parameters)),
        start,
        (np.zeros(len(start)), np.full(len(start), np.inf)),
        epochs.seconds,
        epochs.noise,
    )

    def draw(n_draws: int, seed: int) -> StepTime:
        return step(np.maximum(fits.draw(fitted, n_draws, seed), 0.0))

    return Candidate(fitted, step(fitted.parameters), draw)


# A step that costs the same up to some batch size, and lies on a line from there on.


def plateau(epochs: Epochs) -> Candidate:
    """Fit ``t = max(t_host, a + b B)``; ``a`` may be below zero.

    Two batch sizes at least lie on the plateau and two on the line: one alone would be an
    outlier with a name. Given where the plateau ends, the curve is linear in the two other
    parameters; so the end is searched over a grid first (Lerman 1980, Appl. Statist. 29:77).
    """
    ends = np.geomspace(epochs.batch_sizes[1], epochs.batch_sizes[-2], RULE.plateau_ends)
    fitted = fits.fit(
        lambda parameters: epochs.curve(_hinge(parameters)),
        _best_start(epochs),
        ([0.0, 0.0, ends[0]], [np.inf, np.inf, ends[-1]]),
        epochs.seconds,
        epochs.noise,
    )

    def draw(n_draws: int, seed: int) -> StepTime:
        return _draw_plateau(epochs, fitted, ends, n_draws, seed)

    return Candidate(fitted, _hinge(fitted.parameters), draw)


def _hinge(parameters: Floats) -> StepTime:
    """Return the step time of a plateau's seconds, the seconds of a sample and its end."""
    host, b, end = parameters[..., 0], parameters[..., 1], parameters[..., 2]
    return StepTime.of(host - b * end, b, end)


def _columns(epochs: Epochs, ends: Floats) -> Floats:
    """Return the epoch's derivatives by ``t_host`` and ``b``; shape (n_ends, n, 2)."""
    column = ends[:, None]
    ramps = epochs.curve(StepTime.of(-column, 1.0, column))
    return np.stack([np.broadcast_to(epochs.n_steps, ramps.shape), ramps], axis=-1)


def _best_start(epochs: Epochs) -> Floats:
    """Return the parameters to start from: the best of those found for many ends.

    Between any two batch sizes there may be a minimum, and a narrow one.
    """
    edges = epochs.batch_sizes[1:-1]
    n_points = RULE.plateau_starts + 2
    ends = np.concatenate(
        [np.geomspace(*pair, n_points)[1:-1] for pair in itertools.pairwise(edges)]
    )
    weights = 1.0 / epochs.noise
    known = _Known.of(_columns(epochs, ends) * (weights / epochs.seconds)[:, None], weights)
    # Within the bounds also where the best line would fall.
    inside = np.maximum(known.centres, 1e-3 * np.array(epochs.typical))
    starts = np.column_stack([inside, ends])
    curves = epochs.curve(_hinge(starts[:, None, :]))
    misfits = np.sum((np.log(epochs.seconds / curves) * weights) ** 2, axis=1)
    best: Floats = starts[int(misfits.argmin())]
    return best


def _draw_plateau(
    epochs: Epochs, fitted: RelativeFit, ends: Floats, n_draws: int, seed: int
) -> StepTime:
    """Draw a plateau's parameters; where it ends is far from normal between coarse sizes.

    The flat prior is on ``t_host``, ``b`` and ``log c``. Given c the other two are
    multivariate t, so c is drawn first, from a grid, with the probability that is left when
    they are integrated out (Gelman et al. 2013, sections 3.2 and 14.2).
    """
    dof = fitted.dof_of_scale
    for _ in range(RULE.plateau_zooms):
        # The solution is on the grid until the grid is fine enough to see it.
        with_best = np.unique(np.append(ends, fitted.parameters[2]))
        log_chance = _given_end(epochs, fitted, with_best).log_chance(dof)
        likely = np.flatnonzero(log_chance > log_chance.max() - RULE.far_log_probability)
        first, last = max(likely[0] - 1, 0), min(likely[-1] + 1, len(with_best) - 1)
        ends = np.geomspace(with_best[first], with_best[last], RULE.plateau_ends)
    known = _given_end(epochs, fitted, ends)
    log_chance = known.log_chance(dof)
    chance = np.exp(log_chance - log_chance.max())
    rng = np.random.default_rng(seed)
    chosen = rng.choice(len(ends), n_draws, p=chance / chance.sum())
    widths = (dof + known.misfits[chosen]) / rng.chisquare(dof + 1, n_draws)
    normal = rng.standard_normal((n_draws, 2))
    moved = np.einsum("dij,dj->di", known.spreads[chosen], normal) * np.sqrt(widths)[:, None]
    host, b = np.maximum(known.centres[chosen] + moved, 0.0).T
    return _hinge(np.column_stack([host, b, ends[chosen]]))


def _given_end(epochs: Epochs, fitted: RelativeFit, ends: Floats) -> _Known:
    """Return what is known of ``t_host`` and ``b`` for each end of the plateau.

    Near the solution ``f``, relative errors make ``1 + log(y / f)`` linear in both.
    """
    weights = 1.0 / fitted.deviations
    curve = epochs.curve(_hinge(fitted.parameters))
    known = _Known.of(
        _columns(epochs, ends) * (weights / curve)[:, None], (1.0 + fitted.residuals) * weights
    )
    least = float(np.sum((fitted.residuals * weights) ** 2))
    return replace(known, misfits=np.maximum(known.misfits - least, 0.0))


@dataclass(frozen=True)
class _Known:
    """Lines by least squares, one for each place where a plateau may end.

    Attributes
    ----------
    centres : ndarray, shape (n_ends, 2)
        The solutions.
    spreads : ndarray, shape (n_ends, 2, 2)
        Square roots of their covariance.
    misfits : ndarray, shape (n_ends,)
        Sums of squares that are left.
    """

    centres: Floats
    spreads: Floats
    misfits: Floats

    @classmethod
    def of(cls, designs: Floats, target: Floats) -> _Known:
        """Solve for designs of shape (n_ends, n, 2) and a target of shape (n,)."""
        q, r = np.linalg.qr(designs)
        spreads = np.linalg.inv(r)
        centres = np.einsum("eij,enj,n->ei", spreads, q, target)
        left = np.einsum("enj,ej->en", designs, centres) - target
        return cls(centres, spreads, np.sum(left**2, axis=1))

    def log_chance(self, dof: float) -> Floats:
        """Return the log of each end's probability, but for a constant."""
        volume = np.log(np.abs(np.linalg.det(self.spreads)))
        chance: Floats = volume - (dof + 1) / 2 * np.log1p(self.misfits / dof)
        return chance


# What a step costs over batch sizes, from the times of epochs.
#
# Three ways in which the time of a step may depend on its batch size are fitted (``flat`` and
# ``linear`` of ``bench.advise.step_cost``, ``bench.advise.step_cost``), and the one with
# the smallest AICc is the model. Which one it is is not certain, so the draws that intervals
# come from are taken from each in proportion to its Akaike weight (Burnham & Anderson 2002,
# *Model Selection and Multimodel Inference*, 2nd ed., sections 2.9 and 4.3).


MODELS: Mapping[str, Callable[[Epochs], Candidate]] = {
    "flat": flat,
    "linear": linear,
    "plateau": plateau,
}


def fit(
    batch_sizes: Sequence[float] | Floats,
    seconds_per_epoch: Sequence[float] | Floats,
    n_samples: int,
    noise: float | Sequence[float] | Floats | None = None,
    n_draws: int = RULE.n_draws,
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
    scores = {name: fits.aicc(one.fitted) for name, one in candidates.items()}
    # Of two that are as good the simpler one: they are listed by their parameters.
    model = min(scores, key=lambda name: scores[name])
    _refuse_contradiction(epochs, candidates[model])
    draws = _averaged(candidates, scores, n_draws)
    return _result(epochs, candidates[model], model, scores, draws)


def _ordered(
    batch_sizes: Sequence[float] | Floats,
    seconds: Sequence[float] | Floats,
    n_samples: int,
    noise: float | Sequence[float] | Floats | None,
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
    return Epochs(B[order], y[order], n_samples, fits.as_noise(noise, len(B))[order])


def _refuse_too_little(batch_sizes: Floats) -> None:
    """Refuse too few batch sizes, or such as lie too near one another."""
    sizes = ", ".join(f"{size:g}" for size in batch_sizes) or "none"
    fewest, least = RULE.fewest_sizes_of_cost, RULE.min_span_of_cost
    enough = f"at least {fewest} over a factor of {least} are needed"
    if len(batch_sizes) < fewest:
        raise RefusalError(f"there are {len(batch_sizes)} batch sizes ({sizes}): {enough}")
    span = batch_sizes[-1] / batch_sizes[0]
    if span < least:
        raise RefusalError(
            f"the batch sizes ({sizes}) span a factor of {span:.3g} only: {enough}"
        )


def _refuse_contradiction(epochs: Epochs, chosen: Candidate) -> None:
    """Refuse times that no model fits."""
    fits.refuse(chosen.fitted, "no model fits the times over batch sizes")
    if chosen.step.b == 0 and fits.rises(epochs.batch_sizes, epochs.n_steps / epochs.seconds):
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
        one.draw(count, RULE.cost_seed)
        for one, count in zip(candidates.values(), counts, strict=True)
        if count > 0
    ]
    return StepTime(
        *(np.concatenate([getattr(part, name) for part in drawn]) for name in ("a", "b", "c"))
    )


def _result(
    epochs: Epochs, chosen: Candidate, model: str, scores: Mapping[str, float], draws: StepTime
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
