"""``torch.cuda_graph``: what it replays and what it does not, with and without a GPU."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bench.plan.matrix import runs_on
from kernels import backends, reference
from kernels.backends.torch.imports import torch
from kernels.contract import Start
from kernels.reference import Reference
from kernels.registry import discover
from kernels.train import torch_cuda_graph
from kernels.train.torch_cuda_graph import closed_form

if TYPE_CHECKING:
    from collections.abc import Callable

    from data.workload import Workload

pytestmark = pytest.mark.peer
KERNEL = discover().train["torch.cuda_graph"]
BACKEND = backends.get("torch")
START = Start(weight=np.full(4, 0.5, dtype=np.float32), bias=0.25)


class GraphOnTheCpu:
    """Stands in for a graph: captures a function, and calls it at a replay."""

    def __init__(self, step: Callable[[], object], where: object) -> None:
        for _ in range(3):  # as before a capture
            step()
        self._step = step
        self.n_replays = 0

    def replay(self) -> None:
        self.n_replays += 1
        self._step()


def assert_trains(workload: Workload, device: str) -> None:
    """Train three epochs twice, the last batch of each short, against the reference."""
    order, rates = np.arange(23), array("d", [0.05, 0.04, 0.03, 0.02, 0.01])
    state = KERNEL.prepare(workload, device, 5, "inmemory", START)
    for _ in range(2):
        weight, bias = KERNEL.parameters(state)
        np.testing.assert_array_equal(weight, START.weight)
        assert bias == START.bias
        expected = Reference.start(START)
        for _ in range(3):
            KERNEL.epoch(state, order, rates)
            expected = reference.epoch(expected, workload, order, 5, rates)
            distance = reference.distance(expected, *KERNEL.parameters(state))
            assert distance <= expected.tolerance
        # A graph reads and writes where the parameters were when it was captured.
        where = state.w.data_ptr(), state.b.data_ptr()
        KERNEL.reset(state, START)
        assert (state.w.data_ptr(), state.b.data_ptr()) == where


def test_it_is_for_gpus_only() -> None:
    assert KERNEL.device_kinds == ("gpu",)
    assert str(runs_on(KERNEL, "cpu(0)")).endswith("torch.cuda_graph is written for GPUs only.")


def test_full_batches_are_replayed_and_the_short_one_is_not(
    monkeypatch: pytest.MonkeyPatch, small_workload: Callable[[str], Workload]
) -> None:
    answer = BACKEND.probe()
    if not answer:
        pytest.skip(str(answer))
    graphs: list[GraphOnTheCpu] = []

    def captured(step: Callable[[], object], where: object) -> GraphOnTheCpu:
        graphs.append(GraphOnTheCpu(step, where))
        return graphs[-1]

    monkeypatch.setattr(torch_cuda_graph, "captured", captured)
    assert_trains(small_workload("synthetic-23x4"), "cpu(0)")
    assert [graph.n_replays for graph in graphs] == [2 * 3 * 4]


def test_no_operator_of_a_step_reads_a_number_of_the_host() -> None:
    answer = BACKEND.probe()
    if not answer:
        pytest.skip(str(answer))
    w, b, X, y = torch.zeros(4), torch.zeros(1), torch.ones(5, 4), torch.ones(5)
    rate = torch.zeros(())
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
        closed_form(w, b, X, y, rate)
    names = {event.key for event in profile.key_averages()}
    assert "aten::addmv" in names
    assert not names & {"aten::item", "aten::_local_scalar_dense", "aten::is_nonzero"}


def test_on_a_gpu(small_workload: Callable[[str], Workload]) -> None:
    answers = {report.device: report.availability for report in BACKEND.devices()}
    if not answers["gpu(0)"]:
        pytest.skip(str(answers["gpu(0)"]))
    assert_trains(small_workload("synthetic-23x4"), "gpu(0)")
