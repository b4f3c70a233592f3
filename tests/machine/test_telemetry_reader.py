import os

import pytest

from bench.machine import telemetry as module
from bench.machine import threads
from bench.machine.counters import GpuReading, NoTelemetry, Reading
from bench.machine.telemetry import SystemTelemetry, TelemetryReader, change, marks


class FakeGpuReader:
    def __init__(self, uuid: str) -> None:
        self.uuid = uuid

    def read(self) -> GpuReading:
        return GpuReading(self.uuid, temperature_celsius=41)


def test_the_host_and_the_gpus_that_are_named_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GpuReader", FakeGpuReader)
    read = SystemTelemetry(["GPU-2", "GPU-1"]).read()
    assert [gpu.uuid for gpu in read.gpus] == ["GPU-2", "GPU-1"]
    assert read.gpus[0].temperature_celsius == 41
    assert read.own_cpu_seconds is not None
    assert SystemTelemetry().read().gpus == ()


def test_a_bound_process_counts_its_own_cpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.setattr(threads, "AT_START", (0,))
    assert SystemTelemetry().read().n_cpus == 1
    assert SystemTelemetry(cpus=(0, 1)).read().n_cpus == 2
    monkeypatch.setattr(threads, "AT_START", ())  # the system does not tell
    assert SystemTelemetry().read().n_cpus == 8


def test_without_telemetry_nothing_is_known_and_nothing_marked() -> None:
    reader: TelemetryReader = NoTelemetry()
    assert reader.read() == Reading()
    assert marks(change(reader.read(), reader.read()), 1.0) == ()


def test_a_real_round_can_be_judged() -> None:
    reader: TelemetryReader = SystemTelemetry()
    before = reader.read()
    found = change(before, reader.read())
    assert found.seconds is not None
    assert isinstance(marks(found, found.seconds), tuple)
