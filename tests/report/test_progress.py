from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bench.report.progress import Progress


def test_the_line_says_which_case_of_how_many_and_the_time_left() -> None:
    progress = Progress({f"x/bench_epoch.py::bench_epoch[{n}]": 60.0 for n in range(12)})
    first = "x/bench_epoch.py::bench_epoch[0]"
    assert progress.line(first) == "[ 1/12] about 12 min left: bench_epoch[0]"
    progress.finish(first, 60.0)
    assert progress.line("x/bench_epoch.py::bench_epoch[1]").startswith("[ 2/12] about 11 min")


@given(st.integers(1, 10), st.floats(0.1, 10.0))
def test_the_time_left_is_scaled_by_how_the_estimates_have_held(
    n_done: int, slower: float
) -> None:
    progress = Progress(dict.fromkeys(map(str, range(10)), 8.0))
    for number in range(n_done):
        progress.finish(str(number), 8.0 * slower)
    expected = (10 - n_done) * 8.0 * slower
    assert abs(progress.seconds_left() - expected) < 1e-6


def test_one_odd_case_at_the_start_does_not_decide_the_time_left() -> None:
    progress = Progress({"first": 1.0, "rest": 99.0})
    progress.finish("first", 50.0)
    assert progress.seconds_left() == 99.0


def test_a_case_that_was_not_estimated_does_not_count() -> None:
    progress = Progress({"known": 8.0})
    progress.finish("skipped", 1000.0)
    assert progress.seconds_left() == 8.0
    assert "known" in progress
    assert "skipped" not in progress
