"""The streams of PyTorch and CuPy, on stand-ins for both: what each call enqueues."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from kernels.backends.cupy import stream as cupy_stream
from kernels.backends.held_stream import FLUSHED_BYTES, timed
from kernels.backends.torch import stream as torch_stream


class Event:
    """An event of either library, that the GPU comes to after 3 ms."""

    def __init__(self, done: list[str], *, enable_timing: bool = True) -> None:
        assert enable_timing
        self._done = done

    def record(self) -> None:
        self._done.append("event")

    def query(self) -> bool:
        return False

    done = False

    def synchronize(self) -> None:
        self._done.append("wait")

    def elapsed_time(self, end: Event) -> float:
        return 3.0


def torch_of(done: list[str]) -> Any:
    def memory(n_bytes: int, dtype: object, device: object) -> Any:
        assert n_bytes == FLUSHED_BYTES
        return SimpleNamespace(zero_=lambda: done.append("flush"))

    cuda = SimpleNamespace(
        Event=lambda enable_timing: Event(done, enable_timing=enable_timing),
        _sleep=lambda cycles: done.append(f"hold {cycles}"),
    )
    return SimpleNamespace(cuda=cuda, empty=memory, uint8="uint8")


def cupy_of(done: list[str]) -> Any:
    def memory(n_bytes: int, dtype: object) -> Any:
        assert n_bytes == FLUSHED_BYTES
        return SimpleNamespace(fill=lambda value: done.append("flush"))

    def kernel(source: str, name: str) -> Any:
        assert f'extern "C" __global__ void {name}(' in source
        return lambda grid, block, arguments: done.append(f"hold {arguments[0]}")

    cuda = SimpleNamespace(
        Event=lambda: Event(done), get_elapsed_time=lambda begin, end: begin.elapsed_time(end)
    )
    return SimpleNamespace(cuda=cuda, empty=memory, RawKernel=kernel, uint8=np.uint8)


@pytest.mark.parametrize(
    ("module", "stand_in", "make", "held"),
    [
        (
            torch_stream,
            ("torch", torch_of),
            lambda: torch_stream.TorchStream("cuda:0"),
            3_000_000,
        ),
        (cupy_stream, ("cupy", cupy_of), lambda: cupy_stream.CupyStream(0), 1_000_000),
    ],
)
def test_a_cold_call_is_enqueued_behind_the_wait_and_the_flush(
    module: Any, stand_in: Any, make: Any, held: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    name, library = stand_in
    monkeypatch.setattr(module, name, library(done))
    module._flushed.cache_clear()
    taken = timed(make(), lambda: done.append("work"), cold=True)
    module._flushed.cache_clear()
    assert done == ["flush", f"hold {held}", "flush", "event", "work", "event", "wait"]
    assert taken == (3e-3, True)
