"""The parts of ``check`` on a GPU: each asks some questions, and judges what is answered."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.advise.theory import ARITHMETIC, MEMORY, theoretical
from bench.machine.gpu import gpu_facts
from bench.machine.rule import RULE as MACHINE
from bench.plan.matrix import availability
from bench.plan.tasks import Pass, Setting
from bench.report import numbers
from bench.report.progress import FOR_ANSWERS
from bench.run.checkout import ROOT
from bench.run.launcher import EndedError, NoAnswerError
from bench.selftest import agreement
from bench.selftest.gpu_check import Answer, GpuCheck, Part
from bench.selftest.rule import RULE
from kernels.backends import cuda_driver
from kernels.cuda.geometry import ALONE, WORTH_A_BLOCK, epoch_launch
from kernels.cuda.gpu import multiprocessors
from kernels.cuda.training import CudaEpochKernel


def driver(check: GpuCheck) -> Iterator[Answer]:
    """Say which GPU it is, and which backends can use it."""
    gpu, facts = check.gpu, gpu_facts(check.gpu.uuid)
    major, minor = gpu.compute_capability
    said = f"{gpu.name}, compute capability {major}.{minor}, driver {facts['driver'] or '?'}"
    emulated = gpu.uuid == cuda_driver.EMULATED
    yield Answer(
        "driver",
        f"{said}; no GPU: the CPU emulates it." if emulated else f"{said}.",
        None if emulated else True,
        {"uuid": gpu.uuid, **gpu.facts, **facts},
    )
    mode = gpu.facts.get("compute_mode")
    if mode == "prohibited":
        yield Answer("driver", "its compute mode lets no process in (nvidia-smi -c 0).", False)
    for backend, kernels in check.usable.items():
        yield Answer(
            "driver", f"{backend} runs {numbers.number(len(kernels), 'kernel')}.", True
        )
    for backend, reason in check.refused.items():
        which = "others of " if backend in check.usable else ""
        yield Answer("driver", f"{which}{backend}: {reason}")


def gate(check: GpuCheck) -> Iterator[Answer]:
    """Hold every kernel against float64."""
    registry = check.selection.registry
    for backend, kernels in check.usable.items():
        wrong: list[str] = []
        worst: dict[str, float] = {}
        worker = check.launcher.launch(Setting())
        try:
            for name in kernels:
                sizes = RULE.batch_sizes if name in registry.train else (RULE.gate_parameters,)
                for size in sizes:
                    check.tell(f"gate: {name}, {size}")
                    what = {"workload": "airfoil", "batch_size": size, "n_parameters": size}
                    asked = {"question": "gate", "kernel": name, **what}
                    try:
                        told = check.asked(worker, Pass.QUESTION, "", **asked)
                    except (EndedError, NoAnswerError) as error:
                        wrong.append(f"{name} ({size}): {error}")
                        worker.close()
                        worker = check.launcher.launch(Setting())
                        break
                    if "error" in told:
                        wrong.append(f"{told['error']}: {told['message']}")
                    else:
                        worst[f"{name} {size}"] = told["facts"]["worst"]
        finally:
            worker.close()
        far = numbers.percent(max(worst.values(), default=0.0))
        said = (
            f"{backend}: {numbers.number(len(worst), 'case')}, at most {far} of the tolerance"
        )
        yield Answer("gate", f"{said}.", bool(worst) and not wrong, {"worst": worst})
        for one in wrong:
            yield Answer("gate", one, False)


def grids(check: GpuCheck) -> Iterator[Answer]:
    """Hold ``sgd_epoch`` against float64 on every number of blocks that it is launched in."""
    n_multiprocessors = multiprocessors(check.device)
    d = 64
    rows, most = WORTH_A_BLOCK // d, max(n_multiprocessors, ALONE // WORTH_A_BLOCK + 1)
    workload = f"synthetic-{rows * most}x{d}"
    train = check.selection.registry.train
    for name in check.train:
        # With momentum it is the same launch.
        if not isinstance(train[name], CudaEpochKernel) or train[name].rule.momentum:
            continue
        worst, wrong = 0.0, ""
        worker = check.launcher.launch(Setting())
        done: list[int] = []
        try:
            for blocks in range(1, most + 1):
                size = rows * blocks
                grid = epoch_launch(size, d, n_multiprocessors).grid
                if grid in done:
                    continue
                check.tell(f"grids: {name}, {grid} of {n_multiprocessors}")
                told = check.asked(
                    worker,
                    Pass.QUESTION,
                    "",
                    question="gate",
                    kernel=name,
                    workload=workload,
                    batch_size=size,
                )
                if "error" in told:
                    wrong = f"{name} in {numbers.number(grid, 'block')}: {told['message']}"
                    break
                done.append(grid)
                worst = max(worst, told["facts"]["worst"])
        except (EndedError, NoAnswerError) as error:
            wrong = f"{name} in the grid after {done[-1] if done else 0} blocks: {error}"
        finally:
            worker.close()
        said = f"{name} in all {len(done)} grids, of 1 to {max(done, default=0)} blocks"
        said += f", at most {numbers.percent(worst)} of the tolerance."
        yield Answer("grids", wrong or said, not wrong, {"grids": done, "worst": worst})


def _trained(
    check: GpuCheck, part: str, question: str
) -> tuple[Mapping[str, Any], Answer | None]:
    """Ask about a process that trains: facts, or an answer that says why there are none."""
    if not check.train:
        return {}, Answer(part, "no training kernel can run.")
    about = {"kernel": check.train[0], "workload": "airfoil", "batch_size": 100}
    told, wrong = check.once(Pass.QUESTION, "", question=question, **about)
    return told, Answer(part, wrong, good=False) if wrong else None


def processes(check: GpuCheck) -> Iterator[Answer]:
    """Say whom NVML lists while a process of ours works on the GPU."""
    told, none = _trained(check, "processes", "sharing")
    if none is not None:
        yield none
    elif told["listed"] is None:
        yield Answer("processes", "NVML does not list processes here: gpu-shared is unknown.")
    else:
        own = "with" if told["pid"] in told["listed"] else "without (a container?)"
        said = (
            f"NVML lists {len(told['listed'])}, {own} the one that asked; "
            f"{told['others']} taken for others'. A reading takes "
            f"{numbers.seconds(told['read_seconds'])}."
        )
        yield Answer("processes", said, not told["others"], told)


def clock(check: GpuCheck) -> Iterator[Answer]:
    """Follow the clock from idleness on."""
    told, none = _trained(check, "clock", "clock")
    if none is not None:
        yield none
        return
    clocks = [(at, mhz) for at, mhz in told["clocks"] if mhz is not None]
    if not clocks:
        yield Answer("clock", "NVML does not tell it.")
        return
    settled = statistics.median(mhz for _, mhz in clocks[-5:])
    up = next(at for at, mhz in clocks if mhz >= MACHINE.min_clock_share * settled)
    usual = told["set_mhz"]
    said = f"from {clocks[0][1]} to {settled:.0f} MHz, up after {numbers.seconds(up)}"
    enough = usual is None or settled >= MACHINE.min_clock_share * usual
    yield Answer("clock", f"{said}; it is set to {usual or '?'} MHz.", enough, told)


def device_time(check: GpuCheck) -> Iterator[Answer]:
    """Set the GPU's own time beside the wall's, warm and cold, for updates of two sizes."""
    for backend in check.usable:
        kernel = check.update_kernel(backend)
        if kernel is None:
            yield Answer("device time", f"{backend} has no plain update here.")
            continue
        for size in RULE.device_time_parameters:
            check.tell(f"device time: {kernel}, {size} parameters")
            about = {"kernel": kernel, "n_parameters": size, "n_tensors": 1}
            told, wrong = check.once(Pass.TIME, "bench_update", **about)
            if wrong:
                yield Answer("device time", f"{kernel}: {wrong}", False)
                continue
            yield _device_time(kernel, size, told)


def _device_time(kernel: str, size: int, told: Mapping[str, Any]) -> Answer:
    wall, own, cold = (
        told[name] for name in ("seconds_per_update", "device_seconds", "cold_seconds")
    )
    about = f"{kernel}, {size} parameters: {numbers.seconds(wall)} by the wall"
    kept = {name: told[name] for name in ("seconds_per_update", "device_data", "cold_data")}
    if own is None:
        return Answer("device time", f"{about}; the library has no events.", None, kept)
    said = f"{about}, {numbers.seconds(own)} by events"
    said += "" if told["device_held"] else " (a span: the stream could not be held)"
    said += f", {numbers.seconds(cold)} cold." if cold is not None else "; cold: not held."
    # The wall sees launches and waits besides; a cold cache never makes it faster.
    room = 1 + RULE.device_time_room
    good = own <= room * wall and (cold is None or own <= room * cold)
    return Answer("device time", said, good and bool(told["device_held"]), kept)


def peaks(check: GpuCheck) -> Iterator[Answer]:
    """Measure the bandwidth and the arithmetic, beside what the GPU could do at most."""
    major, minor = check.gpu.compute_capability
    most = theoretical({**check.gpu.facts, "compute_capability": f"{major}.{minor}"})
    for backend in check.usable:
        if not availability(backend, check.device):
            continue
        for control, n_bytes, rate, of, unit in (
            ("triad", 2**27, "moved_bytes_per_second", MEMORY, "B/s"),
            ("matmul", 2**24, "flops_per_second", ARITHMETIC, "FLOP/s"),
        ):
            check.tell(f"peaks: {control} by {backend}")
            about = {"backend": backend, "control": control, "n_bytes": n_bytes}
            told, wrong = check.once(Pass.TIME, "bench_machine", **about)
            if wrong:
                yield Answer("peaks", f"{control} by {backend}: {wrong}", False)
                continue
            reached, peak = told[rate], most.get(of)
            said = f"{control} by {backend}: {numbers.rate(reached)}{unit}"
            kept = {"reached": reached, "theoretical": peak}
            if peak is None:
                yield Answer("peaks", f"{said}; the driver does not tell the peak.", None, kept)
                continue
            said += f", {numbers.percent(reached / peak)} of the theoretical peak."
            yield Answer("peaks", said, reached <= (1 + RULE.peak_room) * peak, kept)


def memory(check: GpuCheck) -> Iterator[Answer]:
    """Ask the memory of a training, of the allocator and of the whole GPU."""
    registry = check.selection.registry
    for kernels in check.usable.values():
        kernel = next((name for name in kernels if name in registry.train), None)
        if kernel is None:
            continue
        check.tell(f"memory: {kernel}")
        about = {"workload": "airfoil", "kernel": kernel, "loader": "inmemory"}
        told, wrong = check.once(Pass.MEMORY, "bench_epoch", **about, batch_size=100)
        if wrong:
            yield Answer("memory", f"{kernel}: {wrong}", False)
            continue
        peak, footprint = told["allocator_peak_bytes"], told["device_footprint_bytes"]
        given, taken = (
            "not told" if one is None else numbers.binary_bytes(one)
            for one in (peak, footprint)
        )
        said = f"{kernel}: allocator at most {given}, taken of the GPU {taken}."
        known = None if peak is None or footprint is None else peak <= footprint
        yield Answer("memory", said, known, told)


def sanitizer(check: GpuCheck) -> Iterator[Answer]:
    """Run the CUDA kernels under NVIDIA's checker, where it is installed."""
    tool = shutil.which("compute-sanitizer")
    if tool is None:
        yield Answer("sanitizer", "compute-sanitizer is not installed.")
        return
    for name in (one for one in check.train if "cuda_epoch" in one):
        asked = {"question": "gate", "kernel": name, "device": check.device}
        given = json.dumps({**asked, "workload": "airfoil", "batch_size": 100})
        for kind in ("memcheck", "racecheck"):
            check.tell(f"sanitizer: {kind} of {name}")
            command = [tool, "--tool", kind, "--error-exitcode", "9", sys.executable]
            command += ["-m", "bench.measure.gpu_questions", given]
            code, said = _ran(command, check.left())
            yield Answer("sanitizer", f"{kind} of {name}: {said}", code == 0)


