"""A process of its own: its environment is its own, its failures come back as sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bench.measure import worker as workers
from bench.measure.gate import GateError
from bench.measure.protocol import DivergedError, Protocol
from bench.measure.worker import Worker, WorkerError
from bench.selection.matrix import availability
from data.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PARAMS = {
    "workload": "synthetic-60x2",
    "kernel": "mine.asks",
    "device": "cpu(0)",
    "loader": "inmemory",
    "batch_size": 20,
}
PROTOCOL = Protocol(epochs=2, seconds_per_case=1e-3)
KERNEL = '''
"""Right; it prints, and does what the batch size says."""
import os
import sys
from kernels.train.numpy_closed_form import NumpyClosedForm

class Mine(NumpyClosedForm):
    name = "mine.asks"
    operator = os.environ.get("MINE", "nothing was set")

    def prepare(self, workload, device, batch_size, loader, start):
        print("noise on standard output")
        if batch_size == 7:
            os._exit(3)
        if batch_size == 8:
            raise ZeroDivisionError("no way")
        return super().prepare(workload, device, batch_size, loader, start)

    def step(self, state, X, y, eta):
        super().step(state, X, y, -eta if len(y) == 9 else eta)

KERNEL = Mine()
'''


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("kernels")
    (made / "mine.py").write_text(KERNEL)
    return made


@pytest.fixture
def worker(folder: Path) -> Iterator[Worker]:
    made = Worker({"MINE": "set for it"}, [folder])
    yield made
    made.close()


def test_a_worker_measures_under_its_own_environment(worker: Worker) -> None:
    for _ in range(2):
        measured = worker.measure(PARAMS, PROTOCOL)
        assert measured.facts["operator"] == "set for it"
        assert measured.facts["verified"] is True
        assert len(measured.rounds) >= 2
        assert all(one.drained_seconds >= one.enqueued_seconds > 0 for one in measured.rounds)
        assert measured.group == "epoch synthetic-60x2 cpu(0) inmemory B20"


@pytest.mark.parametrize(
    ("changed", "error", "says"),
    [
        ({"batch_size": 9}, GateError, "mine.asks on cpu.* is wrong, so it is not timed"),
        ({"workload": "mnist"}, DataError, "there is no workload 'mnist'"),
        ({"batch_size": 8}, WorkerError, "^ZeroDivisionError: no way$"),
        ({"kernel": "nobody's"}, WorkerError, "^KeyError"),
    ],
)
def test_what_goes_wrong_there_is_raised_here_and_the_worker_lives_on(
    worker: Worker, changed: dict[str, Any], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        worker.measure({**PARAMS, **changed}, PROTOCOL)
    assert worker.measure(PARAMS, PROTOCOL).facts["verified"] is True


def test_too_large_a_rate_is_the_same_error_as_here(worker: Worker) -> None:
    protocol = Protocol(epochs=2, seconds_per_case=1e-3, learning_rate=100.0)
    with pytest.raises(DivergedError, match="give a smaller --learning-rate"):
        worker.measure(PARAMS, protocol)


def test_a_worker_that_ends_is_told_with_its_exit_code(worker: Worker) -> None:
    with pytest.raises(WorkerError, match="ended with exit code 3"):
        worker.measure({**PARAMS, "batch_size": 7}, PROTOCOL)
    with pytest.raises(WorkerError):
        worker.measure(PARAMS, PROTOCOL)


def test_the_engine_is_the_one_that_was_asked_for(tmp_path: Path) -> None:
    answer = availability("mxnet", "cpu(0)")
    if not answer:
        pytest.skip(str(answer))
    (tmp_path / "mine.py").write_text(
        KERNEL.replace(
            "numpy_closed_form import NumpyClosedForm", "nd_closed_form import NdClosedForm"
        )
        .replace("NumpyClosedForm", "NdClosedForm")
        .replace('os.environ.get("MINE", "nothing was set")', '"unknown"')
        .replace(
            "return super().prepare(",
            "from kernels.backends.mxnet.imports import mx\n"
            "        import time\n"
            "        a = mx.nd.ones((1000, 1000))\n"
            "        mx.nd.waitall()\n"
            "        begin = time.perf_counter()\n"
            "        b = mx.nd.dot(a, a)\n"
            "        called = time.perf_counter() - begin\n"
            "        mx.nd.waitall()\n"
            "        all_of_it = time.perf_counter() - begin\n"
            "        self.operator = 'waited' if called > all_of_it / 2 else 'left'\n"
            "        return super().prepare(",
        )
    )
    params = {**PARAMS, "loader": "inmemory"}
    found = {}
    for engine in ("NaiveEngine", "ThreadedEnginePerDevice"):
        naive = Worker({"MXNET_ENGINE_TYPE": engine}, [tmp_path])
        found[engine] = naive.measure(params, PROTOCOL).facts["operator"]
        naive.close()
    assert found == {"NaiveEngine": "waited", "ThreadedEnginePerDevice": "left"}


def test_closing_ends_a_worker_that_is_busy(folder: Path) -> None:
    busy = Worker({}, [folder])
    assert busy._process.stdin is not None
    busy._process.stdin.write("{\n")
    busy.close()
    busy.close()
    assert busy._process.returncode is not None


def test_answers_are_json() -> None:
    request = {"params": PARAMS, "protocol": {"epochs": 1, "seconds_per_case": 0.01}}
    assert workers.answer(request, [])["error"] == "KeyError"
