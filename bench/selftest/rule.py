"""By which rule the suite is tested: every number that was chosen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """Numbers of the self-test. Those without another origin were chosen by hand.

    Attributes
    ----------
    batch_sizes : tuple of int
        Batch sizes at which the suite's times are compared with a plain loop's.
    limit_seconds : float
        A process that has not answered by then is given up.
    max_empty_seconds : float
        What an empty kernel may take.
    sleep_seconds : float
        How long a sleeping kernel sleeps.
    sleep_tolerance : float
        Relative error that its time may have.
    gpu_seconds, gpu_answer_seconds : float
        For the whole check of a GPU, and for one answer of a process: compiling takes longest.
    gate_parameters : int
        Of the updates that are held against float64.
    device_time_parameters : tuple of int
        Sizes of an update that lies in the L2 cache, and of one that does not.
    device_time_room : float
        By how much events and the wall may differ.
    peak_room : float
        By how much a measured peak may be above the theoretical one: clocks are rounded.
    slowdowns : tuple of float
        Slowdowns that are injected: shares of the time.
    most_pairs : int
        Pairs of processes of identical code: no comparison needs so many; the time decides.
    kept_differences : int
        The last differences of a case: fewer than anything is decided by.
    time_digits : int
        Decimals that a file keeps of a time in seconds: a tenth of a picosecond.
    progress_seconds : float
        Between two lines of progress.
    n_runs : int
        Runs of a simulated history.
    block_runs : int
        Recorded runs that are drawn together: they stay as alike as they were.
    step : float
        Share by which something becomes slower in a simulated history.
    first_step : int
        Runs before a step: enough to tell it.
    within_runs : int
        Runs within which a step is to be found.
    fewest_recorded : int
        Recorded runs to draw from. Fewer are drawn too often in one history to stand for
        others.
    log_digits : int
        Decimals that a file keeps of a logarithm: a thousandth of a percent of the time.
    largest_seed : int
        Below which a seed is drawn.
    """

    # Agreement with a plain loop.
    batch_sizes: tuple[int, ...] = (1, 10, 100, 1500)
    limit_seconds: float = 300.0
    max_empty_seconds: float = 1e-6
    sleep_seconds: float = 1e-3
    sleep_tolerance: float = 0.05
    # A GPU.
    gpu_seconds: float = 360.0
    gpu_answer_seconds: float = 60.0
    gate_parameters: int = 100_003
    device_time_parameters: tuple[int, ...] = (1_000_000, 30_000_000)
    device_time_room: float = 0.1
    peak_room: float = 0.02
    # Pairs of identical code.
    slowdowns: tuple[float, ...] = (0.02, 0.03, 0.05, 0.10)
    most_pairs: int = 100_000
    kept_differences: int = 5
    time_digits: int = 13
    progress_seconds: float = 30.0
    # Simulated histories.
    n_runs: int = 60
    block_runs: int = 5
    step: float = 0.05
    first_step: int = 20
    within_runs: int = 3
    fewest_recorded: int = 8
    log_digits: int = 5
    largest_seed: int = 1_000_000


RULE = Rule()
