"""Says about how long a run will take, from a few steps of each kernel on this machine."""

from __future__ import annotations

import math
from array import array
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

import data
from bench.measure import loading, stepping
from bench.measure.notebook import EVALUATE_EVERY, published
from bench.measure.rounds import time_round
from data.errors import DataError
from kernels import backends
from kernels.sampling import draw_start

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.measure.protocol import Protocol
    from kernels.registry import Registry

    Params = Mapping[str, Any]

CALIBRATED_ON = "cpu(0)"
WARM_UP_STEPS = 5
TIMED_STEPS = 40
#: What a case costs beside its work: drawing, preparing, checking, bookkeeping.
OVERHEAD_SECONDS = 0.03
#: One step of the float64 reference.
REFERENCE_STEP_SECONDS = 40e-6
#: The eigenvalues of a symmetric matrix, over the third power of its rows.
EIGENVALUE_SECONDS = 4e-11
#: Steps that the gate takes at large batch sizes.
GATE_STEPS = 3
#: Host memory traffic that large workloads cost each epoch, and at which rate.
BYTES_PER_VALUE = 40
BYTES_PER_SECOND = 1e10
#: A share of starting the process that a case runs in.
WORKER_SECONDS = 0.3
#: Starting a process for one case, and importing its library.
MEMORY_SECONDS = 1.5


def _n_steps(params: Params) -> int:
    return math.ceil(data.n_samples(params["workload"]) / int(params["batch_size"]))


def _eigenvalue_seconds(params: Params) -> float:
    """Estimate the largest eigenvalue of a batch, which the reference's bound may ask for."""
    n_samples = data.n_samples(params["workload"])
    n_features = data.n_values(params["workload"]) / n_samples
    return float(EIGENVALUE_SECONDS * min(params["batch_size"], n_features) ** 3)


