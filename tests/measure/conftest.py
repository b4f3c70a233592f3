"""The fake device, registered as a backend for the time of a test."""

from __future__ import annotations

import pytest

from kernels.backends import BACKENDS
from tests.measure.fake_device import FakeBackend, FakeDevice


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> FakeDevice:
    fake = FakeDevice()
    monkeypatch.setitem(BACKENDS, FakeBackend.name, FakeBackend(fake))
    return fake
