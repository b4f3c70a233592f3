from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from inline_snapshot import snapshot

from bench.cases import (
    bench_engine,
    bench_epoch,
    bench_loader,
    bench_machine,
    bench_notebook,
    bench_step,
    bench_update,
)
from bench.plan import matrix
from bench.plan.matrix import Selection, availability, case_id
from bench.plan.request import Request, select
from kernels.backends import BACKENDS
from kernels.contract import AVAILABLE, Availability, DeviceReport, Status
from kernels.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType

MODULES = (
    bench_engine,
    bench_epoch,
    bench_loader,
    bench_machine,
    bench_notebook,
    bench_step,
    bench_update,
)


class FakeKernel:
    """As much of a kernel as a selection looks at."""

    operator = "none"
    device_kinds: tuple[str, ...] = ("cpu", "gpu")

    def __init__(self, name: str, backend: str) -> None:
        self.name, self.backend = name, backend


class OneLoaderBackend:
    """As much of a backend as a selection looks at."""

    name = "fake"
    loaders = ("inmemory",)

    def __init__(self, reports: Iterable[DeviceReport] = ()) -> None:
        self.reports = list(reports)

    def devices(self) -> list[DeviceReport]:
        return self.reports


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> OneLoaderBackend:
    backend = OneLoaderBackend([DeviceReport("cpu(0)", AVAILABLE)])
    monkeypatch.setitem(BACKENDS, "fake", backend)
    return backend


def selection(narrowed: tuple[str, ...] = (), **values: tuple[Any, ...]) -> Selection:
    train: Any = {name: FakeKernel(name, "mxnet") for name in ("nd.one", "nd.two")}
    train["fake.one"] = FakeKernel("fake.one", "fake")
    update: Any = {"update.one": FakeKernel("update.one", "mxnet")}
    everything: dict[str, tuple[Any, ...]] = {
        "workload": ("airfoil",),
        "kernel": ("nd.one", "nd.two"),
        "update_kernel": ("update.one",),
        "backend": ("mxnet",),
        "device": ("cpu(0)", "gpu(0)"),
        "loader": ("inmemory", "dataloader"),
        "batch_size": (1, 10),
        "n_parameters": (5, 100),
        "n_tensors": (1,),
        "step_kernel": ("nd.one",),
        "engine_kernel": ("nd.one",),
        "engine": ("NaiveEngine",),
        "control": ("triad",),
        "n_bytes": (4096,),
    }
    return Selection(Registry(train, update), {**everything, **values}, frozenset(narrowed))


def ids(cases: Iterable[dict[str, Any]]) -> list[str]:
    return [case_id(case) for case in cases]


def of(module: ModuleType, asked: Selection) -> list[str]:
    return ids(asked.cases_of(module))


def test_a_case_is_named_by_its_parameters() -> None:
    asked = select(Request(kernels="nd.autograd", devices="cpu", batch_sizes="10"))
    assert of(bench_epoch, asked) == snapshot(
        ["airfoil-nd.autograd-cpu(0)-inmemory-B10", "airfoil-nd.autograd-cpu(0)-dataloader-B10"]
    )
    asked = select(
        Request(kernels="update.sgd_update", devices="gpu63", update_sizes="5,10000")
    )
    assert of(bench_update, asked) == snapshot(
        [
            "update.sgd_update-gpu(63)-P5-T1",
            "update.sgd_update-gpu(63)-P10000-T1",
            "update.sgd_update-gpu(63)-P10000-T100",
        ]
    )
    asked = select(Request(devices="cpu", batch_sizes="10", loaders="inmemory"))
    assert of(bench_loader, asked)[0] == snapshot("airfoil-mxnet-cpu(0)-inmemory-B10")
    machine = of(bench_machine, select(Request(devices="cpu")))
    assert machine[:2] == snapshot(
        ["mxnet-cpu(0)-empty_operator-bytes4", "mxnet-cpu(0)-triad-bytes4096"]
    )
    engine = of(
        bench_engine, select(Request(kernels="nd.bulk", devices="cpu", batch_sizes="1"))
    )
    assert engine == snapshot(
        [
            "airfoil-nd.bulk-cpu(0)-ThreadedEnginePerDevice-B1",
            "airfoil-nd.bulk-cpu(0)-NaiveEngine-B1",
        ]
    )


