"""From what NVML says to what a reader is told: each recording through a whole run."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from markupsafe import escape

import data
from bench.compare.reading import compare, stored_run
from bench.machine import gpu, telemetry
from bench.machine.counters import NoTelemetry
from bench.machine.gpu import GpuReader
from bench.machine.gpu_sharing import ROOT, UVM
from bench.machine.memory_use import DeviceMemory, HostMemory
from bench.machine.processor import Machine
from bench.measure.epoch import measure_training
from bench.measure.gate import TrainingCase
from bench.measure.peak_memory import case_memory
from bench.measure.protocol import Protocol
from bench.measure.rounds import instruments_for
from bench.plan.tasks import Outcome, Pass, RunAsked, Setting, Task
from bench.report.page.blocks import Table
from bench.report.page.one_run import Material, one_run_page
from bench.report.page.rendering import render
from bench.run import merging
from bench.stats.verdict import CaseVerdict, Margins, Verdict
from bench.store.files import read_run, write_run
from bench.store.marks import MARKS
from kernels.backends import cuda_driver
from kernels.train.numpy_closed_form import NumpyClosedForm
from tests.machine.recorded_nvml import (
    GIB,
    ME,
    MEMORY_INFO,
    RECORDINGS,
    RecordedNvml,
    Recording,
    memory,
)

if TYPE_CHECKING:
    from pathlib import Path

    from kernels.contract import Order, Rates

PROTOCOL = Protocol(epochs=3, seconds_per_case=1.0, phases=False)
N_PROCESSES = 2
PARAMS = {
    "workload": "synthetic-100x3",
    "kernel": "numpy.closed_form",
    "device": "gpu(0)",
    "loader": "inmemory",
    "batch_size": 100,
}
TASK = Task(
    "bench_epoch",
    "bench_epoch[synthetic-100x3-numpy.closed_form-gpu(0)-inmemory-B100]",
    PARAMS,
    "numpy gpu",
)


class Steady(NumpyClosedForm):
    """A kernel whose epochs take the same time, by a clock that nothing else moves."""

    seconds_per_epoch = 2.0**-7
    now = 0.0

    def epoch(self, state: Any, order: Order, learning_rates: Rates) -> None:
        super().epoch(state, order, learning_rates)
        self.now += self.seconds_per_epoch


def case_of(kernel: Steady) -> TrainingCase:
    return TrainingCase(
        data.load(str(PARAMS["workload"])), kernel, "gpu(0)", "inmemory", batch_size=100
    )


class Machines:
    """Measures on machines of which there is a recording.

    Parameters
    ----------
    folder : Path
        Holds what ``/proc`` would, and the runs.
    """

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self._folder, self._patch = folder, patch
        patch.setenv(ROOT, str(ME))
        # Of the host nothing is read: no test depends on what else this machine does.
        patch.setattr(telemetry, "HostReader", lambda cpus: NoTelemetry())
        patch.setattr(merging, "pytest_benchmark_generate_machine_info", dict)
        patch.setattr(merging, "commit_info", dict)

    def run(
        self,
        recording: Recording,
        *,
        on: Recording | None = None,
        memory: dict[str, Any] | None = None,
    ) -> Path:
        """Measure in several processes, and write the run.

        Parameters
        ----------
        on : Recording, optional
            Of the machine that the run says it is of.
        memory : dict, optional
            What the memory pass found.
        """
        outcomes = [
            Outcome(number, TASK.id, Pass.TIME, 1.0, self.answer(recording))
            for number in range(N_PROCESSES)
        ]
        if memory is not None:
            outcomes.append(Outcome(0, TASK.id, Pass.MEMORY, 1.0, {"facts": memory}))
        of = on or recording
        described = Machine(gpus=lambda: [of.gpu], nvml=RecordedNvml(of.answers))
        gpus, _ = gpu.gpus(described)
        asked = RunAsked(
            preset="quick",
            protocol=PROTOCOL,
            tasks=(TASK,),
            replicates=N_PROCESSES,
            order_seed=0,
            setting=Setting(),
            fingerprint={"gpus": gpus},
        )
        written = merging.document(asked, outcomes, complete=True)
        return write_run(self._folder / "runs", written, None)

    def answer(self, recording: Recording) -> dict[str, Any]:
        """Measure the case as a process does that is asked for it."""
        nvml, proc = RecordedNvml(recording.answers), self._proc(recording)
        self._patch.setattr(cuda_driver, "devices", lambda: [recording.gpu])
        self._patch.setattr(telemetry, "GpuReader", partial(GpuReader, nvml=nvml, proc=proc))
        kernel = Steady()
        instruments = replace(instruments_for.__wrapped__("gpu(0)"), clock=lambda: kernel.now)
        measured = measure_training(case_of(kernel), PROTOCOL, instruments)
        rounds = [
            (one.enqueued_seconds, one.drained_seconds, one.iterations)
            for one in measured.rounds
        ]
        return {"rounds": rounds, "facts": measured.facts, "group": measured.group}

    def _proc(self, recording: Recording) -> Path:
        """Lay out the processes of others, and what those of this measurement have opened."""
        proc = self._folder / "proc"
        for pid in recording.here:
            (proc / f"{pid}").mkdir(parents=True, exist_ok=True)
        for pid in recording.started_cuda:
            opened = proc / f"{pid}" / "fd"
            opened.mkdir(parents=True, exist_ok=True)
            (opened / "7").unlink(missing_ok=True)
            (opened / "7").symlink_to(UVM)
        return proc


@pytest.fixture
def machines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machines:
    return Machines(tmp_path, monkeypatch)


def judged(before: Path, now: Path) -> CaseVerdict:
    (case,) = compare(stored_run(before), stored_run(now), Margins()).cases
    return case


def shown(path: Path) -> tuple[str, str]:
    """Return the page about a run, and the time in its table of cases."""
    page = one_run_page(Material(read_run(path), path.name))
    (cases,) = [
        block
        for section in page.sections
        for block in section.blocks
        if isinstance(block, Table) and block.id == "cases-table"
    ]
    return render(page, vega=str), str(cases.rows[0]["seconds"])


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_reader_is_told_of_what_disturbed_a_gpu_and_of_nothing_else(
    machines: Machines, name: str
) -> None:
    recording = RECORDINGS[name]
    quiet, now = machines.run(RECORDINGS["quiet"], on=recording), machines.run(recording)
    (benchmark,) = read_run(now)["benchmarks"]
    assert {*benchmark["extra_info"]["marks"]} == recording.marks
    assert benchmark["extra_info"]["device"] == "gpu(0)"
    verdict = judged(quiet, now)
    assert verdict.verdict is (Verdict.UNTRUSTED if recording.untrusted else Verdict.SAME)
    assert ("rounds now were disturbed" in verdict.reason) is recording.untrusted
    page, seconds = shown(now)
    assert seconds.endswith("?") is recording.untrusted, seconds
    told = {code for code, mark in MARKS.items() if escape(mark.message) in page}
    assert told == recording.marks


def test_work_begins_when_the_gpu_has_woken(machines: Machines) -> None:
    calls = {
        name: machines.answer(RECORDINGS[name])["facts"]["warm_up"]["calls"]
        for name in ("quiet", "waking from idle")
    }
    assert calls["waking from idle"] > calls["quiet"]


def test_the_compute_mode_is_shown_and_another_is_not_comparable(machines: Machines) -> None:
    default, exclusive = (
        machines.run(RECORDINGS[name]) for name in ("quiet", "one process at a time")
    )
    verdict = judged(default, exclusive)
    assert (verdict.verdict, verdict.fact) == (Verdict.NOT_COMPARABLE, "gpus.0.compute_mode")
    page, _ = shown(exclusive)
    assert "compute_mode exclusive process" in page


@pytest.mark.parametrize(
    ("used", "footprint", "of"),
    [((GIB, GIB), None, None), ((GIB, 3 * GIB), 2 * GIB, "device")],
)
def test_memory_of_which_the_driver_tells_0_is_unknown_or_the_device_s(
    machines: Machines, used: tuple[int, int], footprint: int | None, of: str | None
) -> None:
    recording = RECORDINGS["in a container that tells of no memory"]
    nvml = RecordedNvml({**recording.answers, MEMORY_INFO: tuple(map(memory, used))})
    found = case_memory(case_of(Steady()), PROTOCOL, HostMemory(), DeviceMemory("GPU-1", nvml))
    path = machines.run(recording, memory=found)
    (benchmark,) = read_run(path)["benchmarks"]
    stored = benchmark["extra_info"]["memory"]
    assert (stored["device_footprint_bytes"], stored["device_footprint_of"]) == (footprint, of)
    page, _ = shown(path)
    assert ('id="memory-device-footprint-bytes"' in page) is (footprint is not None)
