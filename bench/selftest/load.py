"""A second process that keeps one core busy, on and off, as a neighbour on a machine would."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Busy for 0.2 to 3 seconds, then idle for as long, until its parent is gone.
PROGRAM = """
import os, random, time
parent, rng = os.getppid(), random.Random(0)
while os.getppid() == parent:
    end = time.monotonic() + rng.uniform(0.2, 3.0)
    while time.monotonic() < end:
        pass
    time.sleep(rng.uniform(0.2, 3.0))
"""


@contextmanager
def load() -> Iterator[None]:
    """Have one core loaded on and off."""
    process = subprocess.Popen([sys.executable, "-c", PROGRAM], start_new_session=True)
    try:
        yield
    finally:
        process.kill()
        process.wait()
