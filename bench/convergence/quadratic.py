"""Least squares near its solution, exactly: a quadratic form, and its gradient noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.convergence.rule import RULE
from bench.stats.medians import Floats
from data.workload import Workload, row_chunks

# Least squares as what it is near its solution: a quadratic form.
#
# With ``theta = [w, b]``, ``x = [x, 1]`` and ``delta = theta - theta*`` the distance from the
# optimum, over all n samples::
#
#     L(theta) = L* + delta^T H delta / 2,      H = sum x_i x_i^T / n
#
# because the gradient at the optimum is zero (Bottou, Curtis & Nocedal 2018, SIAM Review
# 60:223, section 4, write SGD on it so). The gradient of a sample is ``x_i e_i`` with
# ``e_i = x_i^T delta - r_i`` and ``r_i = y_i - x_i^T theta*``. So the loss over all samples
# after a step costs no pass over them.


@dataclass(frozen=True, eq=False)
class Problem:
    """A workload, seen from its optimum.

    Attributes
    ----------
    x : ndarray, shape (n_samples, n_features + 1), float32
        The features and a column of ones.
    residuals : ndarray, shape (n_samples,), float64
        Labels minus what the optimum predicts.
    hessian : ndarray, shape (n_features + 1, n_features + 1), float64
    optimum : ndarray, shape (n_features + 1,), float64
        The weights and, last, the bias.
    loss : float
        At the optimum.
    """

    x: NDArray[np.float32]
    residuals: Floats
    hessian: Floats
    optimum: Floats
    loss: float

    @property
    def n_samples(self) -> int:
        """How many samples there are."""
        return len(self.x)

    def excess(self, delta: Floats) -> Floats:
        """Return how far the loss is above the optimum's.

        Parameters
        ----------
        delta : ndarray, shape (..., n_features + 1)
            Distances from the optimum.

        Returns
        -------
        ndarray, shape (...)
        """
        above: Floats = np.einsum("...i,...i->...", delta @ self.hessian, delta) / 2
        return above


def problem_of(workload: Workload) -> Problem:
    """Look at a workload from its optimum."""
    n, d = workload.n_samples, workload.n_features + 1
    x = np.ones((n, d), dtype=np.float32)
    x[:, :-1] = workload.features
    theta = np.append(workload.optimum.weight, workload.optimum.bias).astype(np.float64)
    hessian, residuals = np.zeros((d, d)), np.empty(n)
    for rows in row_chunks(n):
        part = x[rows].astype(np.float64)
        hessian += part.T @ part / n
        residuals[rows] = workload.labels[rows] - part @ theta
    return Problem(x, residuals, hessian, theta, workload.optimum.loss)


# The gradient noise scale, exactly, from the gradient of every sample.
#
# ``B_simple = tr(Sigma) / |G|^2``, with G the mean gradient over all samples and Sigma the
# covariance of the gradients of single samples, and with the curvature ``B_noise =
# tr(H Sigma) / (G^T H G)`` (McCandlish et al. 2018, arXiv:1812.06162, equations 2.9 and 2.8):
# the batch size at which the noise of a gradient is as large as the gradient. Nothing is
# estimated: all samples are there, and H is known.
#
# Along a training both grow, for the gradient shrinks and the noise stays. So they are given
# along the path of gradient descent on all samples.
#
# For samples ``x = [z, 1]`` with z normal with covariance C, and labels with normal noise of
# variance ``2 L*``, the moments are known (Isserlis 1918), with ``s = E[e^2] = 2 L* +
# delta_w^T C delta_w + delta_b^2``::
#
#     tr(Sigma) = s (tr(C) + 1) + 2 |C delta_w|^2 - |G|^2,     G = [C delta_w, delta_b]


@dataclass(frozen=True)
class NoiseScale:
    """The gradient noise scale along gradient descent on all samples.

    Attributes
    ----------
    learning_rate : float
        Of the path.
    steps : tuple of int
        Where it is given, from 0; the last is the last above the target.
    simple, curved : tuple of float
        ``tr(Sigma) / |G|^2`` and ``tr(H Sigma) / (G^T H G)`` there, in samples.
    normal : tuple of float
        What the first would be if features and noise were normal.
    mean_simple, mean_curved : float
        Averages over all steps of the path: what equation 2.11 of the source makes of a
        noise scale that changes on the way.
    """

    learning_rate: float
    steps: tuple[int, ...]
    simple: tuple[float, ...]
    curved: tuple[float, ...]
    normal: tuple[float, ...]
    mean_simple: float
    mean_curved: float


def at(problem: Problem, delta: Floats) -> tuple[float, float]:
    """Return the noise scale at a point, without and with the curvature.

    Parameters
    ----------
    delta : ndarray, shape (n_parameters,)
        Distance from the optimum.

    Returns
    -------
    tuple of float
        In samples.
    """
    d, n = len(delta), problem.n_samples
    second, mean = np.zeros((d, d)), np.zeros(d)
    for rows in row_chunks(n):
        x = problem.x[rows].astype(np.float64)
        gradients = x * (x @ delta - problem.residuals[rows])[:, np.newaxis]
        second += gradients.T @ gradients / n
        mean += gradients.sum(axis=0) / n
    covariance = second - np.outer(mean, mean)
    H = problem.hessian
    curved = np.sum(H * covariance) / (mean @ H @ mean)
    return float(np.trace(covariance) / (mean @ mean)), float(curved)


def if_normal(problem: Problem, delta: Floats) -> float:
    """Return what the noise scale would be if features and noise were normal."""
    C, w, b = problem.hessian[:-1, :-1], delta[:-1], delta[-1]
    slope = C @ w
    s = 2.0 * problem.loss + w @ slope + b**2
    squared = slope @ slope + b**2
    return float((s * (np.trace(C) + 1.0) + 2.0 * slope @ slope - squared) / squared)


def along(problem: Problem, target: float, learning_rate: float | None = None) -> NoiseScale:
    """Follow gradient descent on all samples until the loss is at a target.

    Parameters
    ----------
    target : float
        Excess over the optimum's loss.
    learning_rate : float, optional
        By default the best for gradient descent, ``2 / (lambda_min + lambda_max)`` (Nesterov
        2004, *Introductory Lectures on Convex Optimization*, theorem 2.1.15).
    """
    eigenvalues = np.linalg.eigvalsh(problem.hessian)
    learning_rate = learning_rate or 2.0 / float(eigenvalues[0] + eigenvalues[-1])
    path = [-problem.optimum]
    while problem.excess(path[-1]) > target and len(path) < RULE.most_path_steps:
        path.append(path[-1] - learning_rate * problem.hessian @ path[-1])
    above = path[:-1] or path
    places = np.linspace(0, len(above) - 1, RULE.most_path_points)
    chosen = np.unique(places.round().astype(int))
    scales = [at(problem, above[number]) for number in chosen]
    simple, curved = (tuple(scale[column] for scale in scales) for column in (0, 1))
    whole = np.arange(len(above))
    return NoiseScale(
        learning_rate=learning_rate,
        steps=tuple(int(number) for number in chosen),
        simple=simple,
        curved=curved,
        normal=tuple(if_normal(problem, above[number]) for number in chosen),
        mean_simple=float(np.interp(whole, chosen, simple).mean()),
        mean_curved=float(np.interp(whole, chosen, curved).mean()),
    )
