"""Every number of the planning that was chosen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """Numbers of the room. Those without another origin were chosen by hand.

    What a preset holds stands with the presets, and defaults stand with their options.

    Attributes
    ----------
    warm_up_steps, timed_steps : int
        Steps of one sample that a kernel is tried out with: untimed first, then timed.
    case_seconds : float
        What a case costs beside its work: drawing, preparing, checking, bookkeeping.
    reference_step_seconds : float
        One step of the float64 reference.
    eigenvalue_seconds : float
        The eigenvalues of a symmetric matrix, over the third power of its rows.
    gate_steps : int
        Steps that the gate takes at large batch sizes.
    gate_batches : int
        Batches that the gate trains on, about.
    warm_up_parts : int
        Calls until the times have settled, each of the batches of a warm-up.
    short_rounds_factor : float
        What timing short rounds takes, over what is timed: a run-up before each, telemetry,
        the yardstick.
    kernels_per_reference : int
        Kernels that share the reference of a long round.
    update_seconds, control_seconds : float
        Drawing and comparing, for each parameter of an update and for each byte of a control.
    bytes_per_value, bytes_per_second : float
        Host memory traffic that large workloads cost each epoch, and at which rate.
    worker_seconds : float
        A share of starting the process that a case runs in.
    memory_seconds : float
        Starting a process for one case, and importing its library.
    target_rounds : int
        Trainings to the target at least.
    steps_at_rate : float
        Their steps over one by the default learning rate.
    untimed_trainings : float
        Trainings to the target beside the timed ones.
    launch_seconds : float
        Starting an interpreter and importing a library.
    min_pace_share : float
        The pace is told from this share of a run on: before, one odd case would decide it.
    min_budget_factor, max_budget_factor : float
        A case's budget is stretched or cut by no more than this.
    arrays_per_case : int
        Float32 arrays as long as the parameters that a case holds at once: drawn ones, the
        kernel's own, temporaries, and what comparing takes.
    max_threads, max_processes, max_case_seconds, max_order_seed, max_update_size : int
        The most that options take: threads of a pool, processes of a run, seconds of a case,
        the seed of the order of the cases, parameters of an update.
    most_listed : int
        A message lists no more allowed names.
    max_whole_number : int
        The most that is sensible for other options that count something.
    max_percent : float
        The most percent that an option takes.
    """

    # How long cases take.
    warm_up_steps: int = 5
    timed_steps: int = 40
    case_seconds: float = 0.03
    reference_step_seconds: float = 40e-6
    eigenvalue_seconds: float = 4e-11
    gate_steps: int = 3
    gate_batches: int = 6
    warm_up_parts: int = 4
    short_rounds_factor: float = 1.8
    kernels_per_reference: int = 3
    update_seconds: float = 7e-8
    control_seconds: float = 8e-9
    bytes_per_value: int = 40
    bytes_per_second: float = 1e10
    worker_seconds: float = 0.15
    memory_seconds: float = 0.9
    target_rounds: int = 5
    steps_at_rate: float = 8.0
    untimed_trainings: float = 3.0
    # How long runs take.
    launch_seconds: float = 0.8
    min_pace_share: float = 0.05
    min_budget_factor: float = 0.25
    max_budget_factor: float = 4.0
    # What cases hold, and options take.
    arrays_per_case: int = 8
    max_threads: int = 4096
    max_processes: int = 1000
    max_case_seconds: int = 86_400
    max_order_seed: int = 1_000_000
    max_update_size: int = 10**9
    most_listed: int = 12
    max_whole_number: int = 10_000
    max_percent: float = 50.0


RULE = Rule()
