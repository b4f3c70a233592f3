"""One of the two things that ``ab`` compares: what sets it apart, as it was given."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bench.processes.launcher import HERE, ROOT
from bench.processes.setting import setting_of
from bench.processes.task import Setting
from bench.selection import parsing
from bench.selection.parsing import SelectionError
from bench.selection.protocol_options import share

if TYPE_CHECKING:
    from collections.abc import Sequence

#: What a side may be told, and what it means.
KEYS = {
    "rev": "a git revision, whose kernels/ and data/ are measured",
    "python": "an interpreter, whose environment has the libraries",
    "kernel": "a kernel",
    "device": "a device",
    "threads": "threads of every pool",
    "pin": "CPUs, joined by +: 0 or 0+2-3",
    "env:NAME": "an environment variable",
    "slowdown": "percent by which rounds are slowed down on purpose, to see it found",
}
_VARIABLE = re.compile(r"env:([A-Za-z_][A-Za-z0-9_]*)")
#: What a process needs of the suite before it can measure at all.
NEEDED = "import bench.processes.worker, bench.measure.fresh_fingerprint"
SLOW_START_SECONDS = 120.0


@dataclass(frozen=True)
class Side:
    """A side of a comparison.

    Attributes
    ----------
    given : tuple of str
        As on the command line.
    interpreter : str
    revision : str or None
        None for the working tree.
    kernel, device : str or None
        None for those of the cases.
    setting : Setting
    slowdown : float
        A share by which its rounds are slowed down on purpose.
    """

    given: tuple[str, ...] = ()
    interpreter: str = HERE.interpreter
    revision: str | None = None
    kernel: str | None = None
    device: str | None = None
    setting: Setting = field(default_factory=Setting)
    slowdown: float = 0.0

    @property
    def label(self) -> str:
        """What it is, for a person."""
        return ", ".join(self.given) or "as it is here"


def side_of(option: str, given: Sequence[str]) -> Side:
    """Read what a side was given.

    Parameters
    ----------
    option : str
        Its name, for messages.
    given : sequence of str
        ``KEY=VALUE`` each, of `KEYS`.

    Returns
    -------
    Side

    Raises
    ------
    SelectionError
    """
    told: dict[str, str] = {}
    for one in given:
        key, equals, value = one.partition("=")
        if not equals or not value or not (key in KEYS or _VARIABLE.fullmatch(key)):
            allowed = "; ".join(f"{name}=…: {meaning}" for name, meaning in KEYS.items())
            raise SelectionError(f"{option}: {one!r} is not understood; give {allowed}.")
        if key in told:
            raise SelectionError(f"{option}: {key} is given twice; give it once.")
        told[key] = value
    side = Side(tuple(given), setting=_setting(told))
    if "rev" in told:
        side = replace(side, revision=told["rev"])
    if "python" in told:
        side = replace(side, interpreter=_interpreter(option, told["python"]))
    if "device" in told:
        side = replace(side, device=_one_device(option, told["device"]))
    if "slowdown" in told:
        side = replace(side, slowdown=share(option, told["slowdown"]))
    return replace(side, kernel=told.get("kernel"))


def _setting(told: dict[str, str]) -> Setting:
    """Put the variables and CPUs of a side together; a variable overrides ``threads``."""
    pin = told.get("pin")
    setting = setting_of(told.get("threads"), pin and pin.replace("+", ","))
    variables = {
        match[1]: value for key, value in told.items() if (match := _VARIABLE.fullmatch(key))
    }
    return Setting({**setting.environment, **variables}, setting.cpus)


def _one_device(option: str, text: str) -> str:
    found = parsing.devices(option, text)
    if len(found) != 1:
        raise SelectionError(f"{option}: device={text} names several; a side has one.")
    return found[0]


def _interpreter(option: str, text: str) -> str:
    """Return an interpreter that can run the suite.

    It is not resolved: a virtual environment is known by the place of its link.
    """
    path = Path(os.path.abspath(Path(text).expanduser()))  # noqa: PTH100 - see above
    try:
        done = subprocess.run(
            [str(path), "-c", NEEDED],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=SLOW_START_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        reason = getattr(error, "strerror", None) or "it does not answer"
        raise SelectionError(f"{option}: python={text} can't be run: {reason}.") from error
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise SelectionError(
            f"{option}: python={text} can't run this suite: {said[-1]}. Install the project's "
            f"dependencies in its environment."
        )
    return str(path)