#: A benchmark, a run and a comparison of two codes in a minute, and a page of the run.
SMALL = ("--preset", "quick", "--seconds-per-case", "0.05", "--batch-sizes", "100")
NEEDS: dict[str, Collection[str]] = {"bench report": FOR_ANSWERS, "bench ab": FOR_ANSWERS}


def commands(check: GpuCheck) -> Iterator[Answer]:
    """Measure a kernel by every command, and make a page of it."""
    if not check.train:
        yield Answer("commands", "no training kernel can run.")
        return
    chosen = ("--kernels", check.train[0], "--devices", check.device)
    with TemporaryDirectory() as folder:
        # With an equals sign: pytest looks for its settings in a folder that is an argument.
        stored = (*SMALL, *chosen, f"--results={folder}")
        page = str(Path(folder) / "index.html")
        for module, *arguments in (
            ("pytest", "--benchmark-only", "-p", "no:cacheprovider", *stored),
            ("bench run", "--processes", "2", *stored),
            ("bench ab", "--a", "threads=1", "--b", "threads=2", "--pairs", "6", *stored),
            ("bench report", folder, "--output", page),
        ):
            missing = [one for one in sorted(NEEDS.get(module, ())) if find_spec(one) is None]
            if missing:
                yield Answer("commands", f"{module}: {missing[0]} is not installed.")
                continue
            check.tell(f"commands: {module}")
            begin = time.monotonic()
            command = [sys.executable, "-W", "ignore", "-m", *module.split(), *arguments]
            code, said = _ran(command, check.left())
            # Two equal codes may stay unclear on a noisy machine: no fault of the GPU's.
            good = code == 0 or (module == "bench ab" and code == 3)
            took = numbers.seconds(time.monotonic() - begin)
            yield Answer("commands", f"{module}: {said if not good else took}.", good)


