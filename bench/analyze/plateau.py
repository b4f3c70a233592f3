"""A step that costs the same up to some batch size, and lies on a line from there on."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from bench.analyze import relative_fit
from bench.analyze.cost_candidates import Candidate
from bench.analyze.step_time import StepTime

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bench.analyze.cost_candidates import Epochs
    from bench.analyze.relative_fit import RelativeFit

    Array = NDArray[np.float64]

#: Ends of a plateau that are tried between two batch sizes before one is fitted.
N_STARTS = 48
#: Ends that are drawn from.
N_ENDS = 64
#: How often the grid is drawn closer round the ends that are likely.
N_ZOOMS = 3
#: Ends are unlikely whose probability is below the largest by this much, in logarithms.
FAR = 12.0


def plateau(epochs: Epochs) -> Candidate:
    """Fit ``t = max(t_host, a + b B)``; ``a`` may be below zero.

    Two batch sizes at least lie on the plateau and two on the line: one alone would be an
    outlier with a name. Given where the plateau ends, the curve is linear in the two other
    parameters; so the end is searched over a grid first (Lerman 1980, Appl. Statist. 29:77).
    """
    ends = np.geomspace(epochs.batch_sizes[1], epochs.batch_sizes[-2], N_ENDS)
    fitted = relative_fit.fit(
        lambda parameters: epochs.curve(_hinge(parameters)),
        _best_start(epochs),
        ([0.0, 0.0, ends[0]], [np.inf, np.inf, ends[-1]]),
        epochs.seconds,
        epochs.noise,
    )

    def draw(n_draws: int, seed: int) -> StepTime:
        return _draw_plateau(epochs, fitted, ends, n_draws, seed)

    return Candidate(fitted, _hinge(fitted.parameters), draw)


def _hinge(parameters: Array) -> StepTime:
    """Return the step time of a plateau's seconds, the seconds of a sample and its end."""
    host, b, end = parameters[..., 0], parameters[..., 1], parameters[..., 2]
    return StepTime.of(host - b * end, b, end)


def _columns(epochs: Epochs, ends: Array) -> Array:
    """Return the epoch's derivatives by ``t_host`` and ``b``; shape (n_ends, n, 2)."""
    column = ends[:, None]
    ramps = epochs.curve(StepTime.of(-column, 1.0, column))
    return np.stack([np.broadcast_to(epochs.n_steps, ramps.shape), ramps], axis=-1)


def _best_start(epochs: Epochs) -> Array:
    """Return the parameters to start from: the best of those found for many ends.

    Between any two batch sizes there may be a minimum, and a narrow one.
    """
    edges = epochs.batch_sizes[1:-1]
    ends = np.concatenate(
        [np.geomspace(*pair, N_STARTS + 2)[1:-1] for pair in itertools.pairwise(edges)]
    )
    weights = 1.0 / epochs.noise
    known = _Known.of(_columns(epochs, ends) * (weights / epochs.seconds)[:, None], weights)
    # Within the bounds also where the best line would fall.
    inside = np.maximum(known.centres, 1e-3 * np.array(epochs.typical))
    starts = np.column_stack([inside, ends])
    curves = epochs.curve(_hinge(starts[:, None, :]))
    misfits = np.sum((np.log(epochs.seconds / curves) * weights) ** 2, axis=1)
    best: Array = starts[int(misfits.argmin())]
    return best


def _draw_plateau(
    epochs: Epochs, fitted: RelativeFit, ends: Array, n_draws: int, seed: int
) -> StepTime:
    """Draw a plateau's parameters; where it ends is far from normal between coarse sizes.

    The flat prior is on ``t_host``, ``b`` and ``log c``. Given c the other two are
    multivariate t, so c is drawn first, from a grid, with the probability that is left when
    they are integrated out (Gelman et al. 2013, sections 3.2 and 14.2).
    """
    n_free = fitted.n_free_of_scale
    for _ in range(N_ZOOMS):
        # The solution is on the grid until the grid is fine enough to see it.
        with_best = np.unique(np.append(ends, fitted.parameters[2]))
        log_chance = _given_end(epochs, fitted, with_best).log_chance(n_free)
        likely = np.flatnonzero(log_chance > log_chance.max() - FAR)
        first, last = max(likely[0] - 1, 0), min(likely[-1] + 1, len(with_best) - 1)
        ends = np.geomspace(with_best[first], with_best[last], N_ENDS)
    known = _given_end(epochs, fitted, ends)
    log_chance = known.log_chance(n_free)
    chance = np.exp(log_chance - log_chance.max())
    rng = np.random.default_rng(seed)
    chosen = rng.choice(len(ends), n_draws, p=chance / chance.sum())
    widths = (n_free + known.misfits[chosen]) / rng.chisquare(n_free + 1, n_draws)
    normal = rng.standard_normal((n_draws, 2))
    moved = np.einsum("dij,dj->di", known.spreads[chosen], normal) * np.sqrt(widths)[:, None]
    host, b = np.maximum(known.centres[chosen] + moved, 0.0).T
    return _hinge(np.column_stack([host, b, ends[chosen]]))


def _given_end(epochs: Epochs, fitted: RelativeFit, ends: Array) -> _Known:
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

    centres: Array
    spreads: Array
    misfits: Array

    @classmethod
    def of(cls, designs: Array, target: Array) -> _Known:
        """Solve for designs of shape (n_ends, n, 2) and a target of shape (n,)."""
        q, r = np.linalg.qr(designs)
        spreads = np.linalg.inv(r)
        centres = np.einsum("eij,enj,n->ei", spreads, q, target)
        left = np.einsum("enj,ej->en", designs, centres) - target
        return cls(centres, spreads, np.sum(left**2, axis=1))

    def log_chance(self, n_free: float) -> Array:
        """Return the log of each end's probability, but for a constant."""
        volume = np.log(np.abs(np.linalg.det(self.spreads)))
        chance: Array = volume - (n_free + 1) / 2 * np.log1p(self.misfits / n_free)
        return chance
