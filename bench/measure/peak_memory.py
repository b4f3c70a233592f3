"""Measures the memory that a training takes at most, in a process that does nothing else.

Nothing can be read while a kernel runs, so the peak is what the system remembers. All that is
not the training's own is in memory, and settled, before its peak is started:

- the workload and the orders, and the float64 reference, whose temporaries are given back,
- the libraries, their contexts and their code: a few samples are trained on first, in small
  batches. So the pools that this leaves behind, and that a training would fill again, hide
  little. (The whole workload would not do: some libraries keep tens of megabytes of it.)

What is compiled for the shapes of the case itself, for JAX an epoch of so many steps, counts:
whoever trains pays it. Two epochs are run, so that what an epoch leaves to the next one shows.

Pages of code that are touched late are in the peak, and counts that the system had not added
up yet are missing from it: ``host_noise_bytes`` bounds both. It does not bound what a library
does otherwise each time: one that works asynchronously frees what it no longer needs when it
comes to it, and its peaks differ by that.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from bench.machine.memory_use import DeviceMemory, HostMemory, give_back, keep_little
from bench.measure import gate
from bench.measure.gate import TrainingCase
from bench.measure.protocol import Plan, Protocol, plan_training
from bench.measure.rule import RULE
from kernels import backends
from kernels.registry import Registry


def measure_memory(
    params: Mapping[str, Any], registry: Registry, protocol: Protocol
) -> dict[str, Any]:
    """Measure the memory of a ``bench_epoch`` case; the process must be a fresh one.

    Parameters
    ----------
    params : mapping
        ``workload``, ``kernel``, ``device``, ``loader`` and ``batch_size``.

    Returns
    -------
    dict
        As `case_memory` returns it.

    Raises
    ------
    GateError, DivergedError
        As for `case_memory`.
    """
    keep_little()
    case = TrainingCase.of(params, registry)
    return case_memory(case, protocol, HostMemory(), DeviceMemory.of(case.device))


def case_memory(
    case: TrainingCase, protocol: Protocol, host: HostMemory, on_device: DeviceMemory
) -> dict[str, Any]:
    """Measure the memory of a training.

    Parameters
    ----------
    on_device : DeviceMemory
        Made before the backend creates its context.

    Returns
    -------
    dict
        JSON-ready; None for what can't be told.

        ``host_base_bytes`` the process before the training, ``host_peak_bytes`` at most in it,
        ``host_case_bytes`` the difference. ``host_peak_is_exact`` is False where the peak may
        be from before the training: then the difference is an upper bound.
        ``host_noise_bytes`` how far off it may be in any case. ``workload_bytes`` of features
        and labels, which are in the base. ``allocator_peak_bytes`` what the library's
        allocator on a GPU had given out at most, ``device_footprint_bytes`` what was taken of
        the GPU's memory at the end, ``device_footprint_of`` see
        `bench.machine.memory_use.Footprint`.

    Raises
    ------
    GateError
        When the kernel does not match the reference after the epochs.
    DivergedError
        When the learning rate is too large.
    """
    protocol = replace(protocol.of(case.kernel), epochs=RULE.memory_epochs)
    plan = plan_training(case.workload, case.batch_size, protocol, case.kernel.rule)
    backend = backends.get(case.kernel.backend)
    backend.probe()
    _rehearse(case, plan)
    give_back()
    is_exact = host.forget_peak()
    base = host.read()
    states: list[object] = []
    allocator_peak = backend.allocator_peak(
        case.device, lambda: states.append(_train(case, plan))
    )
    after = host.read()
    footprint = on_device.footprint()
    gate.check(case, plan.expected[-1], states[0], f"after {RULE.memory_epochs} epochs")
    touched_files = max(0, after.file_bytes - base.file_bytes)
    return {
        "host_base_bytes": base.now_bytes,
        "host_peak_bytes": after.peak_bytes,
        "host_case_bytes": max(0, after.peak_bytes - base.now_bytes),
        "host_peak_is_exact": is_exact,
        "host_noise_bytes": host.slack_bytes() + touched_files,
        "workload_bytes": case.workload.features.nbytes + case.workload.labels.nbytes,
        "allocator_peak_bytes": allocator_peak,
        "device_footprint_bytes": footprint.n_bytes,
        "device_footprint_of": footprint.of,
    }


def _train(case: TrainingCase, plan: Plan) -> object:
    """Prepare the kernel and train; wait after each epoch, and return the state."""
    state, drain = case.prepare(plan.start), case.drain
    drain()
    for epoch in plan.works(case.kernel, state):
        epoch()
        drain()
    return state


def _rehearse(case: TrainingCase, plan: Plan) -> None:
    """Train on a few samples, at a rate of zero, so that code is loaded and contexts exist."""
    few = min(RULE.rehearsed_samples, case.workload.n_samples)
    size = min(RULE.rehearsed_batch_size, case.batch_size)
    workload = replace(
        case.workload,
        features=case.workload.features[:few].copy(),
        labels=case.workload.labels[:few].copy(),
    )
    rates = array("d", [0.0] * -(-few // size))
    small = replace(
        plan,
        orders=(np.arange(few),) * RULE.memory_epochs,
        learning_rates=(rates,) * RULE.memory_epochs,
    )
    rehearsed = replace(case, workload=workload, batch_size=size)
    _train(rehearsed, small)
