import json
from dataclasses import replace
from typing import Any

import pytest

from bench.machine.counters import GpuReading, Reading
from bench.machine.telemetry import Change, GpuChange, change, columns

BEFORE = Reading(
    monotonic_seconds=100.0,
    n_cpus=2,
    steal_seconds=5.0,
    busy_seconds=1000.0,
    own_cpu_seconds=10.0,
    thread_cpu_seconds=8.0,
    involuntary_switches=7,
    voluntary_switches=20,
    minor_faults=300,
    major_faults=1,
    run_delay_seconds=0.5,
    threads={1: (8.0, 0.5), 2: (2.0, 0.1)},
    pressure_cpu_seconds=1.0,
    pressure_memory_seconds=2.0,
    pressure_io_seconds=3.0,
    load=0.5,
)
AFTER = Reading(
    monotonic_seconds=101.0,
    n_cpus=2,
    steal_seconds=5.25,
    busy_seconds=1001.5,
    own_cpu_seconds=11.0,
    thread_cpu_seconds=8.75,
    involuntary_switches=9,
    voluntary_switches=24,
    minor_faults=310,
    major_faults=1,
    run_delay_seconds=0.75,
    threads={1: (8.75, 0.75), 2: (2.25, 0.1)},
    pressure_cpu_seconds=1.125,
    pressure_memory_seconds=2.5,
    pressure_io_seconds=3.0,
    load=0.75,
)
GPU = GpuReading("GPU-1", 0x1, 2.0, 3.0, 500.0, 60, 1410, 9751, 4, 0, 0)


def of_gpus(before: GpuReading, after: GpuReading) -> GpuChange:
    (found,) = change(replace(BEFORE, gpus=(before,)), replace(AFTER, gpus=(after,))).gpus
    return found


def test_counters_become_differences() -> None:
    assert change(BEFORE, AFTER) == Change(
        seconds=1.0,
        n_cpus=2,
        load=0.75,
        foreign_cpu_seconds=0.5,
        waited_seconds=0.0,
        steal_seconds=0.25,
        busy_seconds=1.5,
        own_cpu_seconds=1.0,
        thread_cpu_seconds=0.75,
        involuntary_switches=2,
        voluntary_switches=4,
        minor_faults=10,
        major_faults=0,
        run_delay_seconds=0.25,
        pressure_cpu_seconds=0.125,
        pressure_memory_seconds=0.5,
        pressure_io_seconds=0.0,
    )


def test_what_one_reading_lacks_is_unknown() -> None:
    for before, after in ((Reading(), AFTER), (BEFORE, Reading()), (Reading(), Reading())):
        found = change(before, after)
        assert found.seconds is None
        assert found.foreign_cpu_seconds is None
        assert found.waited_seconds is None
        assert found.major_faults is None


def test_others_never_used_less_than_nothing() -> None:
    coarse = replace(AFTER, busy_seconds=1000.5)
    assert change(BEFORE, coarse).foreign_cpu_seconds == 0.0


def test_a_counter_that_shrinks_has_not_grown() -> None:
    found = change(BEFORE, replace(AFTER, steal_seconds=4.0, involuntary_switches=0))
    assert (found.steal_seconds, found.involuntary_switches) == (0.0, 0)


@pytest.mark.parametrize(
    ("threads", "own", "waited"),
    [
        # The other thread ran for 0.25 s: the first may have waited for it alone.
        ({1: (8.75, 0.75), 2: (2.25, 0.1)}, 11.0, 0.0),
        # It waited for longer than the other ran: the rest was someone else.
        ({1: (8.75, 1.25), 2: (2.25, 0.1)}, 11.0, 0.5),
        # A worker that waits counts as much as the thread that times.
        ({1: (8.0, 0.5), 2: (2.25, 0.5)}, 10.25, 0.4),
        # The longest counts, not the sum: both may have waited at once.
        ({1: (8.0, 0.75), 2: (2.0, 0.2)}, 10.0, 0.25),
        # One that was not there before can't be judged.
        ({1: (8.0, 0.5), 3: (9.0, 9.0)}, 10.0, 0.0),
    ],
)
def test_waiting_for_others_is_what_our_own_threads_cannot_explain(
    threads: dict[int, tuple[float, float]], own: float, waited: float
) -> None:
    found = change(BEFORE, replace(AFTER, threads=threads, own_cpu_seconds=own))
    assert found.waited_seconds == pytest.approx(waited)


def test_without_a_thread_in_both_readings_waiting_is_unknown() -> None:
    assert change(replace(BEFORE, threads={3: (0.0, 0.0)}), AFTER).waited_seconds is None


def test_of_a_gpu_the_worst_of_both_readings_counts() -> None:
    after = GpuReading("GPU-1", 0x40, 2.5, 3.0, 650.0, 75, 1200, 9751, 5, 0, 2)
    found = of_gpus(GPU, after)
    assert found == GpuChange("GPU-1", 0x41, 0.5, 0.0, 150.0, 75, 1200, 9751, 1, 0, 2)
    other_way = of_gpus(replace(GPU, foreign_processes=3, sm_clock_mhz=900), after)
    assert (other_way.foreign_processes, other_way.sm_clock_mhz) == (3, 900)


def test_what_one_reading_of_a_gpu_tells_is_kept() -> None:
    found = of_gpus(GpuReading("GPU-1"), GPU)
    assert (found.throttle_reasons, found.temperature_celsius) == (0x1, 60)
    assert found.energy_joules is None
    assert of_gpus(GpuReading("GPU-1"), GpuReading("GPU-1")) == GpuChange("GPU-1")


def test_columns_hold_what_happened_and_name_what_is_unknown() -> None:
    rows = [
        Change(
            minor_faults=7, steal_seconds=0.0, major_faults=0, waited_seconds=1 / 3, load=0.0
        ),
        Change(minor_faults=7, steal_seconds=0.0, major_faults=2, waited_seconds=None),
    ]
    found = columns(rows)
    unread = found.pop("unread")
    assert found == {
        "minor_faults": 7,
        "major_faults": [0, 2],
        "waited_seconds": [0.3333333, None],
        "load": [0.0, None],
    }
    assert {"foreign_cpu_seconds", "pressure_cpu_seconds"} <= set(unread)
    assert not {"steal_seconds", "gpus", "n_cpus", *found} & set(unread)


def test_columns_of_gpus_are_by_uuid_with_reasons_by_name() -> None:
    gpu = GpuChange("GPU-1", throttle_reasons=0x44, energy_joules=1.5, ecc_corrected=0)
    quiet = GpuChange("GPU-2", throttle_reasons=0)
    found: dict[str, Any] = columns([Change(gpus=(gpu, quiet))] * 2)["gpus"]
    assert found["GPU-1"]["throttle_reasons"] == ["power cap", "hardware thermal slowdown"]
    assert found["GPU-1"]["energy_joules"] == 1.5
    assert "ecc_corrected" not in {*found["GPU-1"], *found["GPU-1"]["unread"]}
    assert set(found["GPU-2"]) == {"unread"}


def test_columns_can_be_written_as_json_and_are_empty_without_rounds() -> None:
    found = columns([change(replace(BEFORE, gpus=(GPU,)), replace(AFTER, gpus=(GPU,)))])
    assert json.loads(json.dumps(found)) == found
    assert columns([]) == {"unread": []}
