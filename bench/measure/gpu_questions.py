"""What ``check`` asks a process on a GPU: does a kernel pass, who is seen there, the clock."""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import data
from bench.machine.gpu import GpuReader, uuid_of
from bench.measure.gate import TrainingCase, tensors_for, verify
from bench.measure.protocol import Protocol, plan_training
from bench.measure.rule import RULE
from bench.measure.update import UpdateCase, verify_update
from kernels.registry import Registry, discover


def question(params: Mapping[str, Any], registry: Registry, protocol: Protocol) -> Any:
    """Answer one.

    Parameters
    ----------
    params : mapping
        ``question``: ``gate``, ``sharing`` or ``clock``; ``kernel`` and ``device``; of a
        training kernel ``workload`` and ``batch_size``, of an update ``n_parameters``.

    Returns
    -------
    dict
        JSON-ready.

    Raises
    ------
    GateError
        When the kernel does not match float64.
    """
    return ASKED[params["question"]](params, registry, protocol)


def gate(params: Mapping[str, Any], registry: Registry, protocol: Protocol) -> dict[str, Any]:
    """Run the correctness gate: ``worst``, the distance as a share of what may be."""
    name, device = params["kernel"], params["device"]
    if name in registry.update:
        kernel = registry.update[name]
        case = UpdateCase(kernel, device, params["n_parameters"])
        tensors = tensors_for(kernel, case.n_parameters, 1, protocol.seed)
        return {"worst": verify_update(case, tensors).worst_ratio}
    training, plan, state = _prepared(params, registry, protocol)
    return {"worst": verify(training, plan, state).worst_ratio}


def _prepared(
    params: Mapping[str, Any], registry: Registry, protocol: Protocol
) -> tuple[TrainingCase, Any, Any]:
    kernel = registry.train[params["kernel"]]
    case = TrainingCase(
        data.load(params["workload"]),
        kernel,
        params["device"],
        "inmemory",
        params["batch_size"],
    )
    plan = plan_training(case.workload, case.batch_size, protocol.of(kernel), kernel.rule)
    return case, plan, case.prepare(plan.start)


def sharing(
    params: Mapping[str, Any], registry: Registry, protocol: Protocol
) -> dict[str, Any]:
    """Tell, from a process that has a context, whom NVML lists and what a reading costs.

    Returns
    -------
    dict
        ``pid``; ``listed``: process ids, None where NVML does not tell; ``others``: those
        that the suite takes for somebody else's; ``read_seconds``.
    """
    gate(params, registry, protocol)
    reader = GpuReader(uuid_of(params["device"]) or "")
    seconds = []
    for _ in range(RULE.check_readings):
        begin = time.perf_counter()
        others = reader.read().foreign_processes
        seconds.append(time.perf_counter() - begin)
    listed = reader.ask("nvmlDeviceGetComputeRunningProcesses")
    return {
        "pid": os.getpid(),
        "listed": None if listed is None else [one.pid for one in listed],
        "others": others,
        "read_seconds": statistics.median(seconds),
    }


def clock(params: Mapping[str, Any], registry: Registry, protocol: Protocol) -> dict[str, Any]:
    """Train for some seconds on a GPU that was idle, and follow its clock.

    Returns
    -------
    dict
        ``clocks``: pairs of seconds and MHz, None where NVML does not tell; ``set_mhz``.
    """
    reader = GpuReader(uuid_of(params["device"]) or "")
    first = reader.read()
    clocks = [(0.0, first.sm_clock_mhz)]
    case, plan, state = _prepared(params, registry, protocol)
    begin = time.perf_counter()
    while clocks[-1][0] < RULE.check_clock_seconds:
        until = time.perf_counter() + RULE.check_clock_seconds / RULE.check_readings
        while time.perf_counter() < until:
            case.kernel.epoch(state, plan.orders[0], plan.learning_rates[0])
            case.drain()
        clocks.append((time.perf_counter() - begin, reader.read().sm_clock_mhz))
    return {"clocks": clocks, "set_mhz": first.sm_clock_set_mhz}


ASKED: dict[str, Callable[[Mapping[str, Any], Registry, Protocol], dict[str, Any]]] = {
    "gate": gate,
    "sharing": sharing,
    "clock": clock,
}

if __name__ == "__main__":
    question(json.loads(sys.argv[1]), discover(), Protocol(epochs=1, seconds_per_case=0.1))
