"""Whatever a case writes down is a field of the schema, of the type that it has there."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from bench.plan.tasks import Outcome, Pass, Task
from bench.run.merging import benchmark
from bench.run.worker import answer
from bench.store.schema import ExtraInfo, MemoryFacts, Process

TRAINING = {
    "workload": "synthetic-60x3",
    "kernel": "numpy.closed_form",
    "device": "cpu(0)",
    "loader": "inmemory",
    "batch_size": 20,
}
CASES: dict[str, dict[str, Any]] = {
    "bench_epoch": TRAINING,
    "bench_target": TRAINING,
    "bench_step": {name: TRAINING[name] for name in TRAINING if name != "loader"},
    "bench_update": {
        "kernel": "update.numpy_in_place",
        "device": "cpu(0)",
        "n_parameters": 10,
        "n_tensors": 1,
    },
    "bench_loader": {
        "workload": "synthetic-60x3",
        "backend": "numpy",
        "device": "cpu(0)",
        "loader": "inmemory",
        "batch_size": 20,
    },
    "bench_machine": {
        "backend": "numpy",
        "device": "cpu(0)",
        "control": "triad",
        "n_bytes": 65536,
    },
}


def known(record: type[msgspec.Struct]) -> set[str]:
    return {field.encode_name for field in msgspec.structs.fields(record)}


@pytest.mark.parametrize("module", CASES)
def test_what_a_case_writes_is_in_the_schema(module: str) -> None:
    params = CASES[module]
    protocol = {"epochs": 2, "seconds_per_case": 0.01}
    request = {"module": module, "params": params, "protocol": protocol, "kind": "time"}
    told = json.loads(json.dumps(answer(request, [])))
    assert "error" not in told, told
    assert set(told["facts"]) <= known(ExtraInfo)
    msgspec.convert(told["facts"], ExtraInfo)
    task = Task(module, f"{module}[a]", params)
    memory = {"host_case_bytes": 4096, "host_peak_is_exact": True}
    outcomes = [Outcome(number, task.id, Pass.TIME, 1.0, told) for number in range(2)]
    facts = json.loads(json.dumps(benchmark(task, outcomes, memory)["extra_info"]))
    assert set(facts) <= known(ExtraInfo)
    assert {name for process in facts["processes"] for name in process} <= known(Process)
    msgspec.convert(facts, ExtraInfo)


def test_what_the_memory_pass_writes_is_in_the_schema() -> None:
    request = {
        "module": "bench_epoch",
        "params": TRAINING,
        "protocol": {"epochs": 2, "seconds_per_case": 0.01},
        "kind": "memory",
    }
    facts = json.loads(json.dumps(answer(request, [])))["facts"]
    assert set(facts) <= known(MemoryFacts)
    msgspec.convert(facts, MemoryFacts)
