from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from bench.history.decision import Decided, decide
from bench.history.verdicts import causes
from tests.history.made_up_histories import all_watched, noise, series

if TYPE_CHECKING:
    from bench.stats.medians import Floats

WATCHED = all_watched()
NAMES = [pool.name for pool in WATCHED.pools]
KEYS = series()["key"].tolist()
SMALL = [n for n, key in enumerate(KEYS) if key.startswith("small")]
LARGE = [n for n, key in enumerate(KEYS) if key.startswith("large")]
MEMORY = list(WATCHED.pools[NAMES.index("memory")].members)


def stepped(places: list[int], n_after: int, by: float = 0.05, n_runs: int = 20) -> Floats:
    logs = noise(n_runs)
    logs[-n_after:, places] += np.log1p(by)
    return logs


def test_nothing_is_flagged_where_nothing_changed() -> None:
    for seed in range(20):
        found = decide(noise(20, seed=seed), WATCHED)
        assert not found.of_series.sign.any()
        assert not found.of_pools.sign.any()


def test_a_slower_kernel_is_the_code_and_its_cases_are_named() -> None:
    found = decide(stepped(SMALL, 2), WATCHED)
    assert np.flatnonzero(found.of_series.sign).tolist() == SMALL
    assert {causes(found, WATCHED)[place] for place in SMALL} == {"code"}
    assert not [
        name
        for name, sign in zip(NAMES, found.of_pools.sign, strict=True)
        if sign and "," not in name
    ]


def test_slower_memory_is_the_machine_and_what_leans_on_it_is_not_the_code() -> None:
    found = decide(stepped([*MEMORY, *LARGE], 2), WATCHED)
    assert found.of_pools.sign[NAMES.index("memory")] == 1
    for place in LARGE:
        assert found.of_series.sign[place] == 1
        assert causes(found, WATCHED)[place] == "machine (memory)"
    assert not found.of_series.sign[SMALL].any()


def test_a_case_that_slows_down_far_more_than_the_machine_is_the_code() -> None:
    logs = stepped(MEMORY, 2)
    logs[-2:, LARGE] += np.log(1.3)
    found = decide(logs, WATCHED)
    assert {causes(found, WATCHED)[place] for place in LARGE} <= {"code", ""}


def test_a_machine_that_slows_down_far_more_is_not_why_a_case_does() -> None:
    logs = stepped(LARGE, 2, 0.06)
    logs[-2:, MEMORY] += np.log(1.3)
    found = decide(logs, WATCHED)
    assert found.of_series.sign[LARGE].all()
    for place in LARGE:
        assert causes(found, WATCHED)[place] == ""


def test_a_faster_kernel_is_flagged_as_faster() -> None:
    found = decide(stepped(SMALL, 3, -0.08), WATCHED)
    assert found.of_series.sign[SMALL].tolist() == [-1, -1, -1]


def test_one_run_that_went_astray_among_the_earlier_ones_moves_nothing() -> None:
    logs = stepped(SMALL, 2)
    clean = decide(logs, WATCHED)
    logs[7] += 0.5
    found = decide(logs, WATCHED)
    assert found.of_series.sign.tolist() == clean.of_series.sign.tolist()
    assert np.allclose(found.series.change, clean.series.change, atol=0.005)


def test_a_run_that_tells_nothing_is_passed_over() -> None:
    logs = stepped(SMALL, 2)
    gap = np.insert(logs, len(logs) - 1, np.nan, axis=0)
    assert _same(decide(gap, WATCHED), decide(logs, WATCHED))


def _same(one: Decided, other: Decided) -> bool:
    return bool(
        np.array_equal(one.of_series.sign, other.of_series.sign)
        and np.allclose(one.series.change, other.series.change, equal_nan=True)
    )


def test_a_single_run_has_to_say_more_than_several() -> None:
    alone, twice = (decide(stepped(SMALL, n, 0.032), WATCHED) for n in (1, 2))
    assert not alone.of_series.sign[SMALL].any()
    assert twice.of_series.sign[SMALL].all()


@pytest.mark.parametrize(("by", "confirmed"), [(0.05, True), (0.0, False), (-0.05, False)])
def test_only_a_fresh_measurement_that_shows_it_confirms(by: float, confirmed: bool) -> None:
    fresh = noise(3, seed=99)
    fresh[:, SMALL] += np.log1p(by)
    found = decide(stepped(SMALL, 2), WATCHED, fresh)
    assert found.of_series.sign[SMALL].all()
    assert found.of_series.confirmed[SMALL].tolist() == [confirmed] * 3


def test_what_earlier_runs_did_by_themselves_confirms_nothing() -> None:
    logs = stepped(SMALL, 2, n_runs=40)
    logs[10:35:5, SMALL] += 0.04
    fresh = noise(3, seed=99)
    fresh[:, SMALL] += 0.05
    found = decide(logs, WATCHED, fresh)
    assert found.of_series.sign[SMALL].all()
    assert not found.of_series.confirmed[SMALL].any()


def test_what_was_not_measured_again_is_not_confirmed() -> None:
    fresh = np.full((3, len(KEYS)), np.nan)
    found = decide(stepped(SMALL, 3), WATCHED, fresh)
    assert not found.of_series.confirmed.any()


def test_two_runs_that_say_so_each_alone_confirm_each_other_and_one_does_not() -> None:
    once, twice = (decide(stepped(SMALL, n, 0.12, 40), WATCHED) for n in (1, 2))
    assert once.of_series.sign[SMALL].all()
    assert not once.of_series.confirmed[SMALL].any()
    assert twice.of_series.confirmed[SMALL].all()


def test_without_controls_nobody_says_that_it_is_the_code() -> None:
    logs = stepped(SMALL, 2)
    logs[:, [n for n in range(len(KEYS)) if n not in {*SMALL, *LARGE}]] = np.nan
    found = decide(logs, WATCHED)
    assert found.of_series.sign[SMALL].all()
    assert "code" not in causes(found, WATCHED)


def test_too_few_earlier_runs_flag_nothing_whatever_happens() -> None:
    logs = noise(5)
    logs[-1] += 1.0
    assert not decide(logs, WATCHED).of_series.sign.any()
