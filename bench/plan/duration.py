"""About how long a run will take, and how much each case may take."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

import data
from bench.measure.protocol import EVALUATE_EVERY, Protocol, published
from bench.measure.rounds import exhaust, time_round
from bench.measure.rule import RULE as MEASURING
from bench.plan.rule import RULE
from bench.plan.tasks import Outcome, Pass, RunAsked, Task, estimate_key, protocol_in
from data.errors import DataError
from kernels import backends
from kernels.registry import Registry
from kernels.sampling import draw_start

Params = Mapping[str, Any]

# Says about how long a run will take, from a few steps of each kernel on its device.


def _n_steps(params: Params) -> int:
    return math.ceil(data.n_samples(params["workload"]) / int(params["batch_size"]))


def _eigenvalue_seconds(params: Params) -> float:
    """Estimate the largest eigenvalue of a batch, which the reference's bound may ask for."""
    n_samples = data.n_samples(params["workload"])
    n_features = data.n_values(params["workload"]) / n_samples
    return float(RULE.eigenvalue_seconds * min(params["batch_size"], n_features) ** 3)


class Estimator:
    """Estimates the seconds of cases, from what it tries out on their devices."""

    def __init__(self, registry: Registry, protocol: Protocol) -> None:
        self._registry = registry
        self._protocol = protocol
        self._order = np.arange(RULE.warm_up_steps + RULE.timed_steps)
        self._measured: dict[tuple[str, ...], float] = {}

    def under(self, protocol: Protocol) -> Estimator:
        """Return the same for another protocol; what was tried out is not tried again."""
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
        warm, timed = np.split(self._order, [RULE.warm_up_steps])
        train.epoch(state, warm, array("d", [1e-3] * RULE.warm_up_steps))
        work = partial(train.epoch, state, timed, array("d", [1e-3] * RULE.timed_steps))
        if train.loaders is not None:  # a whole epoch: compiled for its length
            work()
        return time_round(work, drain).drained_seconds / RULE.timed_steps

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
            except Exception:  # noqa: BLE001 - what a library raises, its cases report
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
        return estimates[name](params) + RULE.case_seconds

    def memory(self, params: Params) -> float:
        """Estimate the memory pass of a training: a process, and an epoch or two.

        Returns
        -------
        float
            Seconds.
        """
        epoch = self._epoch_seconds(params)
        reference = _n_steps(params) * RULE.reference_step_seconds
        return RULE.memory_seconds + MEASURING.memory_epochs * (epoch + reference)

    def _loading_seconds(self, backend: str, params: Params) -> float:
        """Estimate the loader's part of an epoch, and that of the data's size."""
        workload = params["workload"]
        n_samples, values = data.n_samples(workload), data.n_values(workload)
        per_sample = self.sample_seconds(params, backend)
        return n_samples * per_sample + values * RULE.bytes_per_value / RULE.bytes_per_second

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
        reference = epochs * n_steps * (RULE.reference_step_seconds + eigenvalues) / kernels
        n_samples = data.n_samples(params["workload"])
        gated = min(1.0, RULE.gate_batches * params["batch_size"] / n_samples)
        batches = MEASURING.warm_up_batches + 1  # and the last one
        part = min(1.0, batches / n_steps) * epoch
        warm = min(RULE.warm_up_parts * part, max(part, MEASURING.max_warm_up_seconds))
        warm += epoch if n_steps > batches else 0.0
        around = gated * epoch + warm + reference + RULE.gate_steps * eigenvalues
        if self._protocol.phases:
            phases = min(MEASURING.max_phase_seconds, MEASURING.max_phase_passes * epoch)
            around += max(epoch, phases)
        if epoch < MEASURING.short_work_seconds:
            # The losses, the run-up before each round, reading what disturbed it.
            timed = RULE.short_rounds_factor * self._protocol.seconds_per_case + epochs * epoch
            long_round = min(
                MEASURING.max_reference_steps,
                n_steps * MEASURING.min_round_seconds / max(epoch, 1e-9),
            )
            reference = long_round * RULE.reference_step_seconds / RULE.kernels_per_reference
            return float(around + timed + reference)
        least = self._protocol.least(epochs)
        trainings = max(1, math.ceil(self._protocol.seconds_per_case / (least * epoch)))
        timed = epoch * min(trainings * least, self._protocol.max_rounds)
        return float(around + timed)

    def _update_case(self, params: Params) -> float:
        drawing = RULE.update_seconds * float(params["n_parameters"])
        return self._protocol.seconds_per_case + drawing

    def _loader_case(self, params: Params) -> float:
        epoch = self._loading_seconds(params["backend"], params)
        warm = min(RULE.warm_up_parts * epoch, max(epoch, MEASURING.max_warm_up_seconds))
        least = self._protocol.least(MEASURING.min_rounds)
        return warm + max(self._protocol.seconds_per_case, least * epoch)

    def _step_case(self, params: Params) -> float:
        step = self.step_seconds(params["kernel"], params["device"])
        least = self._protocol.least(MEASURING.min_step_rounds)
        timed = max(
            self._protocol.seconds_per_case, least * max(step, MEASURING.min_round_seconds)
        )
        # The gate, and the float64 reference of one round's steps, on the same batch.
        size = params["batch_size"] * data.n_values(params["workload"])
        values = size / data.n_samples(params["workload"])
        traffic = values * RULE.bytes_per_value / RULE.bytes_per_second
        n_steps = min(
            MEASURING.max_reference_steps, MEASURING.min_round_seconds / max(step, 1e-9)
        )
        return float(
            RULE.short_rounds_factor * timed + n_steps * (RULE.reference_step_seconds + traffic)
        )

    def _control_case(self, params: Params) -> float:
        return self._protocol.seconds_per_case + RULE.control_seconds * float(params["n_bytes"])

    def _engine_case(self, params: Params) -> float:
        return self._epoch_case({**params, "loader": "inmemory"}) + RULE.worker_seconds

    def _target_case(self, params: Params) -> float:
        """Estimate trainings of as many steps as the target takes, about."""
        workload = data.load(params["workload"])
        rate = workload.default_learning_rate(params["batch_size"])
        epochs = RULE.steps_at_rate / rate / _n_steps(params)
        training = epochs * self._epoch_seconds(params)
        least = self._protocol.least(RULE.target_rounds)
        timed = max(self._protocol.seconds_per_case, least * training)
        reference = epochs * _n_steps(params) * RULE.reference_step_seconds
        return float(timed + RULE.untimed_trainings * training + reference)

    def _notebook_case(self, params: Params) -> float:
        setting = published(params["kernel"], params["batch_size"])
        epochs = setting.epochs if setting else 1
        step = self.step_seconds(params["kernel"], params["device"])
        evaluations = data.n_samples(params["workload"]) / EVALUATE_EVERY
        epoch = self._epoch_seconds(params) + evaluations * step
        return self._protocol.notebook_repeats * epochs * epoch


