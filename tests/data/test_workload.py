"""The loss of a workload, against the formula written out."""

from __future__ import annotations

import numpy as np
import pytest

from data.workload import CHUNK_ROWS, Optimum, Workload, row_chunks


@pytest.mark.parametrize("n_samples", [1, 10, CHUNK_ROWS, CHUNK_ROWS + 1])
def test_loss_is_half_the_mean_squared_residual(n_samples: int) -> None:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n_samples, 3), dtype=np.float32)
    y = rng.standard_normal(n_samples, dtype=np.float32)
    w, b = np.array([1.0, -2.0, 0.5]), 0.25
    workload = Workload("test", X, y, Optimum(w, b, 0.0), lambda batch_size: 1.0 / batch_size)
    assert (workload.n_samples, workload.n_features) == (n_samples, 3)
    expected = np.mean((X.astype(np.float64) @ w + b - y) ** 2) / 2
    assert workload.loss(w, b) == pytest.approx(expected, rel=1e-12)
    assert workload.loss(w.astype(np.float32), b) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("n_rows", [0, 1, CHUNK_ROWS - 1, CHUNK_ROWS, 2 * CHUNK_ROWS + 1])
def test_chunks_cover_every_row_once(n_rows: int) -> None:
    chunks = list(row_chunks(n_rows))
    assert [row for rows in chunks for row in range(rows.start, rows.stop)] == list(
        range(n_rows)
    )
    assert all(rows.stop - rows.start <= CHUNK_ROWS for rows in chunks)
