"""``sgd.cu`` itself, run on the CPU thread by thread, matches the float64 reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from kernels.cuda import source
from kernels.cuda.geometry import Launch
from kernels.rule import PLAIN, VELOCITY_WITH_RATE
from tests.cuda.emulated_training import Case, worst_distance

if TYPE_CHECKING:
    from kernels.rule import UpdateRule
    from tests.cuda.emulated import Emulation

pytestmark = pytest.mark.slow
UNIT_ROUNDOFF = 2.0**-24
RULES = pytest.mark.parametrize("rule", [PLAIN, VELOCITY_WITH_RATE], ids=["plain", "momentum"])

#: One block of threads: batches that divide the order (of n - 1 samples)
#: and don't, that are all of it and more; rows that one lane holds and 2, 16 and 32; rows
#: for the wide way; fewer rows than threads and more.
ALONE = [
    Case(13, 4, 1, 1, 32),
    Case(25, 4, 6, 1, 32),
    Case(25, 4, 7, 1, 64),
    Case(101, 4, 100, 1, 64),
    Case(24, 4, 30, 1, 32),
    Case(22, 1, 4, 1, 32),
    Case(41, 5, 11, 1, 64),
    Case(51, 33, 20, 1, 64),
    Case(51, 64, 17, 1, 32),
    Case(30, 128, 7, 1, 64),
    Case(30, 129, 7, 1, 64),
    Case(9, 132, 4, 1, 96),
    Case(5, 7000, 3, 1, 32),
    Case(2, 4, 1, 1, 32),
]
#: Blocks that wait for each other: with no row for some, with several tiles of columns each.
TOGETHER = [
    Case(41, 4, 17, 3, 32),
    Case(121, 4, 40, 2, 32),
    Case(24, 5, 6, 2, 64),
    Case(41, 33, 20, 2, 64),
    Case(30, 130, 7, 3, 64),
    Case(5, 200, 3, 5, 32),
]


@RULES
@pytest.mark.parametrize("case", [*ALONE, *TOGETHER], ids=lambda case: "-".join(map(str, case)))
def test_an_epoch(emulation: Emulation, case: Case, rule: UpdateRule) -> None:
    assert worst_distance(emulation, case, rule) <= 1


@pytest.mark.parametrize("offset", [0, 1, 2, 3])
@pytest.mark.parametrize("n", [1, 2, 5, 64, 1001])
@pytest.mark.parametrize("grid", [1, 3])
@RULES
def test_an_update(
    emulation: Emulation, n: int, grid: int, offset: int, rule: UpdateRule
) -> None:
    # Arrays of NumPy are aligned to 16 bytes, so the offset is that of the alignment.
    rng = np.random.default_rng(n)
    w, g, v = (rng.standard_normal(n + offset, np.float32) for _ in range(3))
    guard = np.arange(5, dtype=np.float32)
    w, v = np.append(w, guard), np.append(v, guard)
    eta, mu = 0.125, rule.momentum
    before = w[offset : offset + n].astype(np.float64)
    velocity = v[offset : offset + n].astype(np.float64)
    launch = Launch(grid, 32)
    if rule.momentum:
        arrays = (w[offset:], g[offset:], v[offset:])
        emulation.launch(source.MOMENTUM_UPDATE, launch, *arrays, eta, mu, n)
        velocity = np.float32(mu) * velocity - eta * g[offset:]
        allowed = 4 * UNIT_ROUNDOFF * (np.abs(velocity) + 1)
        assert (np.abs(v[offset : offset + n] - velocity) <= allowed).all()
        expected = before + velocity
    else:
        emulation.launch(source.UPDATE, launch, w[offset:], g[offset:], eta, n)
        expected = before - eta * g[offset:]
    allowed = 4 * UNIT_ROUNDOFF * (np.abs(before) + np.abs(expected) + 1)
    assert (np.abs(w[offset : offset + n] - expected) <= allowed).all()
    np.testing.assert_array_equal(w[offset + n :], guard)
    np.testing.assert_array_equal(v[offset + n :], guard)


def test_an_update_of_arrays_that_are_aligned_differently(emulation: Emulation) -> None:
    n = 50
    rng = np.random.default_rng(n)
    w, g = rng.standard_normal(n, np.float32), rng.standard_normal(n + 1, np.float32)
    expected = w - np.float32(0.5) * g[1:]
    emulation.launch(source.UPDATE, Launch(1, 32), w, g[1:], 0.5, n)
    np.testing.assert_allclose(w, expected, rtol=0, atol=4 * UNIT_ROUNDOFF)


def test_the_same_epoch_gives_the_same_bits(emulation: Emulation) -> None:
    case = Case(41, 33, 20, 3, 64)
    first = worst_distance(emulation, case)
    assert worst_distance(emulation, case) == first
