"""Kernel files of a user: one that is right, three that are not, one that never ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

RIGHT = '''
"""Closed form, the same as the project's; it warns, which ends no benchmark."""
import warnings
from kernels.train.nd_closed_form import NdClosedForm

class Mine(NdClosedForm):
    name = "mine.right"
    def prepare(self, *arguments):
        warnings.warn("old", DeprecationWarning)
        return super().prepare(*arguments)

KERNEL = Mine()
'''
WRONG = '''
"""A sign is wrong."""
from kernels.train.nd_closed_form import NdClosedForm

class Mine(NdClosedForm):
    name = "mine.wrong"
    def step(self, state, X, y, eta):
        super().step(state, X, y, -eta)

KERNEL = Mine()
'''
RAISES = '''
"""Can't do any step."""
from kernels.train.nd_closed_form import NdClosedForm

class Mine(NdClosedForm):
    name = "mine.raises"
    def step(self, state, X, y, eta):
        raise ZeroDivisionError("no [bold]step[/bold] can be done")

KERNEL = Mine()
'''
SLEEPS = '''
"""Ends at batch size 10; at 1500 it says so in a file, and waits for ever."""
import pathlib
import time
from kernels.train.numpy_closed_form import NumpyClosedForm

class Mine(NumpyClosedForm):
    name = "mine.sleeps"
    def prepare(self, workload, device, batch_size, loader, start):
        if batch_size == 1500:
            (pathlib.Path(__file__).parent / "asleep").touch()
            time.sleep(3600)
        return super().prepare(workload, device, batch_size, loader, start)

KERNEL = Mine()
'''
FILLS = '''
"""While it is measured, the folder of the results becomes a file."""
import pathlib
from kernels.train.nd_closed_form import NdClosedForm

class Mine(NdClosedForm):
    name = "mine.fills"
    def prepare(self, *arguments):
        results = pathlib.Path(__file__).parents[1] / "unwritable"
        if results.is_dir():
            results.rmdir()
            results.write_text("a file\\n")
        return super().prepare(*arguments)

KERNEL = Mine()
'''
NO_PYTHON = "class Mine(:\n"


def folder_with(path: Path, **files: str) -> Path:
    """Write kernel files into a new folder; a keyword is a file's name."""
    path.mkdir()
    for name, text in files.items():
        (path / f"{name}.py").write_text(text)
    return path


SPREAD = '''
"""An epoch waits, the second of these the less, the more CPUs its process may run on."""
import os
import time
from kernels.train.numpy_closed_form import NumpyClosedForm

class Alone(NumpyClosedForm):
    name = "mine.alone"
    def cpus(self):
        return 1
    def epoch(self, state, order, rates):
        time.sleep(0.008 / self.cpus())
        return super().epoch(state, order, rates)

class Spread(Alone):
    name = "mine.spread"
    def cpus(self):
        return len(os.sched_getaffinity(0))

KERNEL = {}()
'''