def test_kernels_of_a_whole_epoch_have_no_step() -> None:
    asked = select(Request(kernels="nd.closed_form,nd.foreach", devices="cpu", batch_sizes="1"))
    assert of(bench_step, asked) == ["airfoil-nd.closed_form-cpu(0)-B1"]


def test_a_device_that_a_kernel_is_not_for_makes_no_case() -> None:
    asked = selection(kernel=("nd.one",))
    asked.registry.train["nd.one"].device_kinds = ("gpu",)
    assert {case["device"] for case in asked.cases(bench_epoch.AXES)} == {"gpu(0)"}
    answer = matrix.runs_on(asked.registry.train["nd.one"], "cpu(0)")
    assert str(answer) == "no device: nd.one is written for GPUs only."


def test_a_device_that_only_other_backends_list_makes_no_case(
    fake: OneLoaderBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = OneLoaderBackend([DeviceReport("gpu(7)", AVAILABLE)])
    monkeypatch.setitem(BACKENDS, "other", other)
    asked = selection(backend=("fake", "other"), device=("gpu(7)",), loader=("inmemory",))
    assert {case["backend"] for case in asked.cases(bench_loader.AXES)} == {"other"}
    other.reports.clear()
    kept = {case["backend"] for case in asked.cases(bench_loader.AXES)}
    assert kept == {"fake", "other"}, "nobody lists it: kept, to be skipped"


def test_batches_larger_than_the_workload_make_no_case() -> None:
    asked = selection(workload=("synthetic-60x2", "airfoil"), batch_size=(60, 100))
    sizes = {(case["workload"], case["batch_size"]) for case in asked.cases(bench_epoch.AXES)}
    assert sizes == {("synthetic-60x2", 60), ("airfoil", 60), ("airfoil", 100)}


def test_epochs_of_too_many_steps_are_only_run_when_asked_for() -> None:
    asked = replace(selection(), most_steps=150)
    assert {case["batch_size"] for case in asked.cases(bench_epoch.AXES)} == {10}
    named = replace(selection(("batch_size",)), most_steps=150)
    assert {case["batch_size"] for case in named.cases(bench_epoch.AXES)} == {1, 10}


def test_every_combination_is_a_case_once() -> None:
    cases = list(selection(("loader",)).cases(bench_epoch.AXES))
    expected = product(
        ["airfoil"],
        ["nd.one", "nd.two"],
        ["cpu(0)", "gpu(0)"],
        ["inmemory", "dataloader"],
        [1, 10],
    )
    assert sorted(tuple(case.values()) for case in cases) == sorted(expected)
    assert len(set(ids(cases))) == len(cases) == 16


def test_all_cpu_cases_come_before_all_gpu_cases() -> None:
    asked = selection(device=("gpu(63)", "cpu(0)", "gpu(0)"))
    for axes in (module.AXES for module in MODULES):
        kinds = [case["device"][:3] for case in asked.cases(axes)]
        assert kinds == sorted(kinds)
        assert set(kinds) == {"cpu", "gpu"}


@pytest.mark.parametrize(
    ("narrowed", "modules"),
    [
        (
            (),
            {"engine", "epoch", "loader", "machine", "notebook", "step", "update"},
        ),
        (("kernel",), {"engine", "epoch", "notebook", "step", "update"}),
        (("batch_size",), {"engine", "epoch", "loader", "notebook", "step"}),
        (("loader",), {"epoch", "loader", "notebook"}),
        (("workload",), {"engine", "epoch", "loader", "notebook", "step"}),
        (("n_parameters",), {"update"}),
        (("kernel", "batch_size"), {"engine", "epoch", "notebook", "step"}),
        (("kernel", "n_parameters"), {"update"}),
        (("batch_size", "n_parameters"), set()),
    ],
)
def test_an_option_leaves_out_the_modules_without_its_axis(
    narrowed: tuple[str, ...], modules: set[str]
) -> None:
    asked = selection(narrowed, kernel=("nd.autograd",), batch_size=(1, 10))
    asked.registry.train["nd.autograd"] = asked.registry.train["nd.one"]
    with_cases = {module.__name__.rpartition("_")[2] for module in MODULES if of(module, asked)}
    assert with_cases == modules


def test_an_update_kernel_comes_under_the_name_kernel() -> None:
    (first, *_) = selection().cases(bench_update.AXES)
    assert first == {
        "kernel": "update.one",
        "device": "cpu(0)",
        "n_parameters": 5,
        "n_tensors": 1,
    }


@pytest.mark.usefixtures("fake")
def test_loaders_that_a_backend_lacks_are_left_out() -> None:
    asked = selection(
        ("loader",),
        kernel=("nd.one", "fake.one"),
        backend=("mxnet", "fake"),
        device=("cpu(0)",),
        batch_size=(10,),
    )
    assert ids(asked.cases(bench_epoch.AXES)) == [
        "airfoil-nd.one-cpu(0)-inmemory-B10",
        "airfoil-nd.one-cpu(0)-dataloader-B10",
        "airfoil-fake.one-cpu(0)-inmemory-B10",
    ]
    asked = selection(backend=("mxnet", "fake"), device=("cpu(0)",), batch_size=(10,))
    assert ids(asked.cases(bench_loader.AXES)) == [
        "airfoil-mxnet-cpu(0)-inmemory-B10",
        "airfoil-mxnet-cpu(0)-dataloader-B10",
        "airfoil-fake-cpu(0)-inmemory-B10",
    ]


def test_the_notebook_has_its_own_settings_and_no_others() -> None:
    asked = select(Request(preset="full", devices="cpu"))
    assert of(bench_notebook, asked) == snapshot(
        [
            "airfoil-gluon.trainer-cpu(0)-dataloader-B10",
            "airfoil-nd.autograd-cpu(0)-dataloader-B1",
            "airfoil-nd.autograd-cpu(0)-dataloader-B10",
            "airfoil-nd.autograd-cpu(0)-dataloader-B1500",
        ]
    )
    narrow = select(Request(devices="cpu", loaders="inmemory"))
    assert of(bench_notebook, narrow) == []


@pytest.mark.usefixtures("fake")
def test_the_backend_of_a_case_is_its_own_or_its_kernels() -> None:
    asked = selection()
    assert asked.backend_of({"backend": "fake"}) == "fake"
    assert asked.backend_of({"kernel": "fake.one"}) == "fake"
    assert asked.backend_of({"kernel": "update.one"}) == "mxnet"


def test_a_device_can_be_used_or_the_backend_says_why_not(fake: OneLoaderBackend) -> None:
    broken = Availability(Status.BROKEN, "it is broken.", "Mend it.")
    fake.reports.append(DeviceReport("gpu(0)", broken))
    assert availability("fake", "cpu(0)") == AVAILABLE
    assert availability("fake", "gpu(0)") == broken


@pytest.mark.usefixtures("fake")
def test_a_device_that_a_backend_does_not_see_is_no_device() -> None:
    answer = availability("fake", "gpu(3)")
    assert str(answer) == "no device: fake sees no gpu(3) here. It sees: cpu(0)."
    assert not answer


def test_every_axis_of_a_case_module_is_known() -> None:
    for module in MODULES:
        assert set(module.AXES) <= set(matrix.AXES)


def test_other_loaders_are_tried_with_a_few_kernels_unless_an_option_names_them() -> None:
    asked = select(Request(devices="cpu", batch_sizes="10"))
    loaded = {
        case["kernel"] for case in asked.cases_of(bench_epoch) if case["loader"] != "inmemory"
    }
    assert loaded == matrix.LOADED_KERNELS
    named = select(Request(devices="cpu", batch_sizes="10", loaders="dataloader"))
    assert {case["kernel"] for case in named.cases_of(bench_epoch)} > matrix.LOADED_KERNELS


def test_a_module_prefers_some_values_unless_an_option_names_the_axis() -> None:
    sizes = (1, 7, 10)
    axes, preferred = bench_step.AXES, {"batch_size": (1, 10, 100)}
    asked = selection(batch_size=sizes)
    assert {case["batch_size"] for case in asked.cases(axes, None, preferred)} == {1, 10}
    named = selection(("batch_size",), batch_size=sizes)
    assert {case["batch_size"] for case in named.cases(axes, None, preferred)} == {1, 7, 10}
    others = selection(batch_size=(7, 8))
    assert {case["batch_size"] for case in others.cases(axes, None, preferred)} == {7, 8}
