"""Tells the processes of this measurement from others on the same GPU."""

from __future__ import annotations

import os
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

import psutil

#: The first process of a measurement leaves its number here to all that it starts: the cases in
#: processes of their own, the two sides of ``ab``.
ROOT = "MINIBATCH_BENCH_ROOT"
os.environ.setdefault(ROOT, f"{os.getpid()}")
#: Opened by what starts CUDA, and not by what only asks NVML.
UVM = "/dev/nvidia-uvm"


class Family:
    """The processes of a measurement, of which this is one.

    Parameters
    ----------
    proc : Path
        Says which processes there are, and what they have opened.
    """

    def __init__(self, proc: Path = Path("/proc")) -> None:
        self._proc = proc
        # Whoever started this process and waits for it does not disturb it.
        own = psutil.Process()
        started_by = {one.pid: one for one in own.parents()}
        self._above = {own.pid, *started_by}
        # One that is gone, or not above this one, has only left its number behind.
        root = os.environ.get(ROOT, "")
        self._root = started_by.get(int(root), own) if root.isdecimal() else own

    def pids(self) -> set[int]:
        """Return the processes that there are now, as they are numbered here."""
        with suppress(psutil.Error):
            return self._above | {one.pid for one in self._root.children(recursive=True)}
        return self._above

    def others(self, pids: Collection[int]) -> tuple[set[int], set[int], int]:
        """Tell which of the processes on a GPU are not of the family.

        In a container NVML may number processes as the host does. One that can't be found here
        may then be of the family; as many may as have started CUDA and are not listed.

        Returns
        -------
        visible, hidden : set of int
            Others that are here; and what can't be found here.
        excused : int
            So many of the hidden ones may be of the family.
        """
        family = self.pids()
        strangers = set(pids) - family
        visible = {pid for pid in strangers if (self._proc / f"{pid}").exists()}
        unlisted = family - set(pids)
        excused = sum(map(self._has_started_cuda, unlisted)) or int(os.getpid() in unlisted)
        return visible, strangers - visible, excused

    def _has_started_cuda(self, pid: int) -> bool:
        with suppress(OSError):
            opened = (self._proc / f"{pid}" / "fd").iterdir()
            return any(str(one.readlink()) == UVM for one in opened)
        return False
