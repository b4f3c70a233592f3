"""NASA's airfoil self-noise measurements, ready to train on.

The file beside this module holds 1503 wind-tunnel measurements (README.md describes
them). Each column is standardised over all of them, the first 1500 become samples, the
sound pressure is the label. With four features, the default, the displacement thickness
is left out; with five it is in.
"""

from __future__ import annotations

import hashlib
import reprlib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from data.errors import DataError
from data.workload import Optimum, Workload

if TYPE_CHECKING:
    from numpy.typing import NDArray

FILE = Path(__file__).with_name("airfoil_self_noise.dat")
SHA256 = "10ee06e6cfb27dae6b44213d421d217012fb1f9b697592e73a4e4016b52d425f"
N_ROWS = 1503
N_COLUMNS = 6
REMEDY = "restore it with `git checkout -- data/airfoil_self_noise.dat`"

#: Rows used. With 1500 every round batch size divides an epoch.
N_SAMPLES = 1500
#: Number of features to the workload's name.
NAMES = {4: "airfoil", 5: "airfoil-5"}
#: Number of features to the largest learning rate given by default. The first is the
#: published one. Full-batch descent converges below 2 / lambda_max of the Hessian, 1.27
#: and 0.95; the second keeps the same distance from it as the first.
LARGEST_LEARNING_RATE = {4: 1.0, 5: 0.75}


def load(path: Path | None = None, n_features: int = 4) -> Workload:
    """Read the measurements and standardise them.

    Parameters
    ----------
    path : Path, optional
        The file; by default the one beside this module.
    n_features : {4, 5}
        How many of the file's columns, from the left, are features.

    Returns
    -------
    Workload
        1500 samples, in units of each column's population standard deviation.

    Raises
    ------
    DataError
        If the file is missing, truncated, edited or wrongly shaped, or if `n_features`
        is neither 4 nor 5.
    """
    if n_features not in NAMES:
        raise DataError(
            f"airfoil has 4 or 5 features, not {n_features!r}: ask for one of these"
        )
    table = _read(path or FILE)
    standardised = ((table - table.mean(axis=0)) / table.std(axis=0))[:N_SAMPLES]
    X, y = standardised[:, :n_features], standardised[:, -1]
    return Workload(
        name=NAMES[n_features],
        features=np.ascontiguousarray(X, dtype=np.float32),
        labels=y.astype(np.float32),
        optimum=_least_squares(X, y),
        default_learning_rate=partial(learning_rate, largest=LARGEST_LEARNING_RATE[n_features]),
    )


def learning_rate(batch_size: int, largest: float = 1.0) -> float:
    """Return 0.005 per sample of the batch, up to `largest`.

    The line passes through the settings published for these data: 0.005 for single
    samples, 0.05 for batches of 10 and 1 for all 1500 samples (Zhang, Lipton, Li & Smola,
    *Dive into Deep Learning*, section "Minibatch Stochastic Gradient Descent").

    Parameters
    ----------
    batch_size : int
        In samples.
    largest : float

    Returns
    -------
    float
    """
    return min(largest, 0.005 * batch_size)


def _read(path: Path) -> NDArray[np.float64]:
    """Return the file's numbers, shape (1503, 6), or say what is wrong with it."""
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise DataError(f"{path} is missing; {REMEDY}") from error
    except OSError as error:
        raise DataError(f"{path} can't be read ({error.strerror}); {REMEDY}") from error
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise DataError(f"{path} {_fault(content)}; {REMEDY}")
    return np.loadtxt(content.decode("ascii").splitlines(), delimiter="\t", dtype=np.float64)


def _fault(content: bytes) -> str:
    """Say in what way a file with the wrong checksum differs from the original."""
    *lines, after_last_line_end = content.decode("ascii", errors="replace").split("\n")
    for number, line in enumerate(lines, start=1):
        fields = line.split("\t")
        if len(fields) != N_COLUMNS:
            return (
                f"is wrongly shaped: line {number} has {len(fields)} tab-separated "
                f"column(s) instead of {N_COLUMNS}"
            )
        words = [field for field in fields if not _is_number(field)]
        if words:
            return (
                f"is wrongly shaped: line {number} has {reprlib.repr(words[0])} "
                "instead of a number"
            )
    if len(lines) < N_ROWS:
        return f"is truncated: it ends after {len(lines)} complete rows of {N_ROWS}"
    if len(lines) > N_ROWS or after_last_line_end:
        return f"is wrongly shaped: it goes on after line {N_ROWS}, which should be its last"
    return "was edited: its shape is right, but its SHA-256 is not the original's"


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def _least_squares(X: NDArray[np.float64], y: NDArray[np.float64]) -> Optimum:
    """Solve for the weights and the bias at which the loss is smallest.

    Parameters
    ----------
    X : ndarray, shape (n_samples, n_features)
    y : ndarray, shape (n_samples,)
    """
    augmented = np.column_stack([X, np.ones(len(X))])
    theta = np.asarray(np.linalg.lstsq(augmented, y, rcond=None)[0], dtype=np.float64)
    residual = augmented @ theta - y
    return Optimum(
        weight=theta[:-1],
        bias=float(theta[-1]),
        loss=float(residual @ residual) / (2 * len(y)),
    )
