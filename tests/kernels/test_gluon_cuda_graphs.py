"""What ``gluon.cuda_graphs`` asks MXNet for; its graph of static shape also runs on the CPU."""

from __future__ import annotations

import ctypes
import os

import pytest

import data
from bench.measure.gate import TrainingCase
from bench.measure.protocol import Protocol, plan_training
from bench.plan.matrix import runs_on
from kernels.registry import discover
from tests.measure.gating import verified

KERNEL = discover().train["gluon.cuda_graphs"]
VARIABLE = "MXNET_ENABLE_CUDA_GRAPHS"


def test_it_is_for_gpus_only() -> None:
    assert "is written for GPUs only" in str(runs_on(KERNEL, "cpu(0)"))


@pytest.mark.parametrize("batch_size", [1, 10, 1500])
def test_short_batches_are_planned_anew_and_right(batch_size: int) -> None:
    case = TrainingCase(data.load("airfoil"), KERNEL, "cpu(0)", "inmemory", batch_size)
    plan = plan_training(case.workload, batch_size, Protocol(epochs=1, seconds_per_case=0.1))
    assert verified(case, plan).worst_ratio <= 1


def test_mxnet_is_told_and_children_are_not() -> None:
    case = TrainingCase(data.load("airfoil"), KERNEL, "cpu(0)", "inmemory", 100)
    plan = plan_training(case.workload, 100, Protocol(epochs=1, seconds_per_case=0.1))
    case.prepare(plan.start)
    getenv = ctypes.CDLL(None).getenv
    getenv.restype = ctypes.c_char_p
    assert getenv(VARIABLE.encode()) == b"1"
    assert VARIABLE not in os.environ
