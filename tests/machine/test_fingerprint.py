import json
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.machine import gpu as module
from bench.machine.fingerprint import fingerprint, fingerprint_id, volatile
from bench.machine.processor import Machine
from bench.machine.rule import RULE
from tests.machine.recorded_machine import STATE, Nvml, machine, write


@pytest.fixture
def nvml(monkeypatch: pytest.MonkeyPatch) -> Nvml:
    known = Nvml()
    monkeypatch.setattr(module, "gpu_facts", lambda uuid, _nvml: known.facts[uuid])
    monkeypatch.setattr(module, "gpu_state", lambda uuid, _nvml: known.state[uuid])
    return known


def test_two_calls_agree_on_the_real_machine() -> None:
    assert fingerprint() == fingerprint()


def test_both_can_be_written_as_json() -> None:
    for record in (fingerprint(), volatile()):
        assert json.loads(json.dumps(record)) == record


def test_two_days_of_one_machine_have_one_fingerprint(
    tmp_path: Path, nvml: Nvml, monkeypatch: pytest.MonkeyPatch
) -> None:
    early = machine(tmp_path, mhz=3000.0)
    write(tmp_path, {"proc/pressure/cpu": "some avg10=0.00 avg60=0.00 avg300=0.00 total=0"})
    before, before_volatile = fingerprint(early), volatile(early)
    # The next day: after a boot, in the heat, with others at work.
    nvml.state["GPU-1"] = dict.fromkeys(STATE, 1)
    monkeypatch.setattr(psutil, "cpu_freq", lambda: SimpleNamespace(current=800.0))
    monkeypatch.setattr(psutil, "getloadavg", lambda: (99.0, 98.0, 97.0))
    monkeypatch.setattr(psutil, "boot_time", lambda: 0.0)
    hot = {"coretemp": [SimpleNamespace(current=95.0)]}
    monkeypatch.setattr(psutil, "sensors_temperatures", lambda: hot, raising=False)
    late = machine(tmp_path, mhz=800.0, available=1, total=2**34 + 4096)
    write(tmp_path, {"proc/pressure/cpu": "some avg10=55.50 avg60=9.00 avg300=1.00 total=9"})
    assert fingerprint(late) == before
    assert fingerprint_id(fingerprint(late)) == fingerprint_id(before)
    late_volatile = volatile(late)
    changed = {key for key, value in late_volatile.items() if value != before_volatile[key]}
    assert changed >= {*late_volatile} - {"utc"}
    assert not before_volatile.keys() & before.keys() - {"gpus"}


def test_a_boot_that_keeps_a_little_more_memory_changes_nothing(
    tmp_path: Path, nvml: Nvml
) -> None:
    sizes = (2**34 - 9 * 2**20, 2**34, 2**34 + 4096)
    found = {fingerprint(machine(tmp_path, total=size))["memory_bytes"] for size in sizes}
    assert found == {2**34}
    more = fingerprint(machine(tmp_path, total=2**34 + RULE.memory_step_bytes))
    assert more["memory_bytes"] != 2**34


def test_the_id_is_twelve_hexadecimal_digits_and_moves_with_any_value() -> None:
    # The first 12 digits of: printf '{"a":1}' | sha256sum
    assert fingerprint_id({"a": 1}) == "015abd7f5cc5"
    assert fingerprint_id({"a": 2}) != fingerprint_id({"a": 1})


@given(
    st.dictionaries(
        st.text(),
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    )
)
def test_the_id_survives_the_order_of_keys_and_a_trip_through_json(
    fp: dict[str, object],
) -> None:
    backwards = dict(reversed(fp.items()))
    assert fingerprint_id(backwards) == fingerprint_id(fp)
    assert fingerprint_id(json.loads(json.dumps(fp))) == fingerprint_id(fp)


@pytest.mark.parametrize(
    ("files", "percent"),
    [
        ({}, None),
        ({"proc/pressure/io": "some avg10=1.25 avg60=0.00"}, {"io": 1.25}),
    ],
)
def test_pressure_is_the_share_of_the_last_seconds(
    tmp_path: Path, files: dict[str, str], percent: dict[str, float] | None
) -> None:
    write(tmp_path, files)
    found = volatile(Machine(root=tmp_path, gpus=list))
    assert found["pressure_percent"] == percent


def test_an_unreadable_clock_and_an_odd_sensor_are_none_not_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse() -> None:
        raise FileNotFoundError

    monkeypatch.setattr(psutil, "cpu_freq", refuse)
    monkeypatch.setattr(psutil, "sensors_temperatures", dict, raising=False)
    found = volatile(Machine(gpus=list))
    assert (found["cpu_clock_mhz"], found["temperature_celsius"]) == (None, None)


def test_the_hottest_reading_of_each_sensor_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    reads = {"coretemp": [SimpleNamespace(current=40.0), SimpleNamespace(current=55.0)]}
    monkeypatch.setattr(psutil, "sensors_temperatures", lambda: reads, raising=False)
    assert volatile(Machine(gpus=list))["temperature_celsius"] == {"coretemp": 55.0}
