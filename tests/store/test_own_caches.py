"""Of a cache that many share no machine has all, whatever it is told."""

from __future__ import annotations

import pytest

from bench.advise.roofline import caches
from bench.history.pools import cache_bytes_of
from bench.store.facts import own_bytes

KIB, MIB = 2**10, 2**20


@pytest.mark.parametrize(
    ("size", "shared_by", "own"),
    [
        (32 * MIB, 2, 32 * MIB),  # one chiplet of EPYC, told to two cores
        (480 * MIB, 2, 64 * MIB),  # all of a processor with 120 cores, told to two
        (480 * MIB, 240, 480 * MIB),  # … and to all of them
        (512 * MIB, 16, 512 * MIB),
        (48 * KIB, 1, 48 * KIB),
        (480 * MIB, None, 480 * MIB),
        (None, 2, None),
        (0, 2, None),
    ],
)
def test_it_is_at_most_what_a_core_has_of_the_largest(
    size: int | None, shared_by: int | None, own: int | None
) -> None:
    assert own_bytes({"size_bytes": size, "shared_by": shared_by}) == own


def test_the_roofline_and_the_controls_of_memory_go_by_it() -> None:
    fingerprint = {
        "cores_usable": 2,
        "caches": [
            {"level": 1, "type": "Data", "size_bytes": 48 * KIB, "shared_by": 1},
            {"level": 3, "type": "Unified", "size_bytes": 480 * MIB, "shared_by": 2},
        ],
    }
    assert caches(fingerprint, "cpu(0)") == (("L1", 96 * KIB), ("L3", 64 * MIB))
    assert cache_bytes_of(fingerprint) == 64 * MIB
