"""Trains with ``triton.*`` in Triton's interpreter, on the CPU; needs TRITON_INTERPRET=1."""

from __future__ import annotations

from array import array

import numpy as np

from kernels import reference
from kernels.contract import Start
from kernels.reference import Reference
from kernels.registry import discover
from tests.cuda.emulated_training import workload

DEVICE = "cpu(0)"
REGISTRY = discover()
UNIT_ROUNDOFF = 2.0**-24
#: Samples, features, batch size, programs: one launch a step, and two.
CASES = (
    (23, 4, 5, 1),
    (21, 1, 21, 1),
    (30, 33, 50, 1),
    (3000, 5, 2999, 6),
    (9, 4096, 7, 7),
    (300, 700, 150, 38),
)


def train(name: str, n: int, d: int, batch_size: int, programs: int) -> None:
    """Compare with the reference after each of two epochs, from two starts."""
    kernel, data = REGISTRY.train[name], workload(n, d)
    rng = np.random.default_rng(1)
    start = Start(rng.standard_normal(d, dtype=np.float32), 0.25)
    state = kernel.prepare(data, DEVICE, batch_size, "inmemory", start)
    assert state.shape.programs == programs
    eta = kernel.rule.rate(data.default_learning_rate(batch_size))
    for reset_to in (start, Start(start.weight[::-1].copy(), -0.5)):
        if reset_to is not start:
            kernel.reset(state, reset_to)
        expected = Reference.start(reset_to)
        for order in (rng.permutation(n), rng.integers(0, n, n - 1)):
            rates = array("d", [eta] * -(-len(order) // batch_size))
            kernel.epoch(state, order, rates)
            expected = reference.epoch(expected, data, order, batch_size, rates, kernel.rule)
            distance = reference.distance(expected, *kernel.parameters(state))
            assert distance <= expected.tolerance


def update(name: str) -> None:
    """Compare with float64 after three updates."""
    kernel, eta = REGISTRY.update[name], 0.125
    rng = np.random.default_rng(2)
    weights = [rng.standard_normal(n, dtype=np.float32) for n in (1, 50, 2027)]
    gradients = [rng.standard_normal(len(w), dtype=np.float32) for w in weights]
    state = kernel.prepare(DEVICE, weights, gradients, eta)
    moved = velocity = 0.0
    for _ in range(3):
        kernel.update(state)
        velocity = kernel.rule.momentum * velocity - eta
        moved += velocity
    for w, g, read in zip(weights, gradients, kernel.parameters(state), strict=True):
        allowed = 16 * UNIT_ROUNDOFF * (np.abs(w) + abs(moved) * np.abs(g))
        assert (np.abs(read - (w + moved * g.astype(np.float64))) <= allowed).all()


if __name__ == "__main__":
    for case in CASES:
        train("triton.fused_step", *case)
    update("update.triton")
    update("update.triton_momentum")
