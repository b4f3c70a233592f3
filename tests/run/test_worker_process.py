"""Real processes: a setting of their own, answers, and every way of giving none."""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from bench.measure.gate import GateError
from bench.measure.protocol import DivergedError, Protocol
from bench.plan.matrix import availability
from bench.plan.tasks import Setting
from bench.run.launcher import Code, EndedError, NoAnswerError, SubprocessLauncher
from bench.run.single_case import Elsewhere, ElsewhereError
from bench.run.worker import answer
from data.errors import DataError
from tests.run import misbehaving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import FrameType

    from bench.run.launcher import WorkerProcess

LIMIT = 600.0
PROTOCOL = Protocol(epochs=2, seconds_per_case=1e-3)
PARAMS = {
    "workload": "synthetic-60x2",
    "kernel": "mine.sgd",
    "device": "cpu(0)",
    "loader": "inmemory",
    "batch_size": 20,
}


def request(**changed: Any) -> dict[str, Any]:
    return {
        "module": "bench_epoch",
        "params": {**PARAMS, **changed},
        "protocol": asdict(PROTOCOL),
        "kind": "time",
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return misbehaving.folder_of(tmp_path_factory.mktemp("kernels"))


@pytest.fixture
def worker(folder: Path) -> Iterator[WorkerProcess]:
    launched = SubprocessLauncher((folder,)).launch(Setting({"MINE": "set for it"}, (0,)))
    yield launched
    launched.close()


def test_it_measures_under_its_own_setting(worker: WorkerProcess) -> None:
    for _ in range(2):
        answer = worker.ask(request(), LIMIT)
        assert answer["facts"]["operator"] == "set for it"
        assert answer["facts"]["verified"] is True
        assert len(answer["rounds"]) >= 2
        assert answer["group"] == "epoch synthetic-60x2 cpu(0) inmemory B20"
    assert psutil.Process(worker.pid).cpu_affinity() == [0]


def test_what_it_prints_is_no_answer(worker: WorkerProcess) -> None:
    assert "rounds" in worker.ask(request(batch_size=misbehaving.NOISY), LIMIT)


@pytest.mark.parametrize(
    ("changed", "kind", "says"),
    [
        ({"batch_size": misbehaving.WRONG}, "GateError", "is wrong, so it is not timed"),
        ({"workload": "mnist"}, "DataError", "there is no workload 'mnist'"),
        ({"batch_size": misbehaving.RAISES}, "ZeroDivisionError", "no way"),
        ({"kernel": "nobody's"}, "KeyError", "nobody's"),
        ({"batch_size": misbehaving.NO_MEMORY}, "MemoryError", "9 EiB"),
    ],
)
def test_what_goes_wrong_there_is_told_and_it_lives_on(
    worker: WorkerProcess, changed: dict[str, Any], kind: str, says: str
) -> None:
    answer = worker.ask(request(**changed), LIMIT)
    assert answer["error"] == kind
    assert says in answer["message"]
    assert answer["out_of_memory"] is (kind == "MemoryError")
    assert "rounds" in worker.ask(request(), LIMIT)


@pytest.mark.parametrize("kind", ["time", "check"])
def test_a_tracer_sees_nothing_of_what_is_timed(folder: Path, kind: str) -> None:
    seen = set()

    def tracer(frame: FrameType, _event: str, _argument: object) -> None:
        seen.add(frame.f_code.co_name)

    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        told = answer({**request(), "kind": kind}, [folder])
        assert sys.gettrace() is tracer
    finally:
        sys.settrace(before)
    assert "facts" in told
    assert "answer" in seen
    assert not seen & {"time_calls", "plain_loop", "step", "prepare"}


def test_its_end_is_told_with_its_exit_code_and_its_last_words(worker: WorkerProcess) -> None:
    with pytest.raises(EndedError, match="exit code 3: the reason is told here"):
        worker.ask(request(batch_size=misbehaving.EXITS), LIMIT)


def test_a_segmentation_fault_is_told_by_its_name(worker: WorkerProcess) -> None:
    with pytest.raises(EndedError, match="SIGSEGV") as ended:
        worker.ask(request(batch_size=misbehaving.SEGFAULTS), LIMIT)
    assert not ended.value.killed


def test_one_that_is_killed_is_told_so(worker: WorkerProcess) -> None:
    os.kill(worker.pid, signal.SIGKILL)
    with pytest.raises(EndedError, match="SIGKILL") as ended:
        worker.ask(request(), LIMIT)
    assert ended.value.killed


def test_one_that_hangs_is_given_up_after_the_limit_and_can_be_ended(
    worker: WorkerProcess, tmp_path: Path
) -> None:
    assert "rounds" in worker.ask(request(), LIMIT)  # it has started
    begin = time.monotonic()
    with pytest.raises(NoAnswerError, match="no answer within 1 s"):
        worker.ask(request(batch_size=misbehaving.HANGS), 1.0)
    assert time.monotonic() - begin >= 1.0
    worker.close()
    # A file that is opened now may get the number of the closed pipe: it is not ours.
    with (tmp_path / "another").open("w") as another:
        worker.close()
        another.write("still open")
        another.flush()
    assert not psutil.pid_exists(worker.pid)


@pytest.mark.parametrize(
    ("changed", "error", "says"),
    [
        ({"batch_size": misbehaving.WRONG}, GateError, "is wrong, so it is not timed"),
        ({"workload": "mnist"}, DataError, "there is no workload 'mnist'"),
        ({"batch_size": misbehaving.RAISES}, ElsewhereError, "^ZeroDivisionError: no way$"),
        ({"batch_size": misbehaving.EXITS}, ElsewhereError, "ended with exit code 3"),
    ],
)
def test_measured_elsewhere_it_raises_here_and_the_next_case_is_measured(
    folder: Path, changed: dict[str, Any], error: type[Exception], says: str
) -> None:
    elsewhere = Elsewhere((folder,))
    with pytest.raises(error, match=says):
        elsewhere.measure("bench_epoch", {**PARAMS, **changed}, PROTOCOL, {})
    measured = elsewhere.measure("bench_epoch", PARAMS, PROTOCOL, {})
    assert all(one.drained_seconds >= one.enqueued_seconds > 0 for one in measured.rounds)
    elsewhere.close()


def test_too_large_a_rate_is_the_same_error_as_here(folder: Path) -> None:
    elsewhere = Elsewhere((folder,))
    protocol = Protocol(epochs=2, seconds_per_case=1e-3, learning_rate=100.0)
    with pytest.raises(DivergedError, match="give a smaller --learning-rate"):
        elsewhere.measure("bench_epoch", PARAMS, protocol, {})
    elsewhere.close()


@pytest.mark.slow
def test_the_engine_is_the_one_that_was_asked_for(tmp_path: Path) -> None:
    answer = availability("mxnet", "cpu(0)")
    if not answer:
        pytest.skip(str(answer))
    (tmp_path / "mine.py").write_text(
        misbehaving.KERNEL.replace("numpy_closed_form", "nd_closed_form")
        .replace("NumpyClosedForm", "NdClosedForm")
        .replace('os.environ.get("MINE", "nothing was set")', '"unknown"')
        .replace(
            "\n        return super().prepare(",
            "\n        from kernels.backends.mxnet.imports import mx\n"
            "        a = mx.nd.ones((1000, 1000))\n"
            "        mx.nd.waitall()\n"
            "        shares = []\n"
            "        for _ in range(5):\n"
            "            begin = time.perf_counter()\n"
            "            b = mx.nd.dot(a, a)\n"
            "            called = time.perf_counter() - begin\n"
            "            mx.nd.waitall()\n"
            "            shares.append(called / (time.perf_counter() - begin))\n"
            "        self.operator = 'waited' if min(shares) > 0.5 else 'left'\n"
            "        return super().prepare(",
        )
    )
    elsewhere = Elsewhere((tmp_path,))
    found = {
        engine: elsewhere.measure(
            "bench_epoch", PARAMS, PROTOCOL, {"MXNET_ENGINE_TYPE": engine}
        ).facts["operator"]
        for engine in ("NaiveEngine", "ThreadedEnginePerDevice")
    }
    elsewhere.close()
    assert found == {"NaiveEngine": "waited", "ThreadedEnginePerDevice": "left"}


def test_a_process_can_measure_in_turns(worker: WorkerProcess) -> None:
    """It says when it waits, measures while it may, and says how much it did in each turn."""
    worker.send({**request(), "alternate": True})
    turns = 0
    while "waits" in (said := worker.receive(LIMIT)):
        turns += 1
        worker.send({"seconds": 0.0})
    assert turns == len(said["slices"]) == len(said["rounds"])
    assert set(said["slices"]) == {1}


def test_a_process_takes_the_kernels_of_another_tree(tmp_path: Path) -> None:
    (tmp_path / "kernels").mkdir()
    (tmp_path / "kernels" / "__init__.py").write_text("raise ImportError('another tree')")
    launched = SubprocessLauncher(code=Code(tree=tmp_path)).launch(Setting())
    answer = launched.ask(request(), LIMIT)
    launched.close()
    assert answer["message"] == "another tree"