class Estimator:
    """Estimates the seconds of cases.

    Only the CPU is tried out: MXNet's first use of a GPU shrinks its OpenMP pool, which the
    CPU cases are about to use. A GPU case is estimated as the same case on the CPU.

    Parameters
    ----------
    registry : Registry
    protocol : Protocol
    """

    def __init__(self, registry: Registry, protocol: Protocol) -> None:
        self._registry = registry
        self._protocol = protocol
        self._order = np.arange(WARM_UP_STEPS + TIMED_STEPS)
        self._measured: dict[tuple[str, ...], float] = {}

    def step_seconds(self, kernel: str, device: str) -> float:
        """Measure a step of one sample, once: what a step costs at least."""
        if (kernel, device) not in self._measured:
            try:
                seconds = self._timed_step(kernel, device)
            except Exception:  # noqa: BLE001 - what a kernel raises, its own case reports
                seconds = 0.0
            self._measured[kernel, device] = seconds
        return self._measured[kernel, device]

    def _timed_step(self, kernel: str, device: str) -> float:
        train, workload = self._registry.train[kernel], data.load("airfoil")
        start = draw_start(np.random.default_rng(0), workload.n_features)
        state = train.prepare(workload, device, 1, "inmemory", start)
        drain = partial(backends.get(train.backend).drain, device)
        warm, timed = np.split(self._order, [WARM_UP_STEPS])
        train.epoch(state, warm, array("d", [1e-3] * WARM_UP_STEPS))
        work = partial(train.epoch, state, timed, array("d", [1e-3] * TIMED_STEPS))
        if train.loaders is not None:  # a whole epoch: compiled for its length
            work()
        return time_round(work, drain).drained_seconds / TIMED_STEPS

    def sample_seconds(self, params: Params, backend: str) -> float:
        """Measure what a loader costs for one sample at a batch size, once."""
        loader, device = params["loader"], params["device"]
        size = min(params["batch_size"], len(self._order))
        key = (backend, loader, device, str(size))
        if key not in self._measured:
            try:
                seconds = self._timed_loading(backend, loader, device, size)
            except DataError:
                raise
            except Exception:  # noqa: BLE001 - a library of GPUs alone has none for the CPU
                seconds = 0.0
            self._measured[key] = seconds / len(self._order)
        return self._measured[key]

    def _timed_loading(self, backend: str, loader: str, device: str, size: int) -> float:
        library = backends.get(backend)
        batches = library.batches(loader, data.load("airfoil"), device, size)
        loading.exhaust(batches, self._order)
        work = partial(loading.exhaust, batches, self._order)
        return time_round(work, partial(library.drain, device)).drained_seconds

    def case(self, name: str, params: Params) -> float:
        """Estimate one case.

        Parameters
        ----------
        name : str
            The name of its test function.
        params : mapping

        Returns
        -------
        float
            Seconds.
        """
        estimates = {
            "bench_epoch": self._epoch_case,
            "bench_update": self._update_case,
            "bench_loader": self._loader_case,
            "bench_notebook": self._notebook_case,
            "bench_step": self._step_case,
            "bench_machine": self._control_case,
            "bench_engine": self._engine_case,
        }
        return estimates[name]({**params, "device": CALIBRATED_ON}) + OVERHEAD_SECONDS

    def memory(self, params: Params) -> float:
        """Estimate the memory pass of a training: a process, and an epoch or two.

        Parameters
        ----------
        params : mapping

        Returns
        -------
        float
            Seconds.
        """
        return MEMORY_SECONDS + 2 * self._epoch_seconds({**params, "device": CALIBRATED_ON})

    def _loading_seconds(self, backend: str, params: Params) -> float:
        """Estimate the loader's part of an epoch, and that of the data's size."""
        workload = params["workload"]
        n_samples, values = data.n_samples(workload), data.n_values(workload)
        per_sample = self.sample_seconds(params, backend)
        return n_samples * per_sample + values * BYTES_PER_VALUE / BYTES_PER_SECOND

    def _epoch_seconds(self, params: Params) -> float:
        n_steps = _n_steps(params)
        step = self.step_seconds(params["kernel"], params["device"])
        backend = self._registry.train[params["kernel"]].backend
        return n_steps * step + self._loading_seconds(backend, params)

    def _epoch_case(self, params: Params) -> float:
        n_steps = _n_steps(params)
        epoch, epochs = self._epoch_seconds(params), self._protocol.epochs
        training = epoch * epochs
        trainings = max(1, math.ceil(self._protocol.seconds_per_case / training))
        timed = training * min(trainings, math.ceil(self._protocol.max_rounds / epochs))
        # The reference is computed once for all kernels; the gate trains on a few batches.
        kernels = max(1, len(self._registry.train))
        eigenvalues = _eigenvalue_seconds(params)
        reference = epochs * n_steps * (REFERENCE_STEP_SECONDS + eigenvalues) / kernels
        gated = min(1.0, 6 * params["batch_size"] / data.n_samples(params["workload"]))
        return float(timed + reference + gated * epoch + GATE_STEPS * eigenvalues)

    def _update_case(self, params: Params) -> float:
        # Drawing and comparing an array of n takes about 0.2 microseconds an element.
        return self._protocol.seconds_per_case + 2e-7 * float(params["n_parameters"])

    def _loader_case(self, params: Params) -> float:
        epoch = self._loading_seconds(params["backend"], params)
        return max(self._protocol.seconds_per_case, loading.MIN_ROUNDS * epoch)

    def _step_case(self, params: Params) -> float:
        step = self.step_seconds(params["kernel"], params["device"])
        steps = max(stepping.MIN_ROUNDS, self._protocol.seconds_per_case / max(step, 1e-9))
        n_steps = min(steps, self._protocol.max_rounds)
        # Each timed step is one of the reference too, on the same batch.
        size = params["batch_size"] * data.n_values(params["workload"])
        values = size / data.n_samples(params["workload"])
        reference = REFERENCE_STEP_SECONDS + values * BYTES_PER_VALUE / BYTES_PER_SECOND
        return float(n_steps * (step + reference))

    def _control_case(self, params: Params) -> float:
        return self._protocol.seconds_per_case + 2e-8 * float(params["n_bytes"])

    def _engine_case(self, params: Params) -> float:
        return self._epoch_case({**params, "loader": "inmemory"}) + WORKER_SECONDS

    def _notebook_case(self, params: Params) -> float:
        setting = published(params["kernel"], params["batch_size"])
        epochs = setting.epochs if setting else 1
        step = self.step_seconds(params["kernel"], params["device"])
        evaluations = data.n_samples(params["workload"]) / EVALUATE_EVERY
        epoch = self._epoch_seconds(params) + evaluations * step
        return self._protocol.notebook_repeats * epochs * epoch
