"""What is said of a machine whose processor is faster for a while, and slower for another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from bench.history.decision import cpu_frequency, decide
from bench.history.evidence import split
from bench.history.pools import CPU_FREQUENCY, MEMORY, pools, watched
from bench.history.rule import RULE
from bench.history.verdicts import by_frequency, causes
from bench.stats.verdict import Margins
from tests.history.made_up_histories import all_watched, noise, series

if TYPE_CHECKING:
    from bench.history.decision import CpuFrequency
    from bench.stats.medians import Floats

WATCHED = all_watched()
NAMES = [pool.name for pool in WATCHED.pools]
FREQUENCY_POOL = WATCHED.pools[NAMES.index(CPU_FREQUENCY)]
RUN = pd.DataFrame({"run": ["one"], "fingerprint": ["{}"]})
KEYS = series()["key"].tolist()
SMALL = [n for n, key in enumerate(KEYS) if key.startswith("small")]
#: Half an hour of runs at a time.
DRIFT = np.repeat([0.0, -0.05, 0.01, -0.03], 6)[:, None]


def drifting(shares: Floats | float = 1.0, spread: float = 0.004) -> Floats:
    return noise(len(DRIFT), spread) + DRIFT * shares


def clock_of(logs: Floats) -> CpuFrequency:
    return cpu_frequency(logs, WATCHED.pools, WATCHED.on_processor)


def test_the_clock_is_told_by_what_never_leaves_the_processor() -> None:
    assert FREQUENCY_POOL.machine
    assert len(FREQUENCY_POOL.parts) == 3
    told = {KEYS[place] for place in FREQUENCY_POOL.members}
    assert not any(key.endswith((str(128 * 2**20), str(64 * 2**20))) for key in told)
    assert any("empty" in key for key in told)


def test_what_the_clock_did_is_taken_out() -> None:
    logs = drifting()
    found = clock_of(logs)
    assert np.allclose(found.moved - found.moved[0], DRIFT[:, 0], atol=0.01)
    assert np.std(found.without(logs), axis=0).max() < 0.008
    assert found.moved_in(logs).tolist() == found.moved.tolist()


def test_of_a_case_that_shares_half_of_it_half_is_taken_out() -> None:
    shares = np.ones(len(KEYS))
    shares[SMALL] = 0.5
    found = clock_of(drifting(shares))
    assert np.allclose(found.share[SMALL], 0.5, atol=0.1)
    assert np.allclose(np.delete(found.share, SMALL), 1.0, atol=0.2)
    assert found.share_std.max() < 0.15


def test_a_clock_that_never_moved_says_nothing_of_the_shares() -> None:
    found = clock_of(noise(20, 1e-4))
    assert np.allclose(found.share, 1.0, atol=0.05)
    assert np.allclose(found.share_std, RULE.frequency_share_std, atol=0.05)


def test_what_is_told_wrongly_of_the_clock_pulls_no_share_down() -> None:
    """Each control goes its own way, and their middle moves a little: that is no clock."""
    rng = np.random.default_rng(5)
    logs = 0.004 * rng.standard_normal((43, len(KEYS)))
    found = clock_of(logs)
    assert found.share[SMALL].min() > 0.7
    assert found.share_std[SMALL].min() > 0.2


def test_a_clock_that_moved_as_never_before_leaves_a_change_uncertain() -> None:
    logs = noise(20, 0.001)
    calm = decide(logs, WATCHED)
    logs[-1] += 0.05
    found = decide(logs, WATCHED)
    assert np.all(found.series.error[SMALL] > 2 * calm.series.error[SMALL])
    assert not found.of_series.sign.any()


def test_part_of_the_machine_is_not_the_clock() -> None:
    logs = noise(20)
    (cache,) = [pool for pool in WATCHED.pools if pool.name == "cache"]
    logs[-3:, list(cache.members)] += 0.06
    found = decide(logs, WATCHED)
    assert abs(clock_of(logs).moved[-1]) < 0.02
    assert {name for name, sign in zip(NAMES, found.of_pools.sign, strict=True) if sign} == {
        "cache"
    }


def test_a_clock_that_comes_and_goes_flags_nothing_and_hides_nothing() -> None:
    logs = drifting()
    assert not decide(logs, WATCHED).of_series.sign.any()
    logs[-3:, SMALL] += 0.05
    found = decide(logs, WATCHED)
    assert np.flatnonzero(found.of_series.sign).tolist() == SMALL
    assert np.allclose(found.series.change[SMALL], 0.05, atol=0.01)
    assert {causes(found, WATCHED)[place] for place in SMALL} == {"code"}
    assert np.allclose(found.by_frequency[SMALL], clock_of(logs).moved[-1], atol=0.01)


@pytest.mark.parametrize("by", [0.15, -0.15])
def test_a_clock_that_is_slower_for_good_is_the_machine_s(by: float) -> None:
    logs = noise(24)
    logs[-3:] += by
    fresh = noise(3, seed=99) + by
    found = decide(logs, WATCHED, fresh)
    sign = int(np.sign(by))
    assert {name: int(one) for name, one in zip(NAMES, found.of_pools.sign, strict=True)} == {
        name: sign * (name == CPU_FREQUENCY) for name in NAMES
    }
    assert np.all(found.of_series.sign[~WATCHED.controls] == sign)
    assert not found.of_series.sign[WATCHED.controls].any()
    assert found.of_series.confirmed[SMALL].all()
    assert np.allclose(found.series.change[SMALL], by, atol=0.02)
    for place in SMALL:
        cause = causes(found, WATCHED)[place]
        assert cause == f"machine ({CPU_FREQUENCY})"


def test_a_kernel_that_slows_down_besides_the_clock_is_the_code() -> None:
    logs = noise(24)
    logs[-3:] += 0.15
    logs[-3:, SMALL] += 0.2
    found = decide(logs, WATCHED)
    assert found.of_pools.sign[NAMES.index(CPU_FREQUENCY)] == 1
    assert np.allclose(found.series.change[SMALL], 0.2, atol=0.1)
    assert {causes(found, WATCHED)[place] for place in SMALL} <= {"code", ""}


def test_what_was_measured_again_without_the_clock_confirms_nothing() -> None:
    logs = drifting()
    logs[-3:, SMALL] += 0.05
    fresh = noise(3, seed=99)
    fresh[:, SMALL] += 0.05
    assert decide(logs, WATCHED, fresh).of_series.confirmed[SMALL].all()
    fresh[:, list(FREQUENCY_POOL.members)] = np.nan
    assert not decide(logs, WATCHED, fresh).of_series.confirmed.any()


@pytest.mark.parametrize("gone", [slice(-1, None), slice(0, -7)])
def test_without_controls_today_or_before_nothing_is_taken_out(gone: slice) -> None:
    logs = drifting()
    logs[gone, list(FREQUENCY_POOL.members)] = np.nan
    found = clock_of(logs)
    assert found.place == -1
    before, _ = split(len(logs))
    there = np.isfinite(logs[before])
    assert np.array_equal(found.without(logs[before])[there], logs[before][there])
    assert not decide(logs, WATCHED).by_frequency.any()


def test_an_earlier_run_without_controls_tells_nothing_of_what_the_clock_moves() -> None:
    logs = drifting()
    logs[3, list(FREQUENCY_POOL.members)] = np.nan
    found = clock_of(logs)
    assert np.isnan(found.without(logs)[3]).all()
    assert decide(logs, WATCHED).series.earlier.n[SMALL].tolist() == [20.0] * 3


def test_what_runs_on_another_device_is_left_as_it_is() -> None:
    rows = series()
    rows.loc[SMALL, "device"] = "gpu(0)"
    watch = watched(RUN, rows, Margins())
    logs = drifting()
    found = cpu_frequency(logs, watch.pools, watch.on_processor)
    assert found.place >= 0
    assert np.array_equal(found.without(logs)[:, SMALL], logs[:, SMALL])
    logs[2, list(FREQUENCY_POOL.members)] = np.nan
    again = cpu_frequency(logs, watch.pools, watch.on_processor)
    assert np.array_equal(again.without(logs)[:, SMALL], logs[:, SMALL])


def test_two_parts_that_move_apart_can_t_say_which_is_the_clock() -> None:
    rows = series()
    few = rows[~rows["key"].str.contains("matmul")].reset_index(drop=True)
    assert CPU_FREQUENCY not in {pool.name for pool in pools(few)}
    watch = watched(RUN, few, Margins())
    logs = drifting()[:, ~rows["key"].str.contains("matmul")]
    assert cpu_frequency(logs, watch.pools, watch.on_processor).place == -1
    assert not decide(logs, watch).by_frequency.any()


def test_memory_is_judged_without_the_clock_too() -> None:
    logs = drifting()
    (memory,) = [n for n, pool in enumerate(WATCHED.pools) if pool.name == MEMORY]
    logs[-3:, list(WATCHED.pools[memory].members)] += 0.05
    found = decide(logs, WATCHED)
    assert found.of_pools.sign[memory] == 1
    assert found.pools.change[memory] == pytest.approx(0.05, abs=0.01)


def test_a_clock_that_hardly_moved_is_not_spoken_of() -> None:
    assert by_frequency(0.005) == ""
    assert "5.1% slower" in by_frequency(0.05)
    assert "4.9% faster" in by_frequency(-0.05)


def test_what_is_measured_again_minutes_later_does_not_confirm_a_clock() -> None:
    confirmed = []
    for n_slower in (1, 3):
        logs = noise(44)
        logs[-n_slower:] += 0.2
        found = decide(logs, WATCHED, noise(3, seed=99) + 0.2)
        assert found.of_pools.sign[NAMES.index(CPU_FREQUENCY)] == 1
        assert found.of_series.sign[SMALL].all()
        confirmed.append(bool(found.of_pools.confirmed[NAMES.index(CPU_FREQUENCY)]))
        assert set(found.of_series.confirmed[SMALL]) == {confirmed[-1]}
    assert confirmed == [False, True]
