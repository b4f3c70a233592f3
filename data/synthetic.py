"""Linear regressions of any size whose best solution is known.

Three things hold of the samples themselves, not just of what they are drawn from, to the
rounding of float32:

- the features have mean zero and covariance ``C = Q diag(lambda) Q^T``, with Q a random
  rotation and lambda falling geometrically from 1 to 1 / condition number,
- the labels are ``y = X w + b + e``, with e orthogonal to every column of [X, 1],
- e has root mean square ``noise``.

So the least-squares solution is (w, b), and the loss there, the smallest, is
``noise**2 / 2``. No solver is needed, at no size.

Only float32 arrays of the full size are held; float64 appears a chunk of rows at a time.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from data.errors import DataError
from data.synthetic_spec import PATTERN, SyntheticSpec, parse
from data.workload import Optimum, Workload, row_chunks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float32 = NDArray[np.float32]
    Float64 = NDArray[np.float64]

__all__ = ["PATTERN", "SyntheticSpec", "generate", "learning_rate", "parse"]


def generate(spec: SyntheticSpec) -> Workload:
    """Draw a workload.

    The same spec gives the same bits on the same machine and libraries; elsewhere sums in
    another order may change the last bits.

    Parameters
    ----------
    spec : SyntheticSpec

    Returns
    -------
    Workload

    Raises
    ------
    DataError
        If the memory doesn't suffice.
    """
    try:
        return _generate(spec)
    except MemoryError as error:
        gigabytes = spec.n_samples * (spec.n_features + 1) * 4 / 1e9
        raise DataError(
            f"{spec.name} needs {gigabytes:.3g} GB of memory and some to work in, which "
            "this machine doesn't give: ask for fewer samples or features"
        ) from error


def _generate(spec: SyntheticSpec) -> Workload:
    rng = np.random.Generator(np.random.PCG64(spec.seed))
    n, d = spec.n_samples, spec.n_features
    # Q, w and b come first: they are the same for every n.
    lambdas = np.geomspace(1.0, 1.0 / spec.condition_number, d)
    Q = _random_orthogonal(d, rng)
    w = rng.standard_normal(d) / np.sqrt(d)
    b = float(rng.standard_normal())

    X = rng.standard_normal((n, d), dtype=np.float32)
    _impose_covariance(X, lambdas, Q)
    e = _orthogonal_noise(X, spec.noise, rng)
    return Workload(
        name=spec.name,
        features=X,
        labels=_labels(X, w, b, e),
        optimum=Optimum(weight=w, bias=b, loss=spec.noise**2 / 2),
        default_learning_rate=partial(learning_rate, trace=float(lambdas.sum()) + 1.0),
    )


def learning_rate(batch_size: int, trace: float) -> float:
    """Return ``min(1 / lambda_max, batch_size / (40 trace))``.

    Both belong to the Hessian of the loss, the second moment of the augmented features
    [x, 1]; its largest eigenvalue is 1 here. Steps on single samples are stable up to a
    rate of the order of 1 / trace. Averaging a batch allows that times its size, until
    1 / lambda_max, where descent on all samples sets the limit (Ma, Bassily & Belkin 2018,
    *The Power of Interpolation*, ICML, arXiv:1712.06559). The 40 is the margin of the rate
    published for the airfoil data: 0.005 = 1 / (40 trace), their trace being 5.

    Parameters
    ----------
    batch_size : int
        In samples.
    trace : float
        Of the Hessian: the sum of the covariance's eigenvalues, and 1 for the bias.

    Returns
    -------
    float
    """
    lambda_max = 1.0
    return min(1.0 / lambda_max, batch_size / (40.0 * trace))


def _random_orthogonal(d: int, rng: np.random.Generator) -> Float64:
    """Draw a rotation or reflection, shape (d, d), all of them being equally likely.

    Mezzadri 2007, *How to generate random matrices from the classical compact groups*,
    Notices of the AMS 54(5): QR of a Gaussian matrix, with the signs of R moved into Q.
    """
    Q, R = np.linalg.qr(rng.standard_normal((d, d)))
    signed: Float64 = Q * np.sign(np.diagonal(R))
    return signed


def _impose_covariance(X: Float32, lambdas: Float64, Q: Float64) -> None:
    """Give X, in place, mean zero and covariance Q diag(lambdas) Q^T.

    With S = L L^T the covariance that X has, the rows of (X - mean) L^-T have covariance I.
    """
    mean, S = _moments(X)
    L = np.linalg.cholesky(S)
    A = np.linalg.solve(L.T, np.sqrt(lambdas)[:, np.newaxis] * Q.T)
    for rows in row_chunks(len(X)):
        X[rows] = (X[rows] - mean) @ A


def _orthogonal_noise(X: Float32, noise: float, rng: np.random.Generator) -> Float64:
    """Draw e, shape (n_samples,), orthogonal to [X, 1] and with root mean square `noise`."""
    e = rng.standard_normal(len(X))
    e -= e.mean()
    mean, S = _moments(X)
    covariance_with_e = np.zeros(X.shape[1])
    for rows in row_chunks(len(X)):
        covariance_with_e += (X[rows] - mean).T @ e[rows] / len(X)
    slope = np.linalg.solve(S, covariance_with_e)
    for rows in row_chunks(len(X)):
        e[rows] -= (X[rows] - mean) @ slope
    e *= noise / np.sqrt(np.mean(e**2))
    return e


def _labels(X: Float32, w: Float64, b: float, e: Float64) -> Float32:
    y = np.empty(len(X), dtype=np.float32)
    for rows in row_chunks(len(X)):
        y[rows] = X[rows].astype(np.float64) @ w + b + e[rows]
    return y


def _moments(X: Float32) -> tuple[Float64, Float64]:
    """Return the mean, shape (d,), and the covariance, shape (d, d), in float64."""
    mean = X.mean(axis=0, dtype=np.float64)
    covariance = np.zeros((X.shape[1], X.shape[1]))
    for rows in row_chunks(len(X)):
        centred = X[rows] - mean
        covariance += centred.T @ centred / len(X)
    return mean, covariance
