"""What a disturbed round may bear: the closed set of marks, and what to do about each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mark:
    """One way in which something else disturbs a round.

    Attributes
    ----------
    code : str
        Stays the same from version to version.
    message : str
        One sentence: what went on, and what it does to a time.
    remedy : str
        What to do about it.
    """

    code: str
    message: str
    remedy: str


#: By code.
MARKS: dict[str, Mark] = {
    mark.code: mark
    for mark in (
        Mark(
            "steal",
            "The host gave this machine's time to others for over 1% of the round.",
            "Wait until it is quiet (the st column of: vmstat 1), or ask for a dedicated host.",
        ),
        Mark(
            "quota",
            "A quota of CPU time was used up, and the work stood still until the next period.",
            "Raise it (docker run --cpus), or give --threads fewer threads than it has CPUs.",
        ),
        Mark(
            "preempted",
            "Something else had the CPU while the timed work was ready to run.",
            "Stop it (it is at the top of: top -o %CPU), or use fewer threads than cores.",
        ),
        Mark(
            "foreign-load",
            "Other processes used more of the CPUs than the timed work had left over.",
            "Stop them (they are at the top of: top -o %CPU), or wait until they are done.",
        ),
        Mark(
            "paged-in",
            "Pages of this process had to be read from a disk.",
            "Free memory, or run again: what was read once is at hand.",
        ),
        Mark(
            "pressure-memory",
            "Tasks waited for memory for over 1% of the round.",
            "Close what holds it (it is at the top of: top -o %MEM), or take less data.",
        ),
        Mark(
            "pressure-io",
            "Tasks waited for a disk for over 1% of the round, and so may the timed work have.",
            "Wait until the disk is quiet (see: iostat -x 1).",
        ),
        Mark(
            "throttled",
            "Heat or the power limit held the GPU's clock down.",
            "Let it cool, look at: nvidia-smi -q -d PERFORMANCE, or lock a lower clock.",
        ),
        Mark(
            "gpu-slow",
            "The GPU ran below 75% of the clock that it is set to, as when it was idle before.",
            "Let it work for a while first, or lock its clock: nvidia-smi --lock-gpu-clocks.",
        ),
        Mark(
            "gpu-shared",
            "Other processes have work on the GPU.",
            "End them (they are listed by: nvidia-smi), or take another GPU.",
        ),
        Mark(
            "gpu-emulated",
            "There was no GPU: the CPU did its work, which says nothing of any GPU's time.",
            "Measure on an NVIDIA GPU.",
        ),
        Mark(
            "ecc",
            "The GPU's memory had errors.",
            "Look at: nvidia-smi -q -d ECC; do not trust what was computed.",
        ),
    )
}
