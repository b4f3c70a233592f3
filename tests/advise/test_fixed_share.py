"""What does not go with the work is found from two sizes, on the line that made them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.advise.proportionality import fixed_shares


def rows(work: list[float], seconds: list[float], **facts: Any) -> pd.DataFrame:
    cells: dict[str, Any] = {"case": "update", "kernel": "k", "device": "cpu(0)", **facts}
    table: pd.DataFrame = pd.DataFrame(
        {"bytes_moved": work, "seconds": seconds, "n_steps": 1.0, **cells}
    )
    return table


@given(
    fixed=st.floats(0, 1),
    sizes=st.lists(st.sampled_from([2.0**n for n in range(12)]), min_size=2, unique=True),
)
def test_on_a_line_the_fixed_share_is_exact_at_every_size(
    fixed: float, sizes: list[float]
) -> None:
    seconds = [fixed + (1 - fixed) * size for size in sizes]
    expected = [fixed / one for one in seconds]
    assert fixed_shares(rows(sizes, seconds)).tolist() == pytest.approx(expected, abs=1e-9)


def test_the_next_size_with_twice_the_work_tells_or_else_the_one_before_with_half() -> None:
    # 1.5 and 3.5 are too near to their neighbours; what they took must not matter.
    shares = fixed_shares(rows([1, 1.5, 2, 3.5, 4], [1, 99, 1, 99, 2]))
    assert shares[0] == 1.0  # by 2
    assert shares[2] == 0.0  # by 4
    assert shares[4] == 0.0  # by 2
    alone = fixed_shares(rows([1, 1.5], [1, 2]))
    assert alone.isna().all()


def test_noise_leaves_it_between_nothing_and_everything() -> None:
    assert fixed_shares(rows([1, 2], [2, 1])).tolist() == [1.0, 1.0]
    assert fixed_shares(rows([1, 2], [1, 9])).tolist() == [0.0, 0.0]


def test_an_epochs_time_and_work_are_those_of_a_step() -> None:
    # 8 steps of 1 and 2 of 4, each with 3 s of its own beside 1 s a byte.
    epochs = rows([8, 8], [8 * 4.0, 2 * 7.0]).assign(n_steps=[8.0, 2.0])
    assert fixed_shares(epochs).tolist() == pytest.approx([3 / 4, 3 / 7])


@pytest.mark.parametrize("key", ["case", "workload", "kernel", "device", "loader", "n_tensors"])
def test_only_cases_of_one_series_tell_of_one_another(key: str) -> None:
    table = rows([1, 2, 4], [1, 2, 4]).assign(**{key: ["one", "one", "other"]})
    shares = fixed_shares(table)
    assert np.isnan(shares[2])
    assert shares[:1].tolist() == [0.0]
    unknown = rows([1, 2], [1, 2]).assign(**{key: np.nan})  # as an update's workload
    assert fixed_shares(unknown).tolist() == [0.0, 0.0]
