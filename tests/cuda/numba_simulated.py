"""Runs Numba's kernels for GPUs in its simulator; needs NUMBA_ENABLE_CUDASIM=1."""

from __future__ import annotations

from array import array

import numpy as np

from kernels import backends, reference
from kernels.backends.numba.gpu_shape import epoch_shape
from kernels.contract import Start
from kernels.reference import Reference
from kernels.registry import discover
from tests.cuda.emulated_training import workload

DEVICE = "gpu(0)"
REGISTRY = discover()
BACKEND = backends.get("numba")
UNIT_ROUNDOFF = 2.0**-24
#: Samples, features, batch size. The batches have one sample; divide the samples, or don't;
#: have all of them, or would have more; have more rows than a turn; or the samples have more
#: columns than the block has threads.
CASES = (
    (5, 3, 1),
    (20, 4, 5),
    (23, 4, 5),
    (21, 1, 21),
    (30, 33, 50),
    (7, 64, 4),
    (270, 5, 268),
    (3, 520, 2),
)
#: Too many features for shared memory.
LARGE = (2, 6200, 2)
#: What a velocity changes is where it lies: in shared memory, or not.
CASES_WITH_MOMENTUM = ((23, 4, 5), LARGE)


def train(name: str, n: int, d: int, batch_size: int) -> None:
    """Compare with the reference after each of two epochs, of two lengths, from two starts."""
    kernel, data = REGISTRY.train[name], workload(n, d)
    rng = np.random.default_rng(1)
    start = Start(rng.standard_normal(d, dtype=np.float32), 0.25)
    state = kernel.prepare(data, DEVICE, batch_size, "inmemory", start)
    eta = kernel.rule.rate(data.default_learning_rate(batch_size))
    for reset_to in (start, Start(start.weight[::-1].copy(), -0.5)):
        if reset_to is not start:
            kernel.reset(state, reset_to)
        expected = Reference.start(reset_to)
        for order in (rng.permutation(n), rng.integers(0, n, n - 1)):
            rates = array("d", eta * rng.uniform(0.5, 1.0, -(-len(order) // batch_size)))
            kernel.epoch(state, order, rates)
            BACKEND.drain(DEVICE)
            expected = reference.epoch(expected, data, order, batch_size, rates, kernel.rule)
            distance = reference.distance(expected, *kernel.parameters(state))
            assert distance <= expected.tolerance, (name, n, d, batch_size)


def update(name: str) -> None:
    """Compare with float64 after three updates."""
    kernel, eta = REGISTRY.update[name], 0.125
    rng = np.random.default_rng(2)
    weights = [rng.standard_normal(n, dtype=np.float32) for n in (1, 50, 600)]
    gradients = [rng.standard_normal(len(w), dtype=np.float32) for w in weights]
    state = kernel.prepare(DEVICE, weights, gradients, eta)
    moved = velocity = 0.0
    for _ in range(3):
        kernel.update(state)
        velocity = kernel.rule.momentum * velocity - eta
        moved += velocity
    for w, g, read in zip(weights, gradients, kernel.parameters(state), strict=True):
        allowed = 16 * UNIT_ROUNDOFF * (np.abs(w) + abs(moved) * np.abs(g))
        assert (np.abs(read - (w + moved * g.astype(np.float64))) <= allowed).all(), name


def batches() -> None:
    """Compare with the samples themselves, in two orders of different lengths."""
    data, rng = workload(23, 3), np.random.default_rng(3)
    make = BACKEND.batches("inmemory", data, DEVICE, 5)
    for n in (23, 12, 23):
        order = rng.integers(0, 23, n)
        seen = [tuple(BACKEND.to_numpy(part) for part in batch) for batch in make(order)]
        assert [len(y) for _, y in seen] == [5] * (n // 5) + [n % 5]
        assert np.array_equal(np.concatenate([X for X, _ in seen]), data.features[order])
        assert np.array_equal(np.concatenate([y for _, y in seen]), data.labels[order])


def controls() -> None:
    """Run each control at a small size, and let it say whether it is right."""
    for name, make in BACKEND.controls(DEVICE).items():
        control = make(4 * 20**2)
        control.run()
        assert control.is_right(), name


if __name__ == "__main__":
    assert not epoch_shape(LARGE[2], LARGE[1], momentum=False).in_shared
    for case in (*CASES, LARGE):
        train("numba.cuda_epoch", *case)
    for case in CASES_WITH_MOMENTUM:
        train("numba.cuda_epoch_momentum", *case)
    update("update.numba_cuda")
    update("update.numba_cuda_momentum")
    batches()
    controls()
