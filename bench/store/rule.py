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
    max_query_megabytes : int
        What a query may take; a table of 1,000 runs needs a fifth of it.
    columns_at_once : int
        Columns fetched at a time: a result takes memory twice.
    max_parsed_bytes : int
        So much is parsed as soon as it is looked up in a cache.
    min_parallel_bytes, max_processes : int
        So much is worth starting processes for; each takes some 150 MB.
    max_attempts : int
        To read shards: one may be removed meanwhile, by whoever has put it into another.
    max_shard_files, max_shard_bytes : int
        So much goes into a shard at most: a file more than the one that reaches it.
    small_shard_runs, max_small_shards : int
        Shards of fewer runs that count are small, and more than this many are put together.
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
    max_query_megabytes: int = 400
    columns_at_once: int = 16
    max_parsed_bytes: int = 16_000_000
    min_parallel_bytes: int = 50_000_000
    max_processes: int = 4
    max_attempts: int = 3
    max_shard_files: int = 64
    max_shard_bytes: int = 256_000_000
    small_shard_runs: int = 64
    max_small_shards: int = 32
    abandoned_seconds: float = 3600.0
    just_now_seconds: float = 60.0


RULE = Rule()
