"""Cases on GPUs are estimated from trying them out there, in processes that have ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bench.measure.protocol import Protocol
from bench.plan import duration
from bench.plan.tasks import Setting, Task, estimate_key
from bench.run.launcher import SubprocessLauncher
from bench.run.rule import RULE
from bench.run.trials import estimates_of
from data.errors import DataError
from kernels.registry import discover
from tests.run import misbehaving
from tests.run.fake_launcher import CRASH, HANG, error

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

PROTOCOL = Protocol(epochs=2, seconds_per_case=1e-3)
SETTING = Setting({"MINE": "set"}, (0,))


def task(name: str, device: str, backend: str = "fake") -> Task:
    return Task("bench_epoch", name, {"device": device}, f"{backend} {device[:3]}")


CPU, FIRST, SECOND, OTHER = (
    task("cpu", "cpu(0)"),
    task("first", "gpu(0)"),
    task("second", "gpu(1)"),
    task("other", "gpu(0)", "another"),
)


class Processes:
    """Stands in for processes: each gives the next answer, or raises it."""

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers)
        self.requests: list[tuple[Mapping[str, Any], float]] = []
        self.settings: list[Setting] = []
        self.n_open = 0

    def launch(self, setting: Setting) -> Processes:
        assert not self.n_open, "a GPU may take one process at a time"
        self.n_open += 1
        self.settings.append(setting)
        return self

    def ask(self, request: Mapping[str, Any], limit_seconds: float) -> dict[str, Any]:
        self.requests.append((request, limit_seconds))
        answer = self._answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        found: dict[str, Any] = answer
        return found

    def close(self) -> None:
        self.n_open -= 1


@pytest.fixture
def tried_here(monkeypatch: pytest.MonkeyPatch) -> list[Task]:
    tasks: list[Task] = []

    def estimated(_: Any, __: Any, given: Sequence[Task]) -> dict[str, float]:
        tasks.extend(given)
        return {estimate_key(one): 7.0 for one in given}

    monkeypatch.setattr(duration, "estimates_of", estimated)
    return tasks


def test_each_library_tries_its_cases_on_gpus_out_in_one_process(
    tried_here: list[Task],
) -> None:
    answers = ({"time first": 1.0, "time second": 2.0}, {"time other": 3.0})
    processes = Processes(*({"facts": one} for one in answers))
    tasks = [FIRST, CPU, OTHER, SECOND]
    found = estimates_of(discover(), PROTOCOL, tasks, SETTING, processes)
    assert found == {"time cpu": 7.0, **answers[0], **answers[1]}
    assert tried_here == [CPU]
    assert processes.settings == [SETTING, SETTING]
    assert processes.n_open == 0
    sent = [[one["id"] for one in asked["params"]["tasks"]] for asked, _ in processes.requests]
    assert sent == [["first", "second"], ["other"]]
    assert {limit for _, limit in processes.requests} == {RULE.trial_seconds}


@pytest.mark.parametrize("answer", [CRASH, HANG, error("RuntimeError", "no GPU after all")])
@pytest.mark.usefixtures("tried_here")
def test_of_a_library_that_comes_to_nothing_no_time_is_known(answer: Any) -> None:
    processes = Processes(answer, {"facts": {"time other": 3.0}})
    found = estimates_of(discover(), PROTOCOL, [FIRST, CPU, OTHER], SETTING, processes)
    assert found == {"time cpu": 7.0, "time other": 3.0}
    assert processes.n_open == 0


@pytest.mark.usefixtures("tried_here")
def test_data_that_are_not_there_are_an_error_there_too() -> None:
    processes = Processes(error("DataError", "the file is gone"))
    with pytest.raises(DataError, match="the file is gone"):
        estimates_of(discover(), PROTOCOL, [FIRST], SETTING, processes)
    assert processes.n_open == 0


@pytest.mark.slow
def test_a_real_process_tries_a_kernel_of_a_folder_out(tmp_path: Path) -> None:
    folder = misbehaving.folder_of(tmp_path)
    params = {
        "workload": "synthetic-60x2",
        "kernel": "mine.sgd",
        "device": "gpu(0)",  # to a kernel of NumPy all devices are one
        "loader": "inmemory",
        "batch_size": 20,
    }
    tasks = [Task("bench_epoch", "mine", params, "numpy gpu")]
    launcher = SubprocessLauncher((folder,))
    found = estimates_of(discover(), PROTOCOL, tasks, Setting(), launcher)
    assert found.keys() == {"time mine", "time later mine"}
    assert 0 < found["time later mine"] <= found["time mine"] < 60
