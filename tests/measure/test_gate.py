from __future__ import annotations

import math
from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

import data
from bench.measure.epoch import case_facts, measure_training
from bench.measure.gate import GateError, TrainingCase, check
from bench.measure.protocol import Protocol, plan_training
from bench.measure.rounds import Instruments
from kernels import tf32
from kernels.reference import Reference
from tests.measure import fake_device
from tests.measure.fake_device import FakeDevice, FakeSgd
from tests.measure.gating import verified

if TYPE_CHECKING:
    from kernels.contract import TrainKernel

#: 100 samples: no multiple of 3, 7 or 64.
WORKLOAD = "synthetic-100x3"
N_SAMPLES = 100
PROTOCOL = Protocol(epochs=1, seconds_per_case=1.0)
EVERY_SIZE = (1, 2, 3, 7, 64, N_SAMPLES)


def case_of(kernel: TrainKernel, batch_size: int, device: str = "cpu(0)") -> TrainingCase:
    return TrainingCase(data.load(WORKLOAD), kernel, device, "inmemory", batch_size)


@pytest.mark.parametrize("batch_size", EVERY_SIZE)
def test_a_correct_kernel_passes(device: FakeDevice, batch_size: int) -> None:
    case = case_of(FakeSgd(device), batch_size)
    report = verified(case, plan_training(case.workload, batch_size, PROTOCOL))
    assert report.steps >= 2 * (2 + (batch_size > 1))
    assert 0 < report.worst_ratio <= 1


@pytest.mark.parametrize(
    ("broken", "batch_size"),
    [
        (broken, size)
        for broken, size in product(fake_device.BROKEN, EVERY_SIZE)
        # A batch of all samples is the same batch in any order.
        if not (broken is fake_device.ReversesTheOrder and size == N_SAMPLES)
    ],
)
def test_a_broken_kernel_fails_and_is_never_timed(
    device: FakeDevice, broken: type[FakeSgd], batch_size: int
) -> None:
    case = case_of(broken(device), batch_size)
    with pytest.raises(GateError, match="is wrong, so it is not timed"):
        measure_training(case, PROTOCOL, Instruments(device.clock))
    assert device.clock_reads == 0


@pytest.mark.parametrize("batch_size", [size for size in EVERY_SIZE if size > 1])
@pytest.mark.parametrize("broken", fake_device.BROKEN_ON_SHORT_BATCHES)
def test_a_kernel_that_is_wrong_on_a_short_last_batch_fails_at_every_batch_size(
    device: FakeDevice, broken: type[FakeSgd], batch_size: int
) -> None:
    case = case_of(broken(device), batch_size)
    with pytest.raises(
        GateError, match=rf"batch size {batch_size}\).*of {batch_size // 2} samp"
    ):
        measure_training(case, PROTOCOL, Instruments(device.clock))
    assert device.clock_reads == 0


@pytest.mark.parametrize("batch_size", EVERY_SIZE)
def test_rounded_factors_pass_on_a_gpu_where_tf32_is_allowed(
    device: FakeDevice, batch_size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    cpu, gpu = (
        case_of(fake_device.RoundsFactors(device), batch_size, where)
        for where in ("cpu(0)", "gpu(0)")
    )
    plan = plan_training(gpu.workload, batch_size, PROTOCOL)
    monkeypatch.setenv(tf32.OVERRIDE, "0")
    with pytest.raises(GateError, match="float32 rounding explains"):
        verified(gpu, plan)
    monkeypatch.setenv(tf32.OVERRIDE, "1")
    assert 0 < verified(gpu, plan).worst_ratio <= 1
    with pytest.raises(GateError, match="float32 rounding explains"):
        verified(cpu, plan)
    wrong = case_of(fake_device.Twice(device), batch_size, "gpu(0)")
    with pytest.raises(GateError, match="TF32 rounding explains"):
        verified(wrong, plan)


def test_a_case_tells_that_its_products_may_be_rounded(
    device: FakeDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [case_of(FakeSgd(device), 10, where) for where in ("cpu(0)", "gpu(0)")]
    for allowed, told in (("0", [None, None]), ("1", [None, "tf32"])):
        monkeypatch.setenv(tf32.OVERRIDE, allowed)
        assert [case_facts(case).get("precision") for case in cases] == told


def test_a_batch_of_one_can_not_be_short(device: FakeDevice) -> None:
    case = case_of(fake_device.DividesByTheBatchSize(device), 1)
    verified(case, plan_training(case.workload, 1, PROTOCOL))


@pytest.mark.parametrize(
    "broken", [fake_device.ReadsStaleWeights, fake_device.ReversesTheOrder]
)
def test_what_single_steps_do_not_show_at_batch_size_1_an_epoch_of_them_does(
    device: FakeDevice, broken: type[FakeSgd]
) -> None:
    case = case_of(broken(device), 1)
    with pytest.raises(GateError, match="after an epoch of 16 steps"):
        verified(case, plan_training(case.workload, 1, PROTOCOL))


@given(
    batch_size=st.integers(1, 100),
    share=st.floats(0.02, 1.0),
    factor=st.sampled_from([0.0, 0.5, 0.99, 1.0, 1.01, 3.0]),
)
def test_only_the_right_learning_rate_passes_whatever_the_batch_size(
    batch_size: int, share: float, factor: float
) -> None:
    device, workload = FakeDevice(), data.load(WORKLOAD)
    rate = share * workload.default_learning_rate(batch_size)
    protocol = Protocol(epochs=1, seconds_per_case=1.0, learning_rate=rate)
    case = case_of(fake_device.Factor(device, factor), batch_size)
    plan = plan_training(workload, batch_size, protocol)
    if factor == 1.0:
        verified(case, plan)
    else:
        with pytest.raises(GateError):
            verified(case, plan)


def test_the_message_names_the_case_the_step_and_both_distances(device: FakeDevice) -> None:
    case = case_of(fake_device.Twice(device), 10)
    with pytest.raises(
        GateError,
        match=r"fake\.sgd on cpu\(0\) \(inmemory, batch size 10\) is wrong, so it is not "
        r"timed: after step 1 \(of 10 samples\) its parameters are [\d.e-]+ from the float64 "
        r"reference, float32 rounding explains [\d.e-]+\.$",
    ):
        verified(case, plan_training(case.workload, 10, PROTOCOL))


@pytest.mark.parametrize("tolerance", [1e30, math.inf, math.nan])
def test_a_bound_that_explains_everything_lets_nothing_pass(
    device: FakeDevice, tolerance: float
) -> None:
    """At too large a learning rate the bound on rounding grows without limit."""
    case = case_of(FakeSgd(device), 10)
    plan = plan_training(case.workload, 10, PROTOCOL)
    state = case.kernel.prepare(case.workload, "cpu(0)", 10, "inmemory", plan.start)
    vacuous = Reference(theta=plan.expected[-1].theta, tolerance=tolerance)
    with pytest.raises(GateError):
        check(case, vacuous, state, "before any step")
