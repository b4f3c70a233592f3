from __future__ import annotations

from typing import Any

import pytest

from bench.machine import fingerprint, threads
from bench.machine.fingerprint import fingerprint_id

STABLE = {"cpu_model": "Example CPU", "gpus": []}
CPU = {"brand_raw": "Example CPU", "count": 8}
CLOCK = {"hz_actual": [2_999_998_000, 0], "hz_actual_friendly": "3.0000 GHz"}


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fingerprint, "fresh_fingerprint", lambda: dict(STABLE))
    monkeypatch.setattr(fingerprint, "volatile", lambda: {"load_1_minute": 0.5})
    monkeypatch.setattr(threads, "pools", lambda: {"libgomp": 2})


def test_the_fingerprint_is_added_and_volatile_values_are_kept_apart() -> None:
    info: dict[str, Any] = {"node": "example", "cpu": {**CPU, **CLOCK}}
    fingerprint.extend(info)
    assert info == {
        "node": "example",
        "cpu": CPU,
        "fingerprint": STABLE,
        "fingerprint_id": fingerprint_id(STABLE),
        "volatile": {"load_1_minute": 0.5, **CLOCK, "thread_pools": {"libgomp": 2}},
    }


def test_a_machine_without_processor_details_is_described_too() -> None:
    info: dict[str, Any] = {}
    fingerprint.extend(info)
    assert info["fingerprint"] == STABLE
    assert info["volatile"] == {"load_1_minute": 0.5, "thread_pools": {"libgomp": 2}}


def test_two_moments_differ_in_volatile_values_alone() -> None:
    one: dict[str, Any] = {"cpu": {**CPU, **CLOCK}}
    other: dict[str, Any] = {"cpu": {**CPU, "hz_actual": [1, 0]}}
    fingerprint.extend(one)
    fingerprint.extend(other)
    assert one.pop("volatile") != other.pop("volatile")
    assert one == other
