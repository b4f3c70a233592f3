"""About how long a run will take, and how much each case may take."""

from __future__ import annotations

import math
from array import array
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

import data
from bench.measure.protocol import EVALUATE_EVERY, published
from bench.measure.rounds import exhaust, time_round
from bench.measure.rule import RULE as MEASURE_RULE
from bench.plan.tasks import Pass, estimate_key
from data.errors import DataError
from kernels import backends
from kernels.sampling import draw_start

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bench.measure.protocol import Protocol
    from bench.plan.tasks import Outcome, RunAsked
    from kernels.registry import Registry

    Params = Mapping[str, Any]

# Says about how long a run will take, from a few steps of each kernel on this machine.


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
#: Calls until the times have settled, each of so many batches.
WARM_UP_PARTS, WARM_UP_BATCHES = 4, 21
#: Repeats of an epoch in phases, and how long they take at most.
PHASE_PASSES, PHASES_SECONDS = 5, 0.1
#: What timing short rounds takes, over what is timed: a run-up before each, telemetry, the
#: yardstick.
SHORT_ROUNDS = 1.8
#: Kernels that share the reference of a long round.
SHARING = 3
#: Drawing and comparing, for each parameter of an update and for each byte of a control.
UPDATE_SECONDS, CONTROL_SECONDS = 7e-8, 8e-9
#: Host memory traffic that large workloads cost each epoch, and at which rate.
BYTES_PER_VALUE = 40
BYTES_PER_SECOND = 1e10
#: A share of starting the process that a case runs in.
WORKER_SECONDS = 0.15
#: Starting a process for one case, and importing its library.
MEMORY_SECONDS = 0.9
#: Trainings to the target at least; their steps over one by the default learning rate.
TARGET_ROUNDS, STEPS_AT_RATE = 5, 8.0
#: It trains so often, and so does the reference.
MEMORY_EPOCHS = 2


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

    def under(self, protocol: Protocol) -> Estimator:
        """Return the same for another protocol; what was tried out is not tried again.

        Parameters
        ----------
        protocol : Protocol

        Returns
        -------
        Estimator
        """
        other = Estimator(self._registry, protocol)
        other._measured = self._measured
        return other

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
        exhaust(batches, self._order)
        work = partial(exhaust, batches, self._order)
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
            "bench_target": self._target_case,
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
        epoch = self._epoch_seconds({**params, "device": CALIBRATED_ON})
        reference = _n_steps(params) * REFERENCE_STEP_SECONDS
        return MEMORY_SECONDS + MEMORY_EPOCHS * (epoch + reference)

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
        eigenvalues = _eigenvalue_seconds(params)
        # The reference is computed once for all kernels; the gate trains on a few batches.
        kernels = max(1, len(self._registry.train))
        reference = epochs * n_steps * (REFERENCE_STEP_SECONDS + eigenvalues) / kernels
        gated = min(1.0, 6 * params["batch_size"] / data.n_samples(params["workload"]))
        part = min(1.0, WARM_UP_BATCHES / n_steps) * epoch
        warm = min(WARM_UP_PARTS * part, max(part, MEASURE_RULE.max_warm_up_seconds))
        warm += epoch if n_steps > WARM_UP_BATCHES else 0.0
        around = gated * epoch + warm + reference + GATE_STEPS * eigenvalues
        if self._protocol.phases:
            around += max(epoch, min(PHASES_SECONDS, PHASE_PASSES * epoch))
        if epoch < MEASURE_RULE.short_work_seconds:
            # The losses, the run-up before each round, reading what disturbed it.
            timed = SHORT_ROUNDS * self._protocol.seconds_per_case + epochs * epoch
            long_round = min(
                MEASURE_RULE.max_reference_steps,
                n_steps * MEASURE_RULE.min_round_seconds / max(epoch, 1e-9),
            )
            reference = long_round * REFERENCE_STEP_SECONDS / SHARING
            return float(around + timed + reference)
        least = self._protocol.least(epochs)
        trainings = max(1, math.ceil(self._protocol.seconds_per_case / (least * epoch)))
        timed = epoch * min(trainings * least, self._protocol.max_rounds)
        return float(around + timed)

    def _update_case(self, params: Params) -> float:
        return self._protocol.seconds_per_case + UPDATE_SECONDS * float(params["n_parameters"])

    def _loader_case(self, params: Params) -> float:
        epoch = self._loading_seconds(params["backend"], params)
        warm = min(WARM_UP_PARTS * epoch, max(epoch, MEASURE_RULE.max_warm_up_seconds))
        least = self._protocol.least(MEASURE_RULE.min_rounds)
        return warm + max(self._protocol.seconds_per_case, least * epoch)

    def _step_case(self, params: Params) -> float:
        step = self.step_seconds(params["kernel"], params["device"])
        least = self._protocol.least(MEASURE_RULE.min_step_rounds)
        timed = max(
            self._protocol.seconds_per_case, least * max(step, MEASURE_RULE.min_round_seconds)
        )
        # The gate, and the float64 reference of one round's steps, on the same batch.
        size = params["batch_size"] * data.n_values(params["workload"])
        values = size / data.n_samples(params["workload"])
        reference = REFERENCE_STEP_SECONDS + values * BYTES_PER_VALUE / BYTES_PER_SECOND
        n_steps = min(
            MEASURE_RULE.max_reference_steps, MEASURE_RULE.min_round_seconds / max(step, 1e-9)
        )
        return float(SHORT_ROUNDS * timed + n_steps * reference)

    def _control_case(self, params: Params) -> float:
        return self._protocol.seconds_per_case + CONTROL_SECONDS * float(params["n_bytes"])

    def _engine_case(self, params: Params) -> float:
        return self._epoch_case({**params, "loader": "inmemory"}) + WORKER_SECONDS

    def _target_case(self, params: Params) -> float:
        """Estimate trainings of as many steps as the target takes, about."""
        workload = data.load(params["workload"])
        rate = workload.default_learning_rate(params["batch_size"])
        epochs = STEPS_AT_RATE / rate / _n_steps(params)
        training = epochs * self._epoch_seconds(params)
        least = self._protocol.least(TARGET_ROUNDS)
        timed = max(self._protocol.seconds_per_case, least * training)
        reference = epochs * _n_steps(params) * REFERENCE_STEP_SECONDS
        return float(timed + 3.0 * training + reference)

    def _notebook_case(self, params: Params) -> float:
        setting = published(params["kernel"], params["batch_size"])
        epochs = setting.epochs if setting else 1
        step = self.step_seconds(params["kernel"], params["device"])
        evaluations = data.n_samples(params["workload"]) / EVALUATE_EVERY
        epoch = self._epoch_seconds(params) + evaluations * step
        return self._protocol.notebook_repeats * epochs * epoch


