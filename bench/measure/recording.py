"""Hands a measurement to pytest-benchmark, so that its files, tables and readers work.

The rounds are timed by ``bench.measure.rounds``, which waits for the device and keeps two
times; pytest-benchmark gets them one by one and computes its statistics from them. It has
no public way to take rounds timed elsewhere: ``_make_stats``, ``_mode`` are its own names,
and ``tests/measure/test_recording.py`` fails where a new version changes them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

    from bench.measure.measurement import Measurement


def record(benchmark: BenchmarkFixture, measurement: Measurement) -> None:
    """Put a measurement into pytest-benchmark's fixture.

    Parameters
    ----------
    benchmark : BenchmarkFixture
        Not used before.
    measurement : Measurement
        All of its rounds have as many iterations.
    """
    benchmark._mode = "bench.measure"
    benchmark.group = measurement.group
    benchmark.extra_info.update(measurement.facts)
    if benchmark.disabled:
        return
    stats = benchmark._make_stats(measurement.rounds[0].iterations)  # type: ignore[no-untyped-call]
    for one in measurement.rounds:
        stats.update(one.drained_seconds)
