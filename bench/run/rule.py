"""Every number of fresh processes that was chosen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """Numbers of the room. Those without another origin were chosen by hand.

    Attributes
    ----------
    max_failed_processes : int
        After so many processes in which a case came to nothing, it is not tried in another.
    limit_seconds, limit_estimates : float
        A case of a run may take this long in any case, and this many times its estimate.
    single_case_seconds : float
        So long may a case take that is measured for a program that measures itself, and one
        without an estimate.
    trial_seconds : float
        For the kernels of a library to be tried out on GPUs: some compile for half a minute.
    error_characters : int
        How much of the last line that a process wrote to standard error is kept when it ends.
    read_bytes : int
        Read from a process's answer at a time, at most.
    start_seconds : float
        For an interpreter to start and import the suite: some start slowly.
    listing_seconds : float
        For a side to list its cases.
    slice_seconds : float
        How long a side measures before it is the other's turn.
    max_failed_pairs : int
        After so many pairs in which a side came to nothing, a case is given up.
    pair_rounds, max_pair_seconds : int, float
        So many rounds of a case are timed in each process of a pair, if they take no longer
        than this.
    longer_where_noisy : float
        So many times as long, whatever the limit, where pairs differ by more than the margin:
        preparing a pair takes longer than timing it, so that costs less than another pair.
    line_seconds : float
        Longer than any line of a process of a pair takes that is not stuck.
    pair_seconds, case_seconds : float
        What a pair takes before any was measured: two interpreters and libraries, and each
        case.
    disturbed_share : float
        Disturbances of a smaller share of the rounds are no news.
    remeasured_processes : int
        Processes that measure a run again which does not tell in how many it was measured:
        pytest's own.
    """

    # A run of several processes, and a case of its own.
    max_failed_processes: int = 2
    limit_seconds: float = 120.0
    limit_estimates: float = 30.0
    single_case_seconds: float = 600.0
    trial_seconds: float = 300.0
    error_characters: int = 400
    read_bytes: int = 1 << 16
    # Pairs.
    start_seconds: float = 120.0
    listing_seconds: float = 300.0
    slice_seconds: float = 0.03
    max_failed_pairs: int = 2
    pair_rounds: int = 8
    max_pair_seconds: float = 1.0
    longer_where_noisy: float = 3.0
    line_seconds: float = 180.0
    pair_seconds: float = 1.5
    case_seconds: float = 0.7
    disturbed_share: float = 0.25
    # Measuring again.
    remeasured_processes: int = 3


RULE = Rule()
