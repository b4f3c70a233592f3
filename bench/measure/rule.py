"""By which rule a case is measured: every number that was chosen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """Numbers of the room; where nothing else is said, a number is a round one.

    Attributes
    ----------
    min_round_seconds : float
        A round lasts about so long at least: the first moments after a pause are slower.
    max_clock_share : float
        Reading the clock takes up at most this share of a round.
    short_work_seconds : float
        Work that takes less is also done before the clock starts.
    lead_in_seconds : float
        For about so long at least: caches are filled and threads awake then.
    max_lead_in_share : float
        The lead-in has no more calls than this share of those that can be afforded.
    max_iterations : int
        Calls of a round. An empty call of Python needs tens of thousands for two
        milliseconds.
    max_reference_steps : int
        Steps of the float64 reference that a longer round may cost: about a second.
    empty_rounds, empty_calls, filled_rounds : int
        Rounds without a call, and rounds of so many empty calls: the harness's own time.
    min_precise_rounds : int
        Fewer rounds are never called precise: a few equal ones happen by chance.
    growth_between_looks : float
        The interval is looked at when there is this share of rounds more. Looking after
        every round would find a moment at which it happens to be narrow.
    min_rounds, min_step_rounds : int
        Rounds of a case in any case; a step is short and has more.
    rounds_per_part : int
        Rounds for each part of a control in parts: the fastest ones are what is steady.
    alternating_divisor : int
        Where another process measures the same, this divides the rounds that are needed.
    enqueued_epoch_rounds, enqueued_step_rounds : int
        Rounds of one call beside those of several, for the time until the call returns.
    settled_calls : int
        Calls at the end of a warm-up that must agree with the best before them.
    min_settled_ratio, max_settled_ratio : float
        They agree when they take no less than this share of it, for then times are still
        falling, and no more than this: then something was compiled, or disturbed.
    max_warm_up_calls : int
        Some libraries go on compiling at the second and the third call.
    max_warm_up_seconds : float
        Ten calls of very long work would take longer than timing it.
    warm_up_batches : int
        First batches of an epoch that warm it up, with its last one.
    max_warm_up_epochs : int
        Whole epochs after them.
    yardstick_rows, yardstick_products, yardstick_additions : int
        Small products and additions, as the kernels have. A product of this size is left to
        one thread by every BLAS, and all of it stays in the nearest caches.
    yardstick_times, yardstick_untimed : int
        Done so often, about 0.2 ms on 3 GHz, and untimed before: what was timed last has left
        the caches cold.
    gate_samples : int
        Enough for several steps at small batch sizes, few enough to stay cheap at large.
    min_gate_steps, max_gate_steps : int
        Full batches that the gate compares.
    max_gate_error : float
        Parameters further off than this share of their norm are wrong, whatever rounding
        explains: its bound grows without limit where single batches amplify the error.
    checked_elements : int
        Elements of an update compared at a time, so that the float64 copies stay small.
    checked_batches : int
        Batches compared with the data before a loader is timed.
    max_parameter : float
        A reference whose parameters are larger has diverged.
    max_parameter_growth, rate_divisor : float
        Parameters that grow by this factor over a long round are about to diverge; by this
        the learning rate is divided then.
    update_learning_rate : float
        So small that hundreds of thousands of updates stay in range.
    gate_learning_rate : float
        So large that an update stands out even from float16's rounding.
    gate_updates : int
        Updates compared one by one.
    max_phase_passes : int
        Epochs in which the clock is read between the phases …
    max_phase_seconds : float
        … and no further one after so much time.
    device_repeats, device_steps : int
        Times read from the device's events, and steps between two events.
    cold_repeats : int
        Single calls on a cold cache: they are short, and the events resolve half a microsecond.
    memory_epochs : int
        Two, so that what an epoch leaves to the next one shows.
    rehearsed_samples, rehearsed_batch_size : int
        Trained on before the peak of memory is started: two full batches and a short one.
    check_turns : int
        Turns of the suite and of the plain loop: seven medians reach, from the lowest to the
        highest, over the true one with 98%.
    check_warm_up_epochs, min_check_blocks : int
        Epochs of the plain loop before its first block, and blocks.
    check_readings, check_clock_seconds : int, float
        Readings of a GPU, and how long its clock is followed; it is up within a second.
    check_sleep_seconds, check_sleep_rounds : float, int
        What the sleeping kernel sleeps, and how often.
    seconds_digits : int
        Decimals of a round's seconds in the run file: no clock resolves a tenth of a
        nanosecond, and what differences of readings have beyond it would be half of the file.
    """

    min_round_seconds: float = 2e-3
    max_clock_share: float = 1e-3
    short_work_seconds: float = 5e-3
    lead_in_seconds: float = 1e-3
    max_lead_in_share: float = 0.25
    max_iterations: int = 100_000
    max_reference_steps: int = 20_000
    empty_rounds: int = 31
    empty_calls: int = 100
    filled_rounds: int = 10
    min_precise_rounds: int = 10
    growth_between_looks: float = 0.1
    min_rounds: int = 5
    min_step_rounds: int = 20
    rounds_per_part: int = 2
    alternating_divisor: int = 5
    enqueued_epoch_rounds: int = 10
    enqueued_step_rounds: int = 20
    settled_calls: int = 2
    min_settled_ratio: float = 0.9
    max_settled_ratio: float = 1.25
    max_warm_up_calls: int = 10
    max_warm_up_seconds: float = 3.0
    warm_up_batches: int = 20
    max_warm_up_epochs: int = 5
    yardstick_rows: int = 64
    yardstick_products: int = 4
    yardstick_additions: int = 60
    yardstick_times: int = 4
    yardstick_untimed: int = 2
    gate_samples: int = 64
    min_gate_steps: int = 2
    max_gate_steps: int = 16
    max_gate_error: float = 0.01
    checked_elements: int = 2**20
    checked_batches: int = 20
    max_parameter: float = 1e6
    max_parameter_growth: float = 2.0
    rate_divisor: float = 10.0
    update_learning_rate: float = 1e-3
    gate_learning_rate: float = 0.5
    gate_updates: int = 3
    max_phase_passes: int = 5
    max_phase_seconds: float = 0.1
    device_repeats: int = 5
    device_steps: int = 20
    cold_repeats: int = 20
    memory_epochs: int = 2
    rehearsed_samples: int = 80
    rehearsed_batch_size: int = 32
    check_turns: int = 7
    check_warm_up_epochs: int = 3
    min_check_blocks: int = 7
    check_readings: int = 20
    check_clock_seconds: float = 3.0
    check_sleep_seconds: float = 1e-3
    check_sleep_rounds: int = 51
    seconds_digits: int = 10


RULE = Rule()
