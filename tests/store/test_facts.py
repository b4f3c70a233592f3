from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench.store.facts import Scope, facts_of, flatten, kind_of, scope_of
from tests.compare.made_up_runs import run, table

REFERENCE = sorted(Path(__file__).parents[2].glob("results/reference/*.json"))
# fmt: off
GPU = {
    "index": 0, "name": "H100", "uuid": "GPU-1", "compute_capability": "9.0",
    "driver": "570", "cuda_driver": "12.8", "memory_bytes": 1, "power_limit_watts": 700.0,
    "power_limit_default_watts": 700.0, "sm_clock_max_mhz": 1, "memory_clock_max_mhz": 1,
    "sm_clock_set_mhz": 1, "memory_clock_set_mhz": 1, "ecc": True, "mig": False,
    "persistence": True, "pcie_generation_max": 5, "pcie_width_max": 16,
}
# fmt: on


def told(**facts: Any) -> dict[str, str]:
    (_, row), *_ = table([run("a", **facts)]).iterrows()
    return facts_of(row)


@pytest.mark.parametrize("path", REFERENCE, ids=lambda path: path.stem)
def test_every_fact_of_a_real_run_has_a_kind(path: Path) -> None:
    fingerprint = json.loads(path.read_text(encoding="utf-8"))["machine_info"]["fingerprint"]
    found = dict(flatten({**fingerprint, "gpus": [GPU]}))
    assert len(found) > 40
    assert [fact for fact in found if kind_of(fact) == "other"] == []


@pytest.mark.parametrize(
    ("fact", "kind", "scope"),
    [
        ("cpu_model", "hardware", Scope()),
        ("node", "hardware", Scope()),
        ("numa_nodes.0", "hardware", Scope()),
        ("gpus.0.uuid", "hardware", Scope(gpu=True)),
        ("gpus.10.driver", "software", Scope(gpu=True)),
        ("gpus.0.power_limit_watts", "setting", Scope(gpu=True)),
        ("gpus.0.power_limit_default_watts", "hardware", Scope(gpu=True)),
        ("backends.mxnet.mxnet", "software", Scope("mxnet")),
        ("backends.torch.torch_threads", "setting", Scope("torch")),
        ("backends.torch.torch_float32_matmul", "precision", Scope("torch")),
        ("backends.cupy.cupy_products", "precision", Scope("cupy")),
        ("backends.jax.jax_xla_flags", "setting", Scope("jax")),
        ("libraries.mxnet:libopenblas/openblas", "software", Scope("mxnet")),
        ("threads.pools.numpy:libopenblas/openblas", "setting", Scope("numpy")),
        ("threads.pools.libgomp/openmp", "setting", Scope()),
        ("threads.settings.OMP_NUM_THREADS", "setting", Scope()),
        ("threads.settings.MXNET_ENGINE_TYPE", "setting", Scope("mxnet")),
        ("threads.settings.CUDA_LAUNCH_BLOCKING", "setting", Scope(gpu=True)),
        ("kernel", "software", Scope()),
        ("precision", "precision", Scope()),
        ("commit", "code", Scope()),
        ("preset", "protocol", Scope(nothing=True)),
        ("moon_phase", "other", Scope()),
    ],
)
def test_kinds_and_scopes(fact: str, kind: str, scope: Scope) -> None:
    assert kind_of(fact) == kind
    assert scope_of(fact) == scope


def test_a_fingerprint_is_flat() -> None:
    nested = {
        "a": {"b": None, "c": True},
        "gpus": [GPU | {"name": "x"}],
        "libraries": {"l": ["1", "2"]},
        "caches": [{"level": 1, "type": "Data", "size_bytes": 49152, "shared_by": 1}, "odd"],
        "gpu_reason": "no fact",
        "empty": [],
    }
    found = dict(flatten(nested))
    assert found["a.b"] == "–"
    assert found["a.c"] == "yes"
    assert found["gpus.0.name"] == "x"
    assert found["libraries.l"] == "1, 2"
    assert found["caches"] == "L1 Data 48 KiB by 1, odd"
    assert found["empty"] == "none"
    assert "gpu_reason" not in found


def test_a_runs_own_facts_stand_beside_its_fingerprint() -> None:
    found = told(commit="b5c82494be8c82e79d50", dirty=True)
    assert (found["commit"], found["dirty"], found["node"]) == ("b5c8249", "yes", "vm")
    assert found["python"] == "3.11.7"
    assert found["backends.mxnet.mxnet"] == "1.9.1"


@pytest.mark.parametrize("fingerprint", [None, "{", "[1]", "7"])
def test_a_run_without_a_fingerprint_tells_what_it_can(fingerprint: str | None) -> None:
    row = run("a") | {"fingerprint": fingerprint, "cpu_model": "Z80", "kernel_release": "2.2"}
    (_, only), *_ = table([row]).iterrows()
    found = facts_of(only)
    assert (found["cpu_model"], found["kernel"]) == ("Z80", "2.2")
    assert "backends.mxnet.mxnet" not in found
