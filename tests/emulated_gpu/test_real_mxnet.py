"""The real ``libmxnet.so`` of the GPU wheel, on what stands in for a GPU."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import data
from bench.measure.gate import TrainingCase, tensors_for, worst_ratio
from bench.measure.protocol import Protocol, plan_training
from bench.measure.rule import RULE
from bench.plan.matrix import runs_on
from kernels.backends.mxnet import devices
from kernels.backends.mxnet.imports import mx
from kernels.contract import Status
from kernels.cuda.geometry import epoch_launch
from kernels.registry import discover
from kernels.tf32 import ALLOWING
from kernels.tf32 import OVERRIDE as TF32
from tests.measure.gating import verified

if TYPE_CHECKING:
    from collections.abc import Callable

REGISTRY = discover()
DEVICE = "gpu(0)"
TRAIN = ("nd.cuda_epoch", "nd.cuda_epoch_momentum")
UPDATE = ("update.cuda_rtc", "update.cuda_rtc_momentum")
OPERATORS = [
    name
    for name, kernel in REGISTRY.train.items()
    if kernel.backend == "mxnet" and "gpu" in kernel.device_kinds and name not in TRAIN
]


def test_mxnet_sees_one_gpu() -> None:
    assert mx.context.num_gpus() == 1


def test_arrays_are_copied_there_and_back() -> None:
    host = np.arange(12, dtype=np.float32).reshape(3, 4)
    on_gpu = mx.nd.array(host, ctx=mx.gpu(0))
    assert on_gpu.context == mx.gpu(0)
    assert np.array_equal(on_gpu.asnumpy(), host)
    on_gpu[:] = host + 1
    assert np.array_equal(on_gpu.copyto(mx.cpu(0)).asnumpy(), host + 1)


def test_operators_of_mxnets_own_can_not_be_run_and_say_so() -> None:
    _, report = devices.reports()
    assert report.availability.status is Status.BROKEN
    assert "compute capability 9.0" in report.availability.reason
    assert "no kernel image is available" in report.availability.reason
    assert len(OPERATORS) > 10
    for name in OPERATORS:
        assert runs_on(REGISTRY.train[name], DEVICE) == report.availability


@pytest.mark.parametrize("name", [*TRAIN, *UPDATE])
def test_what_mx_rtc_compiles_runs_all_the_same(name: str) -> None:
    assert runs_on(REGISTRY.train.get(name) or REGISTRY.update[name], DEVICE)


@pytest.mark.parametrize("batch_size", [1, 10, 100, 1500])
@pytest.mark.parametrize("name", TRAIN)
def test_epochs_pass_the_gate(
    name: str, batch_size: int, record_property: Callable[[str, object], None]
) -> None:
    case = TrainingCase(
        data.load("airfoil"), REGISTRY.train[name], DEVICE, "inmemory", batch_size
    )
    protocol = Protocol(epochs=1, seconds_per_case=0.1)
    plan = plan_training(case.workload, batch_size, protocol, case.kernel.rule)
    report = verified(case, plan)
    record_property("worst_ratio", report.worst_ratio)
    assert report.worst_ratio <= 1


@pytest.mark.parametrize("name", TRAIN)
def test_epochs_on_every_multiprocessor_pass_the_gate(name: str) -> None:
    workload = data.load("synthetic-1200x96")
    kernel = REGISTRY.train[name]
    case = TrainingCase(workload, kernel, DEVICE, "inmemory", 1000)
    assert epoch_launch(1000, workload.n_features, 3).grid == 3
    plan = plan_training(workload, 1000, Protocol(1, 0.1, learning_rate=1e-3), kernel.rule)
    assert verified(case, plan).worst_ratio <= 1


@pytest.mark.parametrize("n_tensors", [1, 3])
@pytest.mark.parametrize("name", UPDATE)
def test_updates_match_float64(name: str, n_tensors: int) -> None:
    kernel = REGISTRY.update[name]
    tensors = tensors_for(kernel, 10_007, n_tensors, seed=0)
    eta = RULE.gate_learning_rate
    state = kernel.prepare(DEVICE, tensors.weights, tensors.gradients, eta)
    for number in range(1, 4):
        kernel.update(state)
        assert worst_ratio(kernel, tensors, kernel.parameters(state), eta, number) <= 1


#: The product of Gluon's ``Dense``, forward and backward, without operators of MXNet's own. It
#: is done by cuBLAS, whose stand-in rounds the factors where the real one would.
PRODUCTS = """
import json
import numpy as np
from kernels.backends.mxnet.imports import mx

rng = np.random.default_rng(0)
X = rng.standard_normal((64, 128), dtype=np.float32)
w, head = rng.standard_normal((1, 128), dtype=np.float32), np.ones((64, 1), np.float32)
on_gpu = [mx.nd.array(one, ctx=mx.gpu(0)) for one in (X, w, head)]
gradient = mx.nd.empty(w.shape, ctx=mx.gpu(0))
mx.autograd.mark_variables([on_gpu[1]], [gradient])
with mx.autograd.record():
    y = mx.nd.FullyConnected(on_gpu[0], on_gpu[1], num_hidden=1, no_bias=True)
mx.autograd.backward([y], [on_gpu[2]])
exact = X.astype(np.float64) @ w.T, head.T @ X.astype(np.float64)
print(json.dumps([
    float(np.abs(got.asnumpy() - expected).max() / np.abs(expected).max())
    for got, expected in zip((y, gradient), exact)
]))
"""


def products(**environment: str) -> list[float]:
    """Return how far a product is off, and its gradient, in a process of its own."""
    kept: dict[str, Any] = {key: value for key, value in os.environ.items() if key != TF32}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PRODUCTS],
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[float] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_products_of_gluon_ask_for_no_tf32() -> None:
    assert max(products()) < 1e-6


@pytest.mark.parametrize("environment", [{TF32: "1"}, ALLOWING, {TF32: "0", **ALLOWING}])
def test_they_do_where_it_is_allowed(environment: dict[str, str]) -> None:
    assert min(products(**environment)) > 1e-5
