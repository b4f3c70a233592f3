"""The airfoil workload: its numbers, its optimum, its rates."""

from __future__ import annotations

import numpy as np
import pytest

from data import airfoil
from data.errors import DataError

COLUMN_MEANS = [2886.38057, 6.78230206, 0.136548237, 50.8607452, 0.0111398804, 124.835943]
COLUMN_DEVIATIONS = [3151.52420, 5.91615903, 0.0935096052, 15.5676030, 0.0131458589, 6.89636128]


def test_the_file_holds_the_published_measurements() -> None:
    table = np.loadtxt(airfoil.FILE, delimiter="\t")
    assert table.shape == (1503, 6)
    np.testing.assert_allclose(table.mean(axis=0), COLUMN_MEANS, rtol=5e-9)
    np.testing.assert_allclose(table.std(axis=0), COLUMN_DEVIATIONS, rtol=5e-9)
    assert table[0].tolist() == [800, 0, 0.3048, 71.3, 0.00266337, 126.201]
    assert table[-1].tolist() == [6300, 15.6, 0.1016, 39.6, 0.0528487, 104.204]


def test_the_readme_states_the_checksum_that_guards_the_file() -> None:
    readme = airfoil.FILE.with_name("README.md").read_text(encoding="utf-8")
    assert airfoil.SHA256 in readme


@pytest.mark.parametrize(("n_features", "name"), [(4, "airfoil"), (5, "airfoil-5")])
def test_arrays_are_float32_and_contiguous(n_features: int, name: str) -> None:
    workload = airfoil.load(n_features=n_features)
    assert workload.name == name
    assert workload.features.shape == (1500, n_features)
    assert workload.labels.shape == (1500,)
    assert workload.features.dtype == workload.labels.dtype == np.float32
    assert workload.features.flags.c_contiguous
    assert workload.labels.flags.c_contiguous


def test_rows_are_standardised_over_the_whole_file() -> None:
    workload = airfoil.load()
    first = (np.array([800, 0, 0.3048, 71.3]) - COLUMN_MEANS[:4]) / COLUMN_DEVIATIONS[:4]
    np.testing.assert_allclose(workload.features[0], first, rtol=1e-6)
    label = (126.201 - COLUMN_MEANS[-1]) / COLUMN_DEVIATIONS[-1]
    assert workload.labels[0] == pytest.approx(label, rel=1e-6)
    # The last three rows of the file count in the mean, but are no samples.
    assert abs(workload.labels.mean(dtype=np.float64)) > 1e-3


def test_the_optimum_has_the_known_loss() -> None:
    assert airfoil.load().optimum.loss == pytest.approx(0.25598485404, abs=1e-10)


@pytest.mark.parametrize("n_features", [4, 5])
def test_no_step_from_the_optimum_lowers_the_loss(n_features: int) -> None:
    workload = airfoil.load(n_features=n_features)
    best = workload.optimum
    assert workload.loss(best.weight, best.bias) == pytest.approx(best.loss, rel=1e-6)
    for step in 1e-2 * np.vstack([np.eye(n_features), -np.eye(n_features)]):
        assert workload.loss(best.weight + step, best.bias) > best.loss
    assert workload.loss(best.weight, best.bias + 1e-2) > best.loss
    assert workload.loss(best.weight, best.bias - 1e-2) > best.loss


@pytest.mark.parametrize(("batch_size", "rate"), [(1, 0.005), (10, 0.05), (1500, 1.0)])
def test_default_rates_are_the_published_ones(batch_size: int, rate: float) -> None:
    assert airfoil.load().default_learning_rate(batch_size) == pytest.approx(rate)


@pytest.mark.parametrize("n_features", [4, 5])
def test_full_batch_descent_converges_at_the_default_rate(n_features: int) -> None:
    workload = airfoil.load(n_features=n_features)
    X = np.column_stack([workload.features.astype(np.float64), np.ones(1500)])
    lambda_max = np.linalg.eigvalsh(X.T @ X / 1500).max()
    assert workload.default_learning_rate(1500) < 2 / lambda_max


@pytest.mark.parametrize("n_features", [0, 3, 6])
def test_other_numbers_of_features_are_refused(n_features: int) -> None:
    with pytest.raises(DataError, match=f"4 or 5 features, not {n_features}: ask for"):
        airfoil.load(n_features=n_features)
