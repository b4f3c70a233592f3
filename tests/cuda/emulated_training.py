"""Epochs on the emulation, and the float64 reference beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from data.workload import Optimum, Workload
from kernels import reference
from kernels.contract import Start
from kernels.cuda import geometry, source
from kernels.reference import Reference
from kernels.rule import PLAIN

if TYPE_CHECKING:
    from kernels.rule import UpdateRule
    from tests.cuda.emulated import Emulation

#: Floats behind the workspace that no kernel may touch.
GUARD = 16


def workload(n: int, d: int) -> Workload:
    """Draw n samples of d features, also where no regression could be fitted to them."""
    rng = np.random.default_rng(n + d)
    unknown = Optimum(np.full(d, np.nan), np.nan, np.nan)
    return Workload(
        name=f"{n}x{d}",
        features=rng.standard_normal((n, d), dtype=np.float32),
        labels=rng.standard_normal(n, dtype=np.float32),
        optimum=unknown,
        default_learning_rate=lambda _: 0.5 / (d + 1),
    )


class Case(NamedTuple):
    """A training: what on, in which batches, and the shape of a launch."""

    n: int
    d: int
    batch_size: int
    grid: int
    block: int


def worst_distance(
    emulation: Emulation, case: Case, rule: UpdateRule = PLAIN, n_epochs: int = 2
) -> float:
    """Train, and return the largest distance from the reference as a share of its tolerance."""
    n, d, batch_size, grid, block = case
    data = workload(n, d)
    rng = np.random.default_rng(7)
    start = Start(rng.standard_normal(d, dtype=np.float32), 0.25)
    weight, bias = start.weight.copy(), np.array([start.bias], dtype=np.float32)
    velocity, arrived = np.zeros(d + 1, np.float32), np.zeros(1, np.int32)
    launch = geometry.shaped(d, grid, block)
    workspace = np.full(launch.n_workspace + GUARD, np.nan, np.float32)
    eta = rule.rate(data.default_learning_rate(batch_size))
    expected, worst = Reference.start(start), 0.0
    for _ in range(n_epochs):
        # With repeats, and not as long as the data.
        order = rng.integers(0, n, n - 1 if n > 1 else 1)
        rates = (eta * rng.uniform(0.5, 1.0, -(-len(order) // batch_size))).astype(np.float32)
        given = (data.features, data.labels, order.astype(np.int32), rates, weight, bias)
        rest = (workspace, arrived, len(order), d, batch_size, int(launch.in_shared))
        if rule.momentum:
            momentum = (velocity, rule.momentum)
            emulation.launch(source.MOMENTUM_EPOCH, launch, *given, *momentum, *rest)
        else:
            emulation.launch(source.EPOCH, launch, *given, *rest)
        exact = rates.astype(np.float64).tolist()
        expected = reference.epoch(expected, data, order, batch_size, exact, rule)
        distance = reference.distance(expected, weight, float(bias[0]))
        worst = max(worst, distance / expected.tolerance)
        assert np.isfinite(distance)
    assert np.isnan(workspace[launch.n_workspace :]).all()
    return worst
