"""Kernel files that do in a real process what real kernels do when they go wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

#: What each does is decided by the batch size: 20 is well-behaved.
EXITS, RAISES, WRONG, SEGFAULTS, HANGS, NO_MEMORY, NOISY, SLOW = 7, 8, 9, 11, 12, 13, 14, 15

KERNEL = '''
"""Right, but for what the batch size says."""
import ctypes
import os
import sys
import time
from pathlib import Path

from kernels.train.numpy_closed_form import NumpyClosedForm

HERE = Path(__file__).parent


class Mine(NumpyClosedForm):
    name = "mine.sgd"
    operator = os.environ.get("MINE", "nothing was set")

    def prepare(self, workload, device, batch_size, loader, start):
        if (HERE / "slow").exists():
            time.sleep(0.4)
        if (HERE / "once").exists():  # misbehave in one process only
            if (HERE / f"done-{batch_size}").exists():
                return super().prepare(workload, device, batch_size, loader, start)
            (HERE / f"done-{batch_size}").touch()
        if batch_size == 7:
            print("the reason is told here", file=sys.stderr, flush=True)
            os._exit(3)
        if batch_size == 8:
            raise ZeroDivisionError("no way")
        if batch_size == 11:
            ctypes.string_at(0)
        if batch_size == 12:
            (HERE / "hanging").touch()
            time.sleep(600)
        if batch_size == 13:
            raise MemoryError("cannot allocate 9 EiB")
        if batch_size == 14:
            print("noise on standard output", flush=True)
        return super().prepare(workload, device, batch_size, loader, start)

    def step(self, state, X, y, eta):
        if len(y) == 15:
            time.sleep(0.05)
        super().step(state, X, y, -eta if len(y) == 9 else eta)


KERNEL = Mine()
'''


def folder_of(where: Path, *flags: str) -> Path:
    """Write the kernel into a folder.

    ``once`` makes it misbehave a single time, ``slow`` gives time to disturb it.
    """
    where.mkdir(exist_ok=True)
    (where / "mine.py").write_text(KERNEL)
    for flag in flags:
        (where / flag).touch()
    return where
