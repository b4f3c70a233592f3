"""The bandwidth follows the size of what is worked on, and never rises with it."""

from __future__ import annotations

from typing import Any

import pytest

from bench.advise.roofline import (
    Bandwidth,
    Ceilings,
    bandwidths,
    caches,
    ceilings,
)
from bench.advise.theory import theoretical
from bench.store import tidy
from tests.advise.made_up_machine import (
    FINGERPRINT,
    GPU,
    KIB,
    MATMUL,
    MIB,
    control,
    controls,
    run,
)


def found(benchmarks: list[dict[str, Any]], **facts: Any) -> dict[str, Ceilings]:
    document = run(benchmarks, **facts)
    return ceilings(tidy.frame(document), document["machine_info"]["fingerprint"])


def test_a_small_triad_gets_the_bandwidth_of_the_larger_ones_that_are_faster() -> None:
    roof = found(controls())["cpu(0)"]
    assert roof.flops_per_second == MATMUL
    # Three arrays each; 4 KiB was slower than 64 KiB: that is the call, not the cache.
    assert roof.bandwidth.working_sets == (12 * KIB, 192 * KIB, 3 * MIB, 384 * MIB)
    assert roof.bandwidth.bytes_per_second == (2e11, 2e11, 1e11, 2e10)


def test_the_best_library_at_each_size_makes_the_ceiling() -> None:
    rates: dict[str, Any] = {"moved_bytes_per_second": 5e10, "flops_per_second": 0.0}
    better = control("triad", 1.0, 128 * MIB, backend="torch", **rates)
    worse = control("triad", 1.0, MIB, backend="torch", **rates)
    roof = found([*controls(), better, worse])["cpu(0)"]
    assert roof.bandwidth.bytes_per_second == (2e11, 2e11, 1e11, 5e10)
    own = bandwidths(tidy.frame(run([*controls(), better])), ["backend", "device"])
    assert own["torch", "cpu(0)"] == Bandwidth((384.0 * MIB,), (5e10,))
    assert own["numba", "cpu(0)"].bytes_per_second[-1] == 2e10


def test_between_two_sizes_the_bandwidth_is_interpolated_on_log_scales() -> None:
    bandwidth = Bandwidth((100.0, 10_000.0), (4e10, 1e10))
    assert bandwidth.of(1_000) == pytest.approx(2e10)
    assert bandwidth.of(10) == pytest.approx(4e10)
    assert bandwidth.of(1e9) == pytest.approx(1e10)


def test_levels_are_those_of_all_cores_together_and_of_data() -> None:
    assert caches(FINGERPRINT, "cpu(0)") == (
        ("L1", 64 * KIB),
        ("L2", 2 * MIB),
        ("L3", 32 * MIB),
    )
    roof = found(controls())["cpu(0)"]
    sizes = (64 * KIB, 64 * KIB + 1, 2 * MIB, 32 * MIB, 32 * MIB + 1)
    assert [roof.level(size) for size in sizes] == ["L1", "L2", "L2", "L3", "memory"]
    assert roof.levels() == {"L1": 2e11, "L2": 2e11, "L3": 1e11, "memory": 2e10}


@pytest.mark.parametrize(
    "told",
    [[], None, [{"level": 1, "type": "Data", "size_bytes": None, "shared_by": 1}]],
)
def test_where_caches_are_not_told_memory_is_where_the_triad_is_slow(told: Any) -> None:
    roof = found(controls(), caches=told)["cpu(0)"]
    assert roof.caches == ()
    assert [roof.level(size) for size in (KIB, 3 * MIB, 384 * MIB)] == [
        "cache",
        "cache",
        "memory",
    ]
    # 4e10, twice the slowest, is reached on the way from 3 to 384 MiB.
    at = 3 * MIB * 128 ** (0.9163 / 1.6094)
    assert [roof.level(0.99 * at), roof.level(1.01 * at)] == ["cache", "memory"]


def test_of_a_gpu_the_cache_that_all_its_multiprocessors_share_is_known() -> None:
    table = tidy.frame(run(controls("gpu(0)")))
    told = ceilings(table, {**FINGERPRINT, "gpus": [GPU]})["gpu(0)"]
    assert told.caches == (("L2", 50 * 2.0**20),)
    assert (told.level(12e6), told.level(60e6)) == ("L2", "memory")
    other = {**FINGERPRINT, "gpus": [{**GPU, "index": 1}]}
    assert ceilings(table, other)["gpu(0)"].caches == ()


def test_what_a_gpu_could_do_in_theory_stands_beside_what_was_measured() -> None:
    roof = found(controls("gpu(0)", times=100), gpus=[GPU])["gpu(0)"]
    assert roof.theoretical == pytest.approx({"memory": 3.35232e12, "arithmetic": 6.690816e13})
    assert roof.theoretical_shares() == pytest.approx(
        {"memory": 2e12 / 3.35232e12, "arithmetic": 100 * MATMUL / 6.690816e13}
    )
    small = [one for one in controls("gpu(0)") if one["extra_info"]["n_bytes"] != 128 * MIB]
    assert found(small, gpus=[GPU])["gpu(0)"].theoretical_shares().keys() == {"arithmetic"}


@pytest.mark.parametrize(
    ("facts", "known"),
    [
        ({"clock_khz": 0}, {"memory"}),
        ({"compute_capability": "99.0"}, {"memory"}),
        ({"memory_clock_khz": None}, {"arithmetic"}),
        ({"memory_bus_bits": "wide"}, {"arithmetic"}),
        ({"tf32": True}, {"memory"}),  # its products are of other units
    ],
)
def test_without_a_fact_there_is_no_theory(facts: dict[str, Any], known: set[str]) -> None:
    assert theoretical({**GPU, **facts}).keys() == known


def test_a_cpu_has_no_theory() -> None:
    assert theoretical({}) == {}


@pytest.mark.parametrize(("capability", "lanes"), [("6.0", 64), ("8.0", 64), ("8.6", 128)])
def test_multiprocessors_differ_in_what_they_do_in_a_cycle(capability: str, lanes: int) -> None:
    gpu = {**GPU, "compute_capability": capability, "clock_khz": 1000, "multiprocessors": 1}
    assert theoretical(gpu)["arithmetic"] == 2e6 * lanes


def test_every_device_has_its_own_ceilings_and_a_gpu_not_the_processors_caches() -> None:
    both = found([*controls(), *controls("gpu(0)", times=10)])
    assert both["gpu(0)"].bandwidth.bytes_per_second[-1] == 2e11
    assert both["gpu(0)"].caches == ()
    assert both["cpu(0)"].caches != ()


@pytest.mark.parametrize("missing", ["triad", "matmul"])
def test_without_a_control_there_is_no_roof(missing: str) -> None:
    rest = [one for one in controls() if one["extra_info"]["control"] != missing]
    assert found(rest) == {}
    assert found([]) == {}
