"""Launches fit every GPU, and have blocks enough for what there is to do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.cuda import geometry

H100, T4 = 132, 40


@given(
    m=st.integers(1, 200_000),
    d=st.integers(1, 20_000),
    n_multiprocessors=st.integers(1, 200),
)
def test_every_epoch_can_be_launched(m: int, d: int, n_multiprocessors: int) -> None:
    launch = geometry.epoch_launch(m, d, n_multiprocessors)
    assert launch.block % geometry.WARP == 0
    assert geometry.WARP <= launch.block <= geometry.MOST_THREADS
    assert 0 < launch.shared_bytes <= geometry.SHARED_BYTES
    # The barrier of the grid never ends where a block waits for another's place.
    assert 1 <= launch.grid <= n_multiprocessors
    assert launch.in_shared <= (launch.grid == 1)
    if not launch.in_shared:
        assert launch.n_workspace == (1 + launch.grid) * (d + 1)


@given(n=st.integers(1, 2**31 - 1), n_multiprocessors=st.integers(1, 200))
def test_every_update_can_be_launched(n: int, n_multiprocessors: int) -> None:
    launch = geometry.update_launch(n, n_multiprocessors)
    assert 1 <= launch.grid <= geometry.UPDATE_BLOCKS * n_multiprocessors
    # All the threads together are no more than the elements need, but for one block.
    assert (launch.grid - 1) * launch.block * 4 < n


@pytest.mark.parametrize(
    ("m", "d", "grid", "block"),
    [
        (1, 4, 1, 32),
        (10, 4, 1, 32),
        (100, 4, 1, 128),
        (1500, 4, 1, 1024),
        (100, 5, 1, 224),
        (1, 4096, 1, 1024),
        (10_000, 4096, H100, 1024),
        (100_000, 4, 25, 1024),
        (1_000_000, 32, H100, 1024),
    ],
)
def test_launches_on_an_h100(m: int, d: int, grid: int, block: int) -> None:
    launch = geometry.epoch_launch(m, d, H100)
    assert (launch.grid, launch.block) == (grid, block)


@pytest.mark.parametrize("m", [1, 10, 16])
def test_4096_features_stay_in_shared_memory(m: int) -> None:
    assert geometry.epoch_launch(m, 4096, T4).in_shared


def test_more_features_than_shared_memory_holds_go_to_memory() -> None:
    launch = geometry.epoch_launch(1, 20_000, T4)
    assert launch.grid == 1
    assert not launch.in_shared
    assert launch.n_workspace == 2 * 20_001
