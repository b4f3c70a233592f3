"""Reads everything that may disturb a timed round, at one moment."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from bench.measure import affinity
from bench.measure.telemetry.gpu import GpuReader
from bench.measure.telemetry.host import HostReader
from bench.measure.telemetry.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class TelemetryReader(Protocol):
    """What reads the counters just before and just after a timed round."""

    def read(self) -> Reading:
        """Read all counters, now."""


class SystemTelemetry:
    """Reads this machine.

    Read it in the thread that times.

    Parameters
    ----------
    gpu_uuids : iterable of str
        The GPUs that are timed; none for work on the CPU, which a GPU can't disturb.
    cpus : sequence of int
        Those that this process may run on: what runs elsewhere does not count. None for
        those that it might when it began.
    """

    def __init__(
        self, gpu_uuids: Iterable[str] = (), cpus: Sequence[int] | None = None
    ) -> None:
        usable = affinity.AT_START if cpus is None else cpus
        pinned = 0 < len(usable) < (os.cpu_count() or 1)
        self._host = HostReader(cpus=usable if pinned else None)
        self._gpus = tuple(GpuReader(uuid) for uuid in gpu_uuids)

    def read(self) -> Reading:
        """Read all counters.

        Returns
        -------
        Reading
        """
        # The host is read last: asking NVML takes CPU time, and it is this process's.
        gpus = tuple(gpu.read() for gpu in self._gpus)
        host = self._host.read()
        return replace(host, gpus=gpus) if gpus else host


class NoTelemetry:
    """Reads nothing: nothing is known, and no round is marked."""

    def read(self) -> Reading:
        """Return a reading of which everything is unknown.

        Returns
        -------
        Reading
        """
        return Reading()
