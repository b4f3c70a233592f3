"""Every number of stored runs that was chosen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """Numbers of the store. Those without another origin were chosen by hand.

    Attributes
    ----------
    fact_tolerance : float
        Relative difference of two numbers that are the same: rates are tuned, and read from
        text.
    max_cache_bytes_per_core : int
        No processor has more of a cache for each core (AMD EPYC 9175F: 512 MiB for 16).
    overhead_share : float
        What the harness may take of a number before it is told.
    phases_share : float
        How far the pass with the clock between the phases may be off before it is told.
    min_precise_share : float
        From this share of medians on that are known as well as was aimed at, a run is good …
    max_bad_share : float
        … and from this share of untrusted cases, or disturbed rounds, on it is poor.
    max_parsed_bytes : int
        So much is read as soon as it is looked up in the index.
    min_parallel_bytes, max_processes : int
        So much is worth starting processes for; each takes some 150 MB.
    runs_at_once : int
        Added to the index together.
    lock_seconds : float
        So long one process waits for others that add runs; then it reads the run files.
    forgotten_seconds : float
        An index of another version that nobody has added to for so long is removed.
    abandoned_seconds : float
        What is left under a hidden name for so long, nobody is writing any more.
    just_now_seconds : float
        An empty file that is no older may be a name that a writer has taken.
    """

    # What numbers are taken for.
    fact_tolerance: float = 1e-6
    max_cache_bytes_per_core: int = 32 * 2**20
    overhead_share: float = 1e-3
    phases_share: float = 0.10
    min_precise_share: float = 0.5
    max_bad_share: float = 0.05
    # How files are read and kept.
    max_parsed_bytes: int = 16_000_000
    min_parallel_bytes: int = 50_000_000
    max_processes: int = 4
    runs_at_once: int = 32
    lock_seconds: float = 10.0
    forgotten_seconds: float = 30 * 86400.0
    abandoned_seconds: float = 3600.0
    just_now_seconds: float = 60.0


RULE = Rule()