def estimates_of(
    registry: Registry, protocol: Protocol, tasks: Sequence[Task]
) -> dict[str, float]:
    """Estimate each task's seconds, in its first process and in a later one.

    Returns
    -------
    dict of str to float
        By `estimate_key`.
    """
    first = Estimator(registry, protocol)
    later = first.under(protocol_in(protocol, 1))
    estimates = {}
    for task in tasks:
        if task.kind is Pass.MEMORY:
            estimates[estimate_key(task)] = first.memory(task.params)
            continue
        for replicate, estimator in enumerate((first, later)):
            seconds = estimator.case(task.module, task.params)
            estimates[estimate_key(task, replicate)] = seconds
    return estimates


def tried(
    params: Mapping[str, Any], registry: Registry, protocol: Protocol
) -> dict[str, float]:
    """Estimate tasks in a process of their own.

    Parameters
    ----------
    params : mapping
        ``tasks``: the fields of each, JSON-ready.
    """
    tasks = [Task(**{**one, "kind": Pass(one["kind"])}) for one in params["tasks"]]
    return estimates_of(registry, protocol, tasks)


# How long a run still takes, and how much each case may take so that it ends as announced.


def total_seconds(asked: RunAsked) -> float:
    """Estimate a whole run, without tasks of which nothing is known."""
    groups = {
        (task.group, *sorted(task.environment.items()))
        for task in asked.tasks
        if task.kind is Pass.TIME
    }
    launches = asked.replicates * len(groups) * RULE.launch_seconds
    first = sum(asked.estimates.get(estimate_key(task), 0.0) for task in asked.tasks)
    timed = [task for task in asked.tasks if task.kind is Pass.TIME and asked.replicates > 1]
    later = sum(asked.estimates.get(estimate_key(task, 1), 0.0) for task in timed)
    return first + (asked.replicates - 1) * later + launches


class Pace:
    """Follows a run and compares it with what was announced.

    Parameters
    ----------
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
        """Note what a task took; one of which nothing was known was not announced either."""
        key = estimate_key(self._tasks[outcome.id, outcome.kind], outcome.replicate)
        if key not in self._asked.estimates:
            return
        self._spent += outcome.seconds
        self._expected_spent += self._asked.estimates[key]
        if outcome.kind is Pass.TIME and outcome.answer is not None:
            self._timed += sum(drained for _, drained, _ in outcome.answer["rounds"])

    def seconds_left(self) -> float:
        """Return about how long the run still takes, by how the estimates have held."""
        left = max(0.0, self._planned - self._expected_spent)
        if self._expected_spent < RULE.min_pace_share * self._planned:
            return left  # one odd case would decide it
        return left * self._spent / self._expected_spent

    def seconds_per_case(self, replicate: int) -> float:
        """Return how much work of a case is to be timed in a process.

        The first process of each case has the budget that was asked for. In later ones it
        is cut where the run is late, and stretched where it is early, so that time that is
        left makes the numbers more precise.
        """
        budget = self._asked.protocol.seconds_per_case
        left = self.seconds_left()
        if replicate == 0 or not self._timed or not left:
            return budget
        timed_left = left * min(1.0, self._timed / self._spent)
        wanted = self._asked.announced_seconds - self._spent
        factor = 1.0 + (wanted - left) / timed_left
        return budget * min(RULE.max_budget_factor, max(RULE.min_budget_factor, factor))
