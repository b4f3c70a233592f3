"""Synthetic workloads have the covariance, the optimum and the loss that they promise."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from data import synthetic
from data.errors import DataError
from data.synthetic import SyntheticSpec, generate, parse
from data.workload import CHUNK_ROWS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from data.workload import Workload

ROOT = Path(__file__).resolve().parents[2]

SPECS = [
    SyntheticSpec(3, 1, condition_number=1),
    SyntheticSpec(1000, 1, condition_number=1),
    SyntheticSpec(34, 32),
    SyntheticSpec(1000, 8),
    SyntheticSpec(1000, 8, condition_number=1),
    SyntheticSpec(5000, 32, condition_number=1e4, noise=0.5, seed=3),
    SyntheticSpec(CHUNK_ROWS + 1, 4, noise=10, seed=1),
]
every_spec = pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)


def _covariance(workload: Workload) -> NDArray[np.float64]:
    X = workload.features.astype(np.float64)
    covariance: NDArray[np.float64] = np.cov(X, rowvar=False, bias=True).reshape(
        workload.n_features, workload.n_features
    )
    return covariance


@every_spec
def test_arrays_are_float32_and_contiguous(spec: SyntheticSpec) -> None:
    workload = generate(spec)
    assert workload.name == spec.name
    assert workload.features.shape == (spec.n_samples, spec.n_features)
    assert workload.labels.shape == (spec.n_samples,)
    assert workload.features.dtype == workload.labels.dtype == np.float32
    assert workload.features.flags.c_contiguous
    assert workload.labels.flags.c_contiguous


@every_spec
def test_the_features_have_the_covariance_asked_for(spec: SyntheticSpec) -> None:
    workload = generate(spec)
    mean = workload.features.mean(axis=0, dtype=np.float64)
    np.testing.assert_allclose(mean, 0, atol=1e-7)
    eigenvalues = np.linalg.eigvalsh(_covariance(workload))[::-1]
    wanted = np.geomspace(1, 1 / spec.condition_number, spec.n_features)
    np.testing.assert_allclose(eigenvalues, wanted, rtol=1e-5)
    assert eigenvalues[0] / eigenvalues[-1] == pytest.approx(spec.condition_number, rel=1e-5)


def test_the_features_are_correlated() -> None:
    covariance = _covariance(generate(SyntheticSpec(1000, 8)))
    assert np.abs(covariance - np.diag(np.diagonal(covariance))).max() > 0.05


@every_spec
def test_the_gradient_vanishes_at_the_optimum(spec: SyntheticSpec) -> None:
    workload = generate(spec)
    best = workload.optimum
    X = np.column_stack([workload.features.astype(np.float64), np.ones(spec.n_samples)])
    residual = X @ np.append(best.weight, best.bias) - workload.labels
    # Labels of magnitude |y| are rounded by |y| 2^-25 or so, which the gradient averages.
    np.testing.assert_allclose(X.T @ residual / spec.n_samples, 0, atol=1e-7 * (1 + spec.noise))


@every_spec
def test_the_loss_at_the_optimum_is_half_the_squared_noise(spec: SyntheticSpec) -> None:
    workload = generate(spec)
    best = workload.optimum
    assert best.loss == pytest.approx(spec.noise**2 / 2, rel=1e-12)
    assert workload.loss(best.weight, best.bias) == pytest.approx(best.loss, rel=1e-5)


def test_without_noise_the_optimum_fits_every_label() -> None:
    workload = generate(SyntheticSpec(1000, 8, noise=0))
    assert workload.optimum.loss == 0
    assert workload.loss(workload.optimum.weight, workload.optimum.bias) < 1e-14


def test_least_squares_finds_the_same_optimum() -> None:
    workload = generate(SyntheticSpec(1000, 8))
    X = np.column_stack([workload.features.astype(np.float64), np.ones(1000)])
    theta, *_ = np.linalg.lstsq(X, workload.labels.astype(np.float64), rcond=None)
    np.testing.assert_allclose(theta[:-1], workload.optimum.weight, atol=1e-6)
    assert theta[-1] == pytest.approx(workload.optimum.bias, abs=1e-6)


@every_spec
def test_two_calls_give_the_same_bits(spec: SyntheticSpec) -> None:
    one, other = generate(spec), generate(spec)
    assert one.features.tobytes() == other.features.tobytes()
    assert one.labels.tobytes() == other.labels.tobytes()
    assert one.optimum.weight.tobytes() == other.optimum.weight.tobytes()
    assert (one.optimum.bias, one.optimum.loss) == (other.optimum.bias, other.optimum.loss)


def test_another_seed_gives_other_data() -> None:
    one, other = generate(SyntheticSpec(1000, 8)), generate(SyntheticSpec(1000, 8, seed=1))
    assert not np.isclose(one.features, other.features).all(axis=0).any()
    assert not np.allclose(one.labels, other.labels)
    assert not np.isclose(one.optimum.weight, other.optimum.weight).any()
    assert one.optimum.bias != other.optimum.bias


def test_more_samples_leave_the_solution_alone() -> None:
    few, many = generate(SyntheticSpec(100, 8)), generate(SyntheticSpec(1000, 8))
    assert (few.optimum.weight == many.optimum.weight).all()
    assert few.optimum.bias == many.optimum.bias


@pytest.mark.parametrize("batch_size", [1, 10, 100, 1000])
def test_the_default_rate_keeps_the_margin_of_the_airfoil_rule(batch_size: int) -> None:
    workload = generate(SyntheticSpec(1000, 8, condition_number=100))
    X = np.column_stack([workload.features.astype(np.float64), np.ones(1000)])
    hessian = X.T @ X / 1000
    rate = min(1 / np.linalg.eigvalsh(hessian)[-1], batch_size / (40 * np.trace(hessian)))
    assert workload.default_learning_rate(batch_size) == pytest.approx(rate, rel=1e-6)


def test_too_little_memory_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: SyntheticSpec) -> Workload:
        raise MemoryError

    monkeypatch.setattr(synthetic, "_generate", refuse)
    with pytest.raises(DataError, match=r"needs 0\.516 GB of memory .* ask for fewer samples"):
        generate(parse("synthetic-1000000x128"))


BIG = "synthetic-1000000x128"
MEASURE = f"""
import json, resource
from data.synthetic import generate, parse
workload = generate(parse({BIG!r}))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
best = workload.optimum
print(json.dumps([peak, workload.loss(best.weight, best.bias)]))
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ru_maxrss is in KiB on Linux")
def test_a_million_samples_fit_in_two_gigabytes() -> None:
    done = subprocess.run(
        [sys.executable, "-c", MEASURE], cwd=ROOT, check=True, capture_output=True, text=True
    )
    peak_kib, loss = json.loads(done.stdout)
    assert peak_kib * 1024 < 2e9
    assert loss == pytest.approx(0.005, rel=1e-5)
