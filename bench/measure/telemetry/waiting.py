"""Reads how long each thread of this process was ready to run and waited for a CPU.

It takes every thread, not only the one that times: MXNet's engine computes in others, while
the one that times sleeps.
"""

from __future__ import annotations

import os
import threading
import weakref
from pathlib import Path

#: Reading one thread takes a microsecond or two. A process of more threads than this has a
#: pool for the cores of a large machine; then the thread that reads is read alone.
MOST_THREADS = 32
NANO = 1e-9


class ThreadWaits:
    """Reads ``schedstat`` of this process's threads.

    Parameters
    ----------
    root : Path
        Holds ``proc``.
    """

    def __init__(self, root: Path = Path("/")) -> None:
        self._folder = root / "proc/self/task"
        self._files: dict[int, int] = {}
        self._n_links = -1
        weakref.finalize(self, _close, self._files)

    def read(self) -> dict[int, tuple[float, float]]:
        """Read all threads.

        Returns
        -------
        dict of int to (float, float)
            To a thread's number, the seconds that it ran and those that it waited; nothing
            where the kernel does not keep it.
        """
        try:
            # The kernel counts a thread as a link of this folder.
            n_links = self._folder.stat().st_nlink
        except OSError:
            return {}
        if n_links != self._n_links:
            self._list(n_links)
        found = {}
        for thread, file in tuple(self._files.items()):
            try:
                ran, waited, n_runs = os.pread(file, 64, 0).split()
            except (OSError, ValueError):  # it has ended
                os.close(self._files.pop(thread))
                self._n_links = -1
                continue
            # A kernel that does not keep the times writes zeros, the number of runs too.
            if n_runs != b"0":
                found[thread] = (int(ran) * NANO, int(waited) * NANO)
        return found

    def _list(self, n_links: int) -> None:
        """Open the files of the threads that there are now, and close the others'."""
        here = {int(thread.name) for thread in self._folder.iterdir()}
        if len(here) > MOST_THREADS:
            here &= {threading.get_native_id()}
        for thread in set(self._files) - here:
            os.close(self._files.pop(thread))
        for thread in here - set(self._files):
            try:
                self._files[thread] = os.open(
                    self._folder / f"{thread}/schedstat", os.O_RDONLY | os.O_CLOEXEC
                )
            except OSError:  # it has ended since, or the kernel has no such file
                continue
        self._n_links = n_links


def _close(files: dict[int, int]) -> None:
    """Close the files that are open."""
    while files:
        os.close(files.popitem()[1])
