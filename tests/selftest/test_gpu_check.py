"""The check of a GPU: what is asked, kept, asked again, and how its answers are judged."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from bench.commands import app
from bench.commands.exits import Exit
from bench.measure.protocol import Protocol
from bench.plan import matrix
from bench.plan.request import Request, select
from bench.run.launcher import EndedError, NoAnswerError
from bench.selftest import gpu_check, gpu_parts
from bench.selftest.gpu_check import NOT_REACHED, Answer, GpuCheck, Notes
from bench.store.files import StoreError
from kernels.backends import cuda_driver
from kernels.backends.cuda_driver import CudaDevice
from kernels.contract import AVAILABLE, Availability, Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from bench.plan.tasks import Setting
    from kernels.contract import TrainKernel, UpdateKernel

H200 = CudaDevice(
    0,
    "NVIDIA H200",
    "GPU-12345678-0000-0000-0000-000000000000",
    (9, 0),
    {
        "multiprocessors": 132,
        "clock_khz": 1_980_000,
        "memory_clock_khz": 3_201_000,
        "memory_bus_bits": 6144,
        "compute_mode": "default",
    },
)
UPDATE = {
    "seconds_per_update": 9e-6,
    "device_seconds": 5e-6,
    "device_data": [5e-6],
    "device_held": True,
    "cold_seconds": 7e-6,
    "cold_data": [7e-6],
}
#: What a quiet H200 would answer.
ANSWERS: dict[str, dict[str, Any]] = {
    "gate": {"worst": 0.25},
    "sharing": {"pid": 7, "listed": [7], "others": 0, "read_seconds": 1e-4},
    "clock": {"clocks": [[0, 345], [0.2, 1200], *([at, 1980] for at in range(1, 8))]}
    | {"set_mhz": 1980},
    "bench_update": UPDATE,
    "triad": {"moved_bytes_per_second": 4.0e12},
    "matmul": {"flops_per_second": 5.0e13},
    "memory": {"allocator_peak_bytes": 2**20, "device_footprint_bytes": 2**29},
}


@dataclass
class Recorded:
    """Answers as processes on a GPU would; what is an exception is raised."""

    answers: Mapping[str, Any]
    asked: list[Mapping[str, Any]] = field(default_factory=list)
    launched: int = 0

    def launch(self, setting: Setting) -> Recorded:
        self.launched += 1
        return self

    def ask(self, request: Mapping[str, Any], limit_seconds: float) -> dict[str, Any]:
        self.asked.append(request)
        params = request["params"]
        for name in (
            params.get("kernel"),
            params.get("question"),
            params.get("control"),
            request["kind"],
            request["module"],
        ):
            if name in self.answers:
                answer = self.answers[name]
                if isinstance(answer, Exception):
                    raise answer
                return dict(answer if "error" in answer else {"facts": answer})
        raise AssertionError(request)

    def close(self) -> None:
        pass


def check_of(
    monkeypatch: pytest.MonkeyPatch, launcher: Recorded, gpu: CudaDevice = H200
) -> GpuCheck:
    """Return a check where CuPy alone can be used."""

    def runs_on(kernel: TrainKernel | UpdateKernel, device: str) -> Availability:
        if kernel.backend == "cupy":
            return AVAILABLE
        return Availability(Status.MISSING, f"{kernel.backend} is not installed.")

    monkeypatch.setattr(gpu_check, "runs_on", runs_on)
    monkeypatch.setattr(gpu_parts, "availability", lambda backend, device: AVAILABLE)
    monkeypatch.setattr(gpu_parts, "multiprocessors", lambda device: 132)
    monkeypatch.setattr(matrix, "listed_by", lambda device, backends: frozenset(backends))
    selection = select(Request(devices="gpu(0)", preset="quick"))
    return GpuCheck(selection, Protocol(1, 0.1), gpu, lambda: 100.0, launcher)


def told(
    monkeypatch: pytest.MonkeyPatch, part: str, gpu: CudaDevice = H200, **answers: Any
) -> list[Answer]:
    check = check_of(monkeypatch, Recorded({**ANSWERS, **answers}), gpu)
    return list(gpu_parts.PARTS[part](check))


@pytest.mark.parametrize(
    "part", ["gate", "grids", "processes", "clock", "device time", "peaks", "memory"]
)
def test_a_quiet_gpu_is_good(monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    found = told(monkeypatch, part)
    assert found
    assert all(one.good for one in found), found
    for one in found:
        assert "\n" not in one.line()
        assert one.line().startswith(f"ok  {part}: ")
        json.dumps(one.facts)


def test_what_can_not_be_used_is_named_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    found = told(monkeypatch, "driver")
    assert found[0].said.startswith("NVIDIA H200, compute capability 9.0, driver ")
    assert "cupy runs 7 kernels." in [one.said for one in found]
    assert "torch: missing: torch is not installed." in [one.said for one in found]


def test_an_emulated_gpu_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    emulated = CudaDevice(0, "an emulation", cuda_driver.EMULATED, (9, 0), {})
    first, *_ = told(monkeypatch, "driver", emulated)
    assert first.good is None
    assert "no GPU: the CPU emulates it" in first.said


def test_a_gpu_that_lets_nobody_in_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = CudaDevice(0, "H", "GPU-1", (9, 0), {"compute_mode": "prohibited"})
    assert [one.good for one in told(monkeypatch, "driver", closed)].count(False) == 1


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"error": "GateError", "message": "it is wrong"}, "GateError: it is wrong"),
        (NoAnswerError("no answer within 60 s"), "no answer within 60 s"),
        (EndedError("the process ended with SIGSEGV"), "SIGSEGV"),
    ],
)
def test_a_kernel_that_fails_or_hangs_does_not_end_the_gate(
    monkeypatch: pytest.MonkeyPatch, answer: Any, said: str
) -> None:
    found = told(monkeypatch, "gate", **{"cupy.momentum": answer})
    assert found[0].good is False
    # All others are held against float64 all the same.
    assert found[0].said.startswith("cupy: 15 cases, at most 25%")
    assert any(said in one.said for one in found[1:])


def test_every_grid_of_the_epoch_kernel_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    (found,) = told(monkeypatch, "grids")
    assert found.facts["grids"] == [1, *range(5, 133)]


@pytest.mark.parametrize(
    ("answers", "good", "said"),
    [
        ({"others": 2, "listed": [7, 8, 9]}, False, "2 taken for others'"),
        ({"listed": [5000]}, True, "without (a container?) the one that asked"),
        ({"listed": None}, None, "NVML does not list processes"),
    ],
)
def test_whom_nvml_lists(
    monkeypatch: pytest.MonkeyPatch, answers: Any, good: bool | None, said: str
) -> None:
    (found,) = told(monkeypatch, "processes", sharing={**ANSWERS["sharing"], **answers})
    assert found.good is good
    assert said in found.said


@pytest.mark.parametrize(
    ("clocks", "good", "said"),
    [
        ([[0, 345], [1, 900], [2, 900], [3, 900]], False, "from 345 to 900 MHz"),
        ([[0, None], [1, None]], None, "NVML does not tell it"),
    ],
)
def test_a_clock_that_stays_low(
    monkeypatch: pytest.MonkeyPatch, clocks: Any, good: bool | None, said: str
) -> None:
    (found,) = told(monkeypatch, "clock", clock={"clocks": clocks, "set_mhz": 1980})
    assert found.good is good
    assert said in found.said


@pytest.mark.parametrize(
    ("facts", "good", "said"),
    [
        ({"device_seconds": None}, None, "the library has no events"),
        ({"device_held": False}, False, "a span: the stream could not be held"),
        ({"device_seconds": 2e-5}, False, "20.0 µs by events"),
        ({"cold_seconds": 1e-6}, False, "1.00 µs cold"),
        ({"cold_seconds": None}, True, "cold: not held"),
    ],
)
def test_the_gpus_own_time(
    monkeypatch: pytest.MonkeyPatch, facts: Any, good: bool | None, said: str
) -> None:
    first, *_ = told(monkeypatch, "device time", bench_update={**UPDATE, **facts})
    assert first.good is good
    assert said in first.said


def test_more_than_the_theoretical_peak_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    above = {"moved_bytes_per_second": 6.0e12}
    triad, matmul = told(monkeypatch, "peaks", triad=above)
    assert (triad.good, matmul.good) == (False, True)
    assert "122% of the theoretical peak" in triad.said


def test_a_footprint_that_is_not_told_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = {"allocator_peak_bytes": 2**20, "device_footprint_bytes": None}
    (found,) = told(monkeypatch, "memory", memory=facts)
    assert found.good is None
    assert "taken of the GPU not told" in found.said


def test_without_the_sanitizer_it_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    (found,) = told(monkeypatch, "sanitizer")
    assert found.line() == "--  sanitizer: compute-sanitizer is not installed."


# The file, and what is asked again.


def parts(asked: list[str], bad: tuple[str, ...] = ()) -> dict[str, gpu_check.Part]:
    def part(name: str) -> gpu_check.Part:
        def ask(check: GpuCheck) -> Iterator[Answer]:
            asked.append(name)
            yield Answer(name, "first", good=True)
            yield Answer(name, "second", name not in bad, {"n": 2})

        return ask

    return {name: part(name) for name in ("one", "two", "three")}


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_every_answer_is_in_the_file_when_it_is_given(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    check, path = check_of(monkeypatch, Recorded(ANSWERS)), tmp_path / "new" / "notes.jsonl"
    given = gpu_check.run(check, parts([]), Notes(path))
    assert next(given) == Answer("one", "first", good=True)
    assert lines(path) == [{"part": "one", "said": "first", "good": True, "facts": {}}]
    assert len(list(given)) == 5
    assert len(lines(path)) == 6 + 3


def test_what_is_complete_is_not_asked_again_and_what_was_bad_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    check, path = check_of(monkeypatch, Recorded(ANSWERS)), tmp_path / "notes.jsonl"
    first = list(gpu_check.run(check, parts([], bad=("two",)), Notes(path)))
    with path.open("a") as file:
        file.write('{"part": "three", "sa')  # cut off by a power failure
    asked: list[str] = []
    again = list(gpu_check.run(check, parts(asked), Notes(path)))
    assert asked == ["two"]
    assert [one.good for one in first].count(False) == 1
    assert [one.good for one in again] == [True] * 6


def test_no_time_left_is_no_fault_and_goes_on_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    check, notes = check_of(monkeypatch, Recorded(ANSWERS)), tmp_path / "notes.jsonl"
    clock = iter([*[1.0] * 5, 0.0])
    check.left = lambda: next(clock, 0.0)
    first = list(gpu_check.run(check, parts([], bad=("two",)), Notes(notes)))
    assert [one.said for one in first].count(NOT_REACHED) == 2
    assert all(one.good is not False for one in first)
    asked: list[str] = []
    check.left = lambda: 1.0
    list(gpu_check.run(check, parts(asked), Notes(notes)))
    assert asked == ["two", "three"]


def test_a_file_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="can't be written"):
        Notes(tmp_path / "file" / "notes.jsonl")


# The command.


def command(*arguments: str) -> Any:
    return CliRunner(env={"COLUMNS": "160"}).invoke(
        app.app_of(["check"]), ["check", "--devices", "gpu(0)", *arguments]
    )


@pytest.mark.parametrize(
    ("said", "code", "end"),
    [
        (Answer("one", "well", good=True), Exit.OK, "ok  one: well"),
        (Answer("one", "no idea"), Exit.OK, "--  one: no idea"),
        (Answer("one", "wrong", good=False), Exit.FAILED, "NO  one: wrong"),
        (Answer("one", NOT_REACHED), Exit.UNCLEAR, NOT_REACHED),
    ],
)
def test_the_exit_code_says_what_was_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: Answer, code: Exit, end: str
) -> None:
    monkeypatch.setattr(cuda_driver, "devices", lambda: [H200])
    monkeypatch.setattr(
        gpu_check, "runs_on", lambda kernel, device: Availability(Status.MISSING)
    )
    monkeypatch.setattr(gpu_parts, "PARTS", {"one": lambda check: iter([said])})
    done = command("--notes", str(tmp_path), "--kernels", "cupy.*")
    assert done.exit_code == code, done.output
    assert end in done.output
    (path,) = tmp_path.iterdir()
    assert path.name.startswith("12345678-")
    assert f"Answers: {path}" in done.output


@pytest.mark.parametrize(
    ("devices", "said"),
    [
        (cuda_driver.DriverError("no driver."), "gpu(0) can't be looked at: no driver."),
        ([], "gpu(0) can't be looked at: the driver finds none."),
    ],
)
def test_without_a_gpu_one_sentence_says_so(
    monkeypatch: pytest.MonkeyPatch, devices: Any, said: str
) -> None:
    def found() -> Any:
        if isinstance(devices, Exception):
            raise devices
        return devices

    monkeypatch.setattr(cuda_driver, "devices", found)
    done = command("--kernels", "cupy.*")
    assert done.exit_code == Exit.USAGE
    assert f"ERROR: {said}" in done.output
