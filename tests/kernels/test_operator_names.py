"""The operator that a kernel names is the one that MXNet's profiler sees it run."""

from __future__ import annotations

import json
from array import array
from typing import TYPE_CHECKING

import numpy as np
import pytest

from kernels import backends, sampling
from kernels.backends.mxnet.imports import mx

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from data.workload import Workload
    from kernels.contract import TrainKernel, UpdateKernel

    Profile = Callable[[Callable[[], object]], set[str]]

DEVICE = "cpu(0)"
#: What the engine does for itself shows up among the operators.
ENGINE = {"DeleteVariable", "ResourceParallelRandomSetSeed", "SetValueOp", "WaitForVar"}


@pytest.fixture
def profile(mxnet: None, tmp_path: Path) -> Iterator[Profile]:
    """Give a function that does work and returns the names of the operators in it."""

    def operators(work: Callable[[], object]) -> set[str]:
        mx.nd.waitall()
        mx.profiler.set_state("run")
        work()
        mx.nd.waitall()
        mx.profiler.set_state("stop")
        times = json.loads(mx.profiler.dumps(reset=True, format="json"))["Time"]
        return set(times.get("operator", {})) - ENGINE

    # MXNet writes the file when the interpreter ends.
    settings = {
        "profile_all": True,
        "filename": str(tmp_path / "profile.json"),
        "continuous_dump": False,
    }
    mx.profiler.set_config(**settings, aggregate_stats=True)
    yield operators
    mx.profiler.set_state("stop")
    mx.profiler.dumps(reset=True)
    mx.profiler.set_config(**settings, aggregate_stats=False)


def named(kernel: TrainKernel | UpdateKernel) -> set[str]:
    return {name.strip() for name in kernel.operator.split(",")}


def skip_unless_mxnet(kernel: TrainKernel | UpdateKernel) -> None:
    if kernel.backend != "mxnet":
        pytest.skip(f"the profiler is MXNet's; this kernel runs on {kernel.backend}")


def test_the_profiler_sees_operators_and_nothing_else(profile: Profile) -> None:
    a = mx.nd.ones((3,))
    assert profile(lambda: None) == set()
    assert profile(lambda: (a + 1) * a) == {"_plus_scalar", "broadcast_mul"}


@pytest.mark.parametrize("loader_name", ["inmemory", "dataloader"])
def test_a_step_updates_with_the_operators_that_the_kernel_names(
    train_kernel: TrainKernel,
    loader_name: str,
    profile: Profile,
    small_workload: Callable[[str], Workload],
) -> None:
    skip_unless_mxnet(train_kernel)
    workload = small_workload("synthetic-23x4")
    start = sampling.draw_start(np.random.default_rng(0), workload.n_features)
    if loader_name not in (train_kernel.loaders or ("inmemory", "dataloader")):
        pytest.skip(f"{train_kernel.name} has no loader {loader_name}")
    if train_kernel.operator == "compiled loop":
        pytest.skip("no operator of MXNet updates the parameters")
    state = train_kernel.prepare(workload, DEVICE, 8, loader_name, start)
    rates = array("d", [0.1])
    train_kernel.epoch(state, np.arange(8), rates)
    ran = profile(lambda: train_kernel.epoch(state, np.arange(8), rates))
    assert named(train_kernel) <= ran
    assert {name for name in ran if name.endswith("_update")} <= named(train_kernel)


def test_an_update_runs_the_operators_that_the_kernel_names(
    update_kernel: UpdateKernel, profile: Profile
) -> None:
    skip_unless_mxnet(update_kernel)
    ones = np.ones(5, dtype=np.float32)
    state = update_kernel.prepare(DEVICE, [ones], [ones], 0.1)
    update_kernel.update(state)
    assert profile(lambda: update_kernel.update(state)) == named(update_kernel)


def test_every_kernel_names_its_operators_and_a_known_backend(
    any_kernel: TrainKernel | UpdateKernel,
) -> None:
    assert all(named(any_kernel))
    assert any_kernel.backend in backends.BACKENDS