# How long a run still takes, and how much each case may take so that it ends as announced.


#: Starting an interpreter and importing a library.
LAUNCH_SECONDS = 0.8
#: A case's budget is stretched or cut by no more than this.
LEAST, MOST = 0.25, 4.0


def total_seconds(asked: RunAsked) -> float:
    """Estimate a whole run.

    Parameters
    ----------
    asked : RunAsked

    Returns
    -------
    float
    """
    groups = {
        (task.group, *sorted(task.environment.items()))
        for task in asked.tasks
        if task.kind is Pass.TIME
    }
    launches = asked.replicates * len(groups) * LAUNCH_SECONDS
    tasks = sum(
        asked.estimates[estimate_key(task, replicate)]
        for task in asked.tasks
        for replicate in range(asked.replicates if task.kind is Pass.TIME else 1)
    )
    return tasks + launches


class Pace:
    """Follows a run and compares it with what was announced.

    Parameters
    ----------
    asked : RunAsked
    before : iterable of Outcome
        Of an earlier part of the run.
    """

    def __init__(self, asked: RunAsked, before: Iterable[Outcome] = ()) -> None:
        self._asked = asked
        self._planned = total_seconds(asked)
        self._spent = 0.0
        self._expected_spent = 0.0
        self._timed = 0.0
        self._tasks = {(task.id, task.kind): task for task in asked.tasks}
        for outcome in before:
            self.add(outcome)

    def add(self, outcome: Outcome) -> None:
        """Note what a task took.

        Parameters
        ----------
        outcome : Outcome
        """
        task = self._tasks[outcome.id, outcome.kind]
        self._spent += outcome.seconds
        self._expected_spent += self._asked.estimates[estimate_key(task, outcome.replicate)]
        if outcome.kind is Pass.TIME and outcome.answer is not None:
            self._timed += sum(drained for _, drained, _ in outcome.answer["rounds"])

    def seconds_left(self) -> float:
        """Return about how long the run still takes, by how the estimates have held."""
        left = max(0.0, self._planned - self._expected_spent)
        if self._expected_spent < 0.05 * self._planned:
            return left  # one odd case would decide it
        return left * self._spent / self._expected_spent

    def seconds_per_case(self, replicate: int) -> float:
        """Return how much work of a case is to be timed in a process.

        The first process of each case has the budget that was asked for. In later ones it
        is cut where the run is late, and stretched where it is early, so that time that is
        left makes the numbers more precise.

        Parameters
        ----------
        replicate : int

        Returns
        -------
        float
        """
        budget = self._asked.protocol.seconds_per_case
        left = self.seconds_left()
        if replicate == 0 or not self._timed or not left:
            return budget
        timed_left = left * min(1.0, self._timed / self._spent)
        wanted = self._asked.announced_seconds - self._spent
        factor = 1.0 + (wanted - left) / timed_left
        return budget * min(MOST, max(LEAST, factor))
