"""What the shared suites need: every kernel that the registry finds, and small workloads."""

from __future__ import annotations

import gc
from functools import cache
from typing import TYPE_CHECKING

import pytest

from bench.plan.matrix import availability, runs_on
from data import synthetic
from kernels import backends
from kernels.registry import discover

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from data.workload import Workload
    from kernels.contract import TrainKernel, UpdateKernel

REGISTRY = discover()
DEVICE = "cpu(0)"


def skip_unless_usable(backend: str) -> None:
    """Skip, with the backend's own reason, where it can't use ``cpu(0)``."""
    answer = availability(backend, DEVICE)
    if not answer:
        pytest.skip(str(answer))


def skip_unless_runs(kernel: TrainKernel | UpdateKernel) -> None:
    """Skip where the kernel or its backend can't use ``cpu(0)``."""
    answer = runs_on(kernel, DEVICE)
    if not answer:
        pytest.skip(str(answer))


def is_for_cpus(kernel: TrainKernel | UpdateKernel) -> bool:
    """Say whether a kernel is written for CPUs; those for GPUs alone have their own tests."""
    listed = {report.device for report in backends.get(kernel.backend).devices()}
    return "cpu" in kernel.device_kinds and DEVICE in listed


TRAIN = {name: kernel for name, kernel in REGISTRY.train.items() if is_for_cpus(kernel)}
UPDATE = {name: kernel for name, kernel in REGISTRY.update.items() if is_for_cpus(kernel)}


#: Which of a kernel's loaders a test gets, by the name of the fixture.
LOADERS = {"loader": slice(1), "each_loader": slice(None), "another_loader": slice(1, None)}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test each training kernel, with those of its loaders that it asks for.

    Kernels share their loaders, so only what may depend on one is tried with all of them.
    """
    if "train_kernel" not in metafunc.fixturenames:
        return
    asked = next((name for name in LOADERS if name in metafunc.fixturenames), None)
    if asked is None:
        metafunc.parametrize("train_kernel", TRAIN, indirect=True)
        return
    pairs = [
        (name, loader)
        for name, kernel in TRAIN.items()
        for loader in (kernel.loaders or backends.get(kernel.backend).loaders)[LOADERS[asked]]
    ]
    metafunc.parametrize(("train_kernel", asked), pairs, indirect=True)


@pytest.fixture
def train_kernel(request: pytest.FixtureRequest) -> TrainKernel:
    kernel = REGISTRY.train[request.param]
    skip_unless_runs(kernel)
    return kernel


@pytest.fixture(scope="session")
def frozen_heap() -> Iterator[None]:
    """Keep what is loaded by now out of later garbage collections.

    Gluon's DataLoader collects all garbage in its constructor, which takes a tenth of a
    second beside all that pytest and the tests have loaded.
    """
    for backend in backends.BACKENDS.values():
        backend.probe()
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture
def loader(request: pytest.FixtureRequest, train_kernel: TrainKernel, frozen_heap: None) -> str:
    name: str = request.param
    return name


# The same by other names, which `pytest_generate_tests` looks at.
each_loader = another_loader = loader


@pytest.fixture(params=UPDATE)
def update_kernel(request: pytest.FixtureRequest) -> UpdateKernel:
    kernel = REGISTRY.update[request.param]
    skip_unless_runs(kernel)
    return kernel


@pytest.fixture(params=[*TRAIN, *UPDATE])
def any_kernel(request: pytest.FixtureRequest) -> TrainKernel | UpdateKernel:
    kernel: TrainKernel | UpdateKernel
    kernel = REGISTRY.train.get(request.param) or REGISTRY.update[request.param]
    skip_unless_runs(kernel)
    return kernel


@pytest.fixture
def mxnet() -> None:
    """Skip where MXNet can't use the CPU."""
    skip_unless_usable("mxnet")


@cache
def _synthetic(name: str) -> Workload:
    workload = synthetic.generate(synthetic.parse(name))
    workload.features.setflags(write=False)
    workload.labels.setflags(write=False)
    return workload


@pytest.fixture
def small_workload() -> Callable[[str], Workload]:
    """Give a synthetic workload by its name; read-only, made once."""
    return _synthetic
