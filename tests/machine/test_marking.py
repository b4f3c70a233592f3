from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.machine.gpu import Reason
from bench.machine.telemetry import (
    Change,
    GpuChange,
    is_untrusted,
    marks,
)
from bench.store.marks import MARKS

#: One second of work on one of four cores, with nothing else about.
QUIET = Change(
    seconds=1.0,
    n_cpus=4,
    load=1.0,
    foreign_cpu_seconds=0.02,
    waited_seconds=0.0,
    steal_seconds=0.0,
    busy_seconds=1.02,
    own_cpu_seconds=1.0,
    thread_cpu_seconds=1.0,
    involuntary_switches=5,
    voluntary_switches=0,
    minor_faults=100,
    major_faults=0,
    run_delay_seconds=0.0,
    pressure_cpu_seconds=0.01,
    pressure_memory_seconds=0.0,
    pressure_io_seconds=0.0,
    throttled_periods=0,
    gpus=(GpuChange("GPU-1", 0, 0.0, 0.0, 100.0, 60, 1410, 9751, 0, 0, 0),),
)


def marked(drained_seconds: float = 1.0, /, **changes: Any) -> tuple[str, ...]:
    return marks(replace(QUIET, **changes), drained_seconds)


def gpu_marked(**changes: Any) -> tuple[str, ...]:
    return marked(gpus=(QUIET.gpus[0], replace(QUIET.gpus[0], **changes)))


def test_a_quiet_round_bears_no_mark() -> None:
    assert marked() == ()


@pytest.mark.parametrize("seconds", [1e-6, 1.0])
def test_what_is_unknown_is_not_held_against_a_round(seconds: float) -> None:
    assert marks(Change(), seconds) == ()
    assert marks(Change(gpus=(GpuChange("GPU-1"),)), seconds) == ()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"throttled_periods": 1}, "quota"),
        ({"steal_seconds": 0.02}, "steal"),
        ({"waited_seconds": 0.011}, "preempted"),
        ({"foreign_cpu_seconds": 2.95, "busy_seconds": 3.95}, "foreign-load"),
        ({"major_faults": 11}, "paged-in"),
        ({"pressure_memory_seconds": 0.011}, "pressure-memory"),
        ({"pressure_io_seconds": 0.5, "own_cpu_seconds": 0.9}, "pressure-io"),
    ],
)
def test_each_disturbance_alone_gives_its_one_mark(changes: dict[str, Any], code: str) -> None:
    assert marked(**changes) == (code,)


@pytest.mark.parametrize(
    "changes",
    [
        {"steal_seconds": 0.01},
        {"waited_seconds": 0.01},
        {"major_faults": 10},
        {"pressure_memory_seconds": 0.01},
        # Others use cores that were idle.
        {"foreign_cpu_seconds": 1.9, "busy_seconds": 2.9},
        # All cores work, and work for us.
        {"own_cpu_seconds": 3.96, "busy_seconds": 4.0, "foreign_cpu_seconds": 0.04},
        # … and the machine's services have a little.
        {
            "seconds": 10.0,
            "own_cpu_seconds": 39.55,
            "busy_seconds": 40.0,
            "foreign_cpu_seconds": 0.45,
        },
        # Our own threads wait for each other.
        {"pressure_cpu_seconds": 0.9, "run_delay_seconds": 0.5},
        {"involuntary_switches": 1000},
        # A disk is busy for others while we compute.
        {"pressure_io_seconds": 1.0},
        # … or while we wait for a CPU.
        {"pressure_io_seconds": 1.0, "own_cpu_seconds": 0.985, "waited_seconds": 0.01},
    ],
)
def test_just_inside_a_limit_or_of_our_own_making_gives_none(changes: dict[str, Any]) -> None:
    assert marked(**changes) == ()


def test_others_that_fill_half_the_machine_disturb_even_where_a_core_is_idle() -> None:
    assert marked(foreign_cpu_seconds=2.1, busy_seconds=2.3, own_cpu_seconds=0.2) == (
        "foreign-load",
    )


def test_a_few_ticks_of_the_kernel_in_a_short_round_are_no_foreign_load() -> None:
    # 10 ms with all four cores at work: each CPU's counter may have moved once too often.
    ours = {"seconds": 0.01, "own_cpu_seconds": 0.0, "busy_seconds": 0.04}
    assert marked(0.01, **ours, foreign_cpu_seconds=0.04) == ()
    over = {**ours, "seconds": 0.1, "busy_seconds": 0.4, "own_cpu_seconds": 0.34}
    assert marked(0.1, **over, foreign_cpu_seconds=0.06) == ("foreign-load",)


