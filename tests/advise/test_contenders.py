"""Which way of training is fastest, and what is not told apart from it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.advise.answer import KernelAnswer, Subject
from bench.advise.contenders import Contender, Ranking, rankings
from bench.advise.time_to_target import Advice
from bench.stats.estimate import Estimate


def epochs(**kernels: tuple[float, float]) -> pd.DataFrame:
    """Epochs at batch sizes 10 and 100: seconds at 10, and half the interval as a share."""
    table: pd.DataFrame = pd.DataFrame(
        [
            {
                "workload": "airfoil",
                "device": "cpu(0)",
                "loader": "inmemory",
                "sampling": "without-replacement",
                "kernel": kernel,
                "batch_size": size,
                "seconds": seconds * 10 / size,
                "low": seconds * 10 / size * (1 - width),
                "high": seconds * 10 / size * (1 + width),
            }
            for kernel, (seconds, width) in kernels.items()
            for size in (10, 100)
        ]
    )
    return table


def answer(
    kernel: str, product: tuple[float, float], measured: tuple[float, float] | None = None
) -> KernelAnswer:
    seconds = np.array(measured or (np.nan, np.nan))
    table = pd.DataFrame(
        {
            "batch_size": [10, 100],
            "product_seconds": product,
            "measured_seconds": seconds,
            "measured_low": 0.99 * seconds,
            "measured_high": 1.01 * seconds,
        }
    )
    subject = Subject("airfoil", "cpu(0)", kernel, "numpy", 1500)
    return KernelAnswer(subject, table, None, None, None, "none", None, None)


def made_up_advice(size: int) -> Advice:
    any_size = Estimate(10.0, 5.0, 20.0)
    return Advice(any_size, any_size, (any_size, any_size), None, False, size, pd.DataFrame())


def contest(*contenders: tuple[float, float, float], n_processes: int = 5) -> Ranking:
    ways = tuple(Contender(f"k{n}", 10, *times) for n, times in enumerate(contenders))
    return Ranking("airfoil", "cpu(0)", "epoch", ways, n_processes)


def test_without_steps_epochs_are_compared_at_the_smallest_size_that_all_share() -> None:
    (found,) = rankings(epochs(slow=(2.0, 0.01), fast=(1.0, 0.01)), (), 5)
    assert found.quantity == "epoch"
    assert [one.kernel for one in found.contenders] == ["fast", "slow"]
    assert found.winner.batch_size == 10
    assert found.rivals == ()


def test_with_steps_each_counts_at_the_size_that_suits_it() -> None:
    rows = epochs(a=(1.0, 0.01), b=(2.0, 0.05))
    answers = [answer("a", (3.0, 4.0)), answer("b", (5.0, 2.0))]
    (found,) = rankings(rows, answers, 5)
    assert found.quantity == "computed"
    assert [(one.kernel, one.batch_size) for one in found.contenders] == [("b", 100), ("a", 10)]
    assert found.winner.low == pytest.approx(2.0 * 0.95)
    assert found.winner.high == pytest.approx(2.0 * 1.05)


def test_the_advised_size_counts_unless_another_is_clearly_sooner() -> None:
    rows, advised = epochs(a=(1.0, 0.01)), made_up_advice(10)
    for times, size in (((4.3, 4.0), 10), ((4.5, 4.0), 100)):
        (found,) = rankings(rows, [replace(answer("a", times), advice=advised)], 5)
        assert found.winner.batch_size == size


def test_whole_trainings_count_only_where_all_were_timed() -> None:
    rows = epochs(a=(1.0, 0.01), b=(2.0, 0.05))
    timed = [answer("a", (3.0, 4.0), (3.5, 5.0)), answer("b", (5.0, 2.0), (6.0, 4.0))]
    (found,) = rankings(rows, timed, 5)
    assert found.quantity == "measured"
    assert [one.seconds for one in found.contenders] == [3.5, 4.0]
    (found,) = rankings(rows, [timed[0], answer("b", (5.0, 2.0))], 5)
    assert found.quantity == "computed"


def test_what_reads_samples_as_they_lie_or_from_a_loader_does_not_count() -> None:
    rows = epochs(limit=(0.5, 0.01), loaded=(0.6, 0.01), fair=(1.0, 0.01))
    rows.loc[rows["kernel"] == "limit", "sampling"] = "sequential"
    rows.loc[rows["kernel"] == "loaded", "loader"] = "dataloader"
    (found,) = rankings(rows, (), 5)
    assert [one.kernel for one in found.contenders] == ["fair"]


def test_intervals_that_overlap_are_not_told_apart() -> None:
    assert contest((1.0, 0.9, 1.1), (1.2, 1.05, 1.3)).rivals[0].kernel == "k1"
    assert contest((1.0, 0.9, 1.1), (1.2, 1.11, 1.3)).rivals == ()


def test_one_process_tells_apart_only_what_processes_would() -> None:
    near = ((1.0, 0.999, 1.001), (1.05, 1.049, 1.051))
    assert contest(*near, n_processes=5).rivals == ()
    assert [one.kernel for one in contest(*near, n_processes=1).rivals] == ["k1"]
    far = ((1.0, 0.999, 1.001), (1.2, 1.19, 1.21))
    assert contest(*far, n_processes=1).rivals == ()


def test_without_an_interval_nothing_is_told_apart() -> None:
    nan = float("nan")
    assert len(contest((1.0, nan, nan), (9.0, 8.9, 9.1)).rivals) == 1
    assert len(contest((1.0, 0.9, 1.1), (9.0, nan, nan)).rivals) == 1


@given(st.lists(st.floats(0.1, 10.0), min_size=2, max_size=6), st.floats(0.0, 0.2))
def test_the_fastest_is_no_rival_of_itself_and_equals_always_are(
    seconds: list[float], width: float
) -> None:
    ordered = sorted(seconds)
    found = contest(*((s, s * (1 - width), s * (1 + width)) for s in ordered))
    assert found.winner not in found.rivals
    equal = [one for one in found.contenders[1:] if one.seconds == found.winner.seconds]
    assert set(equal) <= set(found.rivals)
