"""By which rule a run is judged against earlier ones: every number that was chosen."""

from __future__ import annotations

from dataclasses import dataclass

from bench.stats.rule import RULE as STATISTICS


@dataclass(frozen=True)
class Rule:
    """Numbers of the rule; ``python -m bench selftest --history`` measures what they give.

    Numbers without another origin were chosen by hand, and checked by that simulation.

    Attributes
    ----------
    fewest_earlier : int
        Earlier runs that a verdict takes. Fewer say nothing of how far runs lie apart.
    most_earlier : int
        Earlier runs that a verdict rests on. Older ones are left to the change points.
    most_runs : int
        Runs before the judged one that ``track`` reads. They hold every step that one would
        act on; older runs are left to a history page.
    most_recent : int
        Last runs over which evidence may be gathered.
    min_share_of_cases : float
        Share of the last run's cases that a run holds. With less it was measured for
        something else.
    max_disturbed_of_case, max_disturbed_of_run : float
        Share of the rounds of a case, and of a run on average, that may be disturbed. Beyond,
        they say more about the disturbance; on a quiet machine both stay below 0.01.
    memory_tolerance : float
        Relative difference of the memory of one machine. The kernel keeps some for itself,
        and not the same in each of its versions.
    most_fingerprints : int
        Fingerprints that one is compared with. A machine has a few in its life.
    fewest_processes : int
        Processes that have a fastest third, and that drift is corrected in. Of fewer the
        median counts.
    fastest_one_in : int
        One in so many processes counts, the fastest: what disturbs one only makes it longer.
    fastest_one_in_corrected : int
        The same where drift was corrected: less of what moves processes is left.
    min_yardstick_share, max_yardstick_share : float
        Range of the share that a case has of the yardstick's drift. A case is not moved the
        other way, nor much more than the yardstick.
    yardstick_outlier_stds : float
        Standard deviations beyond which a process says no more of that share.
    yardstick_iterations : int
        Repetitions of the estimate of that share, and of the median polish.
    min_process_std : float
        Least standard deviation between processes, relative: times are kept to no more
        digits.
    fewest_frequency_parts : int
        Parts of the machine that tell the CPU frequency. Of two that move apart one can't say
        which follows it.
    usual_frequency_std : float
        Standard deviation of runs by the CPU frequency, before any says so. A shared
        processor moves by 5% for half an hour.
    frequency_share_std : float
        How far from 1 a series' share of the CPU frequency lies (standard deviation), before
        any run says so.
    frequency_iterations : int
        Repetitions of the estimate of that share: what the first leaves tells the outliers.
    frequency_outlier_stds : float
        Standard deviations beyond which a run says no more of that share.
    min_reported_frequency : float
        Change of a case by the CPU frequency, a share, that its verdict mentions.
    usual_cache_bytes : int
        Size of the last level of cache where the fingerprint tells none.
    min_bus_copy_bytes : int
        Size from which a copy to or from a device measures its bus, not a call.
    min_pool_weight : float
        Least sum of the weights of a pool, so that it divides. It is reached where nothing is
        known of how far the runs of any member lie apart.
    min_flops_per_byte : float
        Flops for each byte from which arithmetic can be what takes the time.
    min_std : float
        Least standard deviation between runs, relative: no history of a few runs shows less.
    prices_of_looks : tuple of float
        Factors of the p-values of looking at the last one, two and three runs. One may look
        thrice, so their inverses add up to 1. What shows in several runs is trusted more: a
        single one may have met a machine that was busy for some minutes.
    max_false_discoveries : float
        Expected share of what is detected that has not changed by more than the margin, were
        every change as large as it. Hardly any is, and what is detected is confirmed.
    max_p_alone : float
        p-value with which a run says so on its own.
    min_share_repeated : float
        Share of a detected change that a fresh measurement has to show. What is detected by
        chance lies some standard deviations off, and half of these a second time is as rare.
    fewest_confirming : int
        Last runs that confirm one another, each on its own; more where earlier runs are few,
        or went astray (`max_p_astray`).
    max_p_astray : float
        Runs that say the same confirm each other where they go so far astray together no
        likelier than this, by how often earlier runs did.
    repetitions : int
        What is detected is measured again so many times, each of which has to say so.
    confidence : float
        Of intervals.
    min_share_of_cause, max_share_of_cause : float
        How far a part of the machine moves, over what a case does, to be why the case moves.
        By less than half, or more than twice as much, it is not.
    fewest_processes_of_cpu : int
        Processes on a CPU, and on all others, that tell how far processes lie apart.
    cpu_margin : float
        Share by which a CPU has to be slower than the others, surely: layouts of memory make
        processes differ by half of it.
    readings_beside : int
        Runs on each side of a step that say how the machine was doing.
    readings : tuple of (str, str, float, float)
        What changes by the minute: its name, its unit, and from how much on a change is told,
        a share of the value before and an amount.
    most_blocks : int
        Runs of a series, or blocks of successive ones that count by their median, that a
        drift is looked for in: slopes between all pairs take long for many.
    """

    # Which runs and cases count.
    fewest_earlier: int = 5
    most_earlier: int = 40
    most_runs: int = 200
    most_recent: int = 3
    min_share_of_cases: float = 0.5
    max_disturbed_of_case: float = 0.2
    max_disturbed_of_run: float = 0.02
    memory_tolerance: float = 0.03
    most_fingerprints: int = 32
    # The time of a case in a run.
    fewest_processes: int = 4
    fastest_one_in: int = 3
    fastest_one_in_corrected: int = 2
    min_yardstick_share: float = 0.0
    max_yardstick_share: float = 2.0
    yardstick_outlier_stds: float = 2.0
    yardstick_iterations: int = 4
    min_process_std: float = 1e-5
    # The CPU frequency.
    fewest_frequency_parts: int = 3
    usual_frequency_std: float = 0.03
    frequency_share_std: float = 0.3
    frequency_iterations: int = 2
    frequency_outlier_stds: float = 2.5
    min_reported_frequency: float = 0.01
    # Parts of the machine.
    usual_cache_bytes: int = 32 * 2**20
    min_bus_copy_bytes: int = 2**20
    min_pool_weight: float = 1e-12
    min_flops_per_byte: float = 8.0
    # What changed, and how surely.
    min_std: float = 0.002
    prices_of_looks: tuple[float, ...] = (10.0, 2.5, 2.0)
    max_false_discoveries: float = 0.2
    max_p_alone: float = 0.005
    min_share_repeated: float = 0.5
    fewest_confirming: int = 2
    max_p_astray: float = 1e-5
    repetitions: int = 3
    confidence: float = STATISTICS.confidence
    min_share_of_cause: float = 0.5
    max_share_of_cause: float = 2.0
    # One CPU against the others.
    fewest_processes_of_cpu: int = 3
    cpu_margin: float = 0.02
    # Steps and drift.
    readings_beside: int = 5
    readings: tuple[tuple[str, str, float, float], ...] = (
        ("cpu_clock_mhz", "MHz", 0.05, 50.0),
        ("temperature_celsius", "C", 0.0, 5.0),
        ("load_average", "", 0.25, 0.5),
        ("pressure_percent.cpu", "%", 0.5, 2.0),
        ("gpus.0.sm_clock_mhz", "MHz", 0.05, 50.0),
        ("gpus.0.temperature_celsius", "C", 0.0, 5.0),
        ("gpus.0.power_watts", "W", 0.1, 10.0),
    )
    most_blocks: int = 150


RULE = Rule()