def _ran(command: Sequence[str], limit_seconds: float) -> tuple[int, str]:
    """Run a command to its end: its exit code, and the last that it said."""
    outside = {key: one for key, one in os.environ.items() if not key.startswith("PYTEST")}
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=outside,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            check=False,
            timeout=max(1.0, limit_seconds),
        )
    except subprocess.TimeoutExpired:
        return 1, f"not done within {limit_seconds:.0f} s"
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(("ERROR", "E  "))]
    return done.returncode, f"exit code {done.returncode}: {(errors or lines or [''])[-1]}"


def plain_loop(check: GpuCheck) -> Iterator[Answer]:
    """Set the suite's times beside a plain loop's."""
    found = agreement.check(
        check.selection,
        check.protocol,
        check.device,
        check.train[:1],
        tell=check.tell,
        launcher=check.launcher,
        limit_seconds=check.left(),
    )
    for one in found:
        if isinstance(one, str):
            yield Answer("plain loop", one, False)
        else:
            said = (
                f"{one.kernel}, batches of {one.batch_size}: {numbers.percent(one.apart)} apart"
            )
            said += f", {numbers.percent(one.allowed)} explained by their intervals."
            yield Answer("plain loop", said, one.agrees, asdict(one))


#: In their order: what others rest on first, and what takes long last.
PARTS: dict[str, Part] = {
    "driver": driver,
    "gate": gate,
    "grids": grids,
    "processes": processes,
    "clock": clock,
    "device time": device_time,
    "peaks": peaks,
    "memory": memory,
    "sanitizer": sanitizer,
    "commands": commands,
    "plain loop": plain_loop,
}
