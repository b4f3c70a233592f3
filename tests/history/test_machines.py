from __future__ import annotations

import pytest

from bench.history.series import differing, other_machine, touching

ONE = {
    "node": "one",
    "cpu_model": "A",
    "cores_physical": "2",
    "memory_bytes": "8000000000",
    "kernel": "Linux 6.1",
    "backends.mxnet.mxnet": "1.9.1",
    "threads.pools.numpy:libopenblas/openblas": "2",
    "commit": "abc",
}


@pytest.mark.parametrize(
    ("changed", "fact"),
    [
        ({"node": "two"}, "node"),
        ({"cpu_model": "B"}, "cpu_model"),
        ({"memory_bytes": "4000000000"}, "memory_bytes"),
        ({"memory_bytes": "7990000000"}, ""),
        ({"kernel": "Linux 6.8", "commit": "def"}, ""),
    ],
)
def test_a_machine_is_known_by_what_stays(changed: dict[str, str], fact: str) -> None:
    assert other_machine(ONE, ONE | changed) == fact


def test_a_container_s_name_may_be_left_out() -> None:
    assert other_machine(ONE, ONE | {"node": "two"}, any_node=True) == ""


@pytest.mark.parametrize(
    ("changed", "numpy_", "mxnet"),
    [
        ({"kernel": "Linux 6.8"}, True, True),
        ({"backends.mxnet.mxnet": "2.0"}, False, True),
        ({"backends.torch.torch": "2.6", "threads.pools.libgomp/openmp": "2"}, False, False),
        ({"threads.pools.numpy:libopenblas/openblas": "1"}, True, False),
        ({"threads.settings.OMP_NUM_THREADS": "1"}, True, True),
        ({"gpus.0.driver": "550"}, False, False),
        ({"commit": "def", "dirty": "yes", "preset": "quick"}, False, False),
    ],
)
def test_a_fact_begins_a_series_of_those_that_depend_on_it(
    changed: dict[str, str], numpy_: bool, mxnet: bool
) -> None:
    found = differing(ONE, ONE | changed)
    assert bool(touching(found, "numpy", gpu=False)) is numpy_
    assert bool(touching(found, "mxnet", gpu=False)) is mxnet


def test_a_driver_matters_on_its_gpu() -> None:
    found = differing(ONE, ONE | {"gpus.0.driver": "550"})
    assert touching(found, "mxnet", gpu=True) == ("gpus.0.driver",)
