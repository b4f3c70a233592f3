from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import data
from bench.plan import request as plan_request
from bench.plan.matrix import PRESETS
from bench.plan.request import Request, read, request_of, select, setting_of
from bench.plan.values import SelectionError
from kernels import tf32
from kernels.registry import RegistryError

if TYPE_CHECKING:
    from pathlib import Path


def given(**options: Any) -> Request:
    return Request(**{"devices": "cpu", **options})


@pytest.mark.parametrize(
    ("wrong", "allowed"),
    [
        ({"preset": "slow"}, "--preset: 'slow' is no preset; there are: quick, default, full"),
        (
            {"kernels": "nd.autogard"},
            "--kernels: 'nd.autogard' is no kernel; did you mean nd.autograd",
        ),
        (
            {"loaders": "disk"},
            "--loaders: 'disk' is no loader; there are: inmemory, dataloader.",
        ),
        (
            {"devices": "tpu"},
            "--devices: 'tpu' is no device; give cpu(0), gpu(0), gpu(1) and so",
        ),
        (
            {"workloads": "mnist"},
            "--workloads: there is no workload 'mnist': choose one of airf",
        ),
        ({"workloads": "synthetic-3"}, "--workloads: "),
        ({"workloads": ""}, "--workloads: the list is empty; give names separated by commas."),
        ({"batch_sizes": ""}, "--batch-sizes: the list is empty; give names separated by com"),
        *(
            (
                {"batch_sizes": wrong},
                f"--batch-sizes: {wrong!r} is not allowed; give whole numbers from 1 to 1500 "
                "(the samples of airfoil).",
            )
            for wrong in ("0", "-10", "ten", "1501", "1.5")
        ),
        (
            {"update_sizes": "0"},
            "--update-sizes: '0' is not allowed; give whole numbers from 1",
        ),
        ({"update_sizes": "1000000001"}, "--update-sizes: '1000000001' is not allowed; give "),
    ],
)
def test_a_wrong_option_is_refused_with_what_is_allowed(
    wrong: dict[str, str], allowed: str
) -> None:
    with pytest.raises(SelectionError) as refused:
        select(request_of({"devices": "cpu", **wrong}))
    assert str(refused.value).startswith(allowed)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("wrong", ["quick,full", "*", ""])
def test_one_preset_is_chosen_not_several(wrong: str) -> None:
    with pytest.raises(SelectionError, match="--preset: "):
        read("preset", wrong)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_sets_what_no_option_names(name: str) -> None:
    preset, selection = PRESETS[name], select(given(preset=name))
    assert selection.values["workload"] == preset.workloads
    assert selection.values["batch_size"] == preset.batch_sizes
    assert selection.values["n_parameters"] == preset.update_sizes
    assert selection.narrowed == frozenset()


@pytest.mark.parametrize(
    ("asked", "has_gpu", "allowed"),
    [
        ({"tf32": True}, True, True),
        ({"tf32": True, "devices": "cpu,gpu0"}, True, True),
        ({"tf32": True, "devices": "cpu"}, True, False),
        ({"tf32": True}, False, False),
        ({}, True, False),
    ],
)
def test_tf32_is_a_setting_of_every_process_where_there_is_a_gpu(
    monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any], has_gpu: bool, allowed: bool
) -> None:
    monkeypatch.setattr(plan_request, "has_gpu", lambda: has_gpu)
    setting = setting_of(Request(threads=2, pin=(0,), **asked))
    assert (tf32.ALLOWING.items() <= setting.environment.items()) is allowed
    assert setting.environment["OMP_NUM_THREADS"] == "2"
    assert setting.cpus == (0,)
    assert setting_of(Request(**asked)).environment == (tf32.ALLOWING if allowed else {})


@pytest.mark.parametrize("name", PRESETS)
def test_every_size_of_a_preset_can_be_measured_on_some_workload(name: str) -> None:
    preset = PRESETS[name]
    assert max(preset.batch_sizes) <= max(map(data.n_samples, preset.workloads))
    for workload in preset.workloads:
        fitting = [size for size in preset.batch_sizes if size <= data.n_samples(workload)]
        assert fitting
        assert data.n_samples(workload) / max(fitting) <= preset.most_steps


def test_the_larger_preset_measures_all_that_the_smaller_does() -> None:
    quick, default, full = PRESETS["quick"], PRESETS["default"], PRESETS["full"]
    for smaller, larger in ((quick, default), (default, full)):
        assert set(smaller.workloads) <= set(larger.workloads)
        assert set(smaller.batch_sizes) <= set(larger.batch_sizes)
        assert set(smaller.update_sizes) <= set(larger.update_sizes)
        assert smaller.seconds_per_case < larger.seconds_per_case
    assert {1, 10, 1500} <= set(quick.batch_sizes), "the published batch sizes"


def test_batch_sizes_that_are_asked_for_must_fit_the_largest_workload() -> None:
    asked = select(given(workloads="synthetic-60x2,airfoil", batch_sizes="60,1500"))
    assert asked.values["batch_size"] == (60, 1500)
    with pytest.raises(SelectionError, match=r"from 1 to 60 \(the samples of synthetic-60x2\)"):
        select(given(workloads="synthetic-60x2", batch_sizes="61"))


def test_options_narrow_their_axis_and_say_so() -> None:
    selection = select(
        Request(
            workloads="airfoil-5,airfoil,airfoil-5",
            kernels="nd.*,update.sgd_update",
            devices="cpu,gpu0",
            loaders="data*",
            batch_sizes="1500,10,10",
            update_sizes="5",
        )
    )
    nd = tuple(name for name in selection.registry.train if name.startswith("nd."))
    assert set(selection.values["step_kernel"]) < set(nd) == set(selection.values["kernel"])
    assert set(selection.values["engine_kernel"]) == set(nd)
    expected = {
        "workload": ("airfoil-5", "airfoil"),
        "update_kernel": ("update.sgd_update",),
        "device": ("cpu(0)", "gpu(0)"),
        "loader": ("dataloader",),
        "batch_size": (10, 1500),
        "n_parameters": (5,),
    }
    assert {axis: selection.values[axis] for axis in expected} == expected
    assert selection.narrowed == {"workload", "kernel", "loader", "batch_size", "n_parameters"}


def test_without_a_choice_of_devices_all_that_a_backend_sees_are_taken() -> None:
    devices = select(Request()).values["device"]
    assert devices[0] == "cpu(0)"
    assert len(devices) > 1, "a GPU that is not there is listed, to be skipped with the reason"


def test_a_folder_of_kernels_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="nowhere is not a folder with kernel files"):
        select(given(kernel_folder=(tmp_path / "nowhere",)))
