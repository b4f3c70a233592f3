"""The fake device, registered as a backend for the time of a test; a tracer."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

import pytest

from kernels.backends import BACKENDS
from tests.measure.fake_device import FakeBackend, FakeDevice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> FakeDevice:
    fake = FakeDevice()
    monkeypatch.setitem(BACKENDS, FakeBackend.name, FakeBackend(fake))
    return fake


@pytest.fixture
def tracer() -> Iterator[Callable[..., None]]:
    """Trace this thread and new ones, as coverage and debuggers do."""

    def nothing(*_: object) -> None:
        pass

    before = sys.gettrace(), threading.gettrace()
    sys.settrace(nothing)
    threading.settrace(nothing)
    yield nothing
    sys.settrace(before[0])
    threading.settrace(before[1])