def test_a_wake_up_in_a_short_round_is_no_preemption() -> None:
    assert marked(20e-6, waited_seconds=50e-6) == ()
    assert marked(20e-6, waited_seconds=51e-6) == ("preempted",)


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"involuntary_switches": 24}, ("preempted",)),
        ({"involuntary_switches": 23}, ()),
        # Another thread of ours ran too, and may have pushed us aside.
        ({"involuntary_switches": 1000, "thread_cpu_seconds": 0.9}, ()),
        ({"involuntary_switches": None}, ()),
        ({"involuntary_switches": 1000, "thread_cpu_seconds": None}, ()),
    ],
)
def test_where_waiting_is_unknown_switches_are_counted(
    changes: dict[str, Any], codes: tuple[str, ...]
) -> None:
    assert marked(waited_seconds=None, **changes) == codes


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"throttle_reasons": Reason.HARDWARE_SLOWDOWN}, "throttled"),
        ({"throttle_reasons": Reason.THERMAL_SLOWDOWN}, "throttled"),
        ({"throttle_reasons": Reason.HARDWARE_THERMAL_SLOWDOWN}, "throttled"),
        ({"throttle_reasons": Reason.POWER_BRAKE}, "throttled"),
        (
            {"throttle_reasons": Reason.POWER_CAP, "power_violation_seconds": None},
            "throttled",
        ),
        ({"power_violation_seconds": 0.011}, "throttled"),
        ({"thermal_violation_seconds": 0.011}, "throttled"),
        ({"sm_clock_mhz": 1484, "sm_clock_set_mhz": 1980}, "gpu-slow"),
        ({"foreign_processes": 1}, "gpu-shared"),
        ({"ecc_corrected": 1}, "ecc"),
        ({"ecc_uncorrected": 1}, "ecc"),
    ],
)
def test_a_disturbed_gpu_gives_its_one_mark(changes: dict[str, Any], code: str) -> None:
    assert gpu_marked(**changes) == (code,)


@pytest.mark.parametrize(
    "changes",
    [
        {"throttle_reasons": Reason.IDLE},
        {"throttle_reasons": Reason.APPLICATION_CLOCKS},
        {"throttle_reasons": Reason.SYNC_BOOST | Reason.DISPLAY_CLOCKS},
        # The cap worked at some moment, and for no time that counts.
        {"throttle_reasons": Reason.POWER_CAP, "power_violation_seconds": 0.01},
        {"temperature_celsius": 90},
        {"sm_clock_mhz": 300},
        {"sm_clock_mhz": 1485, "sm_clock_set_mhz": 1980},
        # Somebody has locked it there.
        {
            "sm_clock_mhz": 300,
            "sm_clock_set_mhz": 1980,
            "throttle_reasons": Reason.APPLICATION_CLOCKS,
        },
    ],
)
def test_idleness_settings_and_heat_alone_mark_nothing(changes: dict[str, Any]) -> None:
    assert gpu_marked(**changes) == ()


def test_every_mark_says_what_went_on_and_what_to_do() -> None:
    for code, mark in MARKS.items():
        assert mark.code == code
        assert mark.message.endswith(".")
        assert mark.remedy.endswith(".")


@given(
    st.builds(
        Change,
        **{
            name: st.none() | st.floats(0, 1e6)
            for name in Change.__dataclass_fields__
            if name.endswith("seconds")
        },
        n_cpus=st.none() | st.integers(1, 512),
        major_faults=st.none() | st.integers(0, 10**6),
        involuntary_switches=st.none() | st.integers(0, 10**6),
    ),
    st.floats(0, 1e4),
)
def test_whatever_was_read_the_marks_are_of_the_closed_set_and_in_its_order(
    change: Change, seconds: float
) -> None:
    found = marks(change, seconds)
    assert list(found) == [code for code in MARKS if code in found]


@pytest.mark.parametrize(
    ("n_disturbed", "n_rounds", "untrusted"),
    [(0, 0, False), (0, 2, False), (1, 2, False), (2, 3, True)],
)
def test_a_case_is_untrusted_when_most_of_its_rounds_were_disturbed(
    n_disturbed: int, n_rounds: int, untrusted: bool
) -> None:
    assert is_untrusted(n_disturbed, n_rounds) is untrusted
