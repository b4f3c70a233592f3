"""What makes two runs comparable, and apart from it what changes by the minute."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import subprocess
import sys
import warnings
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from bench.machine import threads
from bench.machine.gpu import gpu_states, gpus
from bench.machine.processor import HERE, Machine, processor, text
from bench.machine.rule import RULE
from kernels.backends import BACKENDS

# ``fingerprint`` holds what a time depends on and what stays until someone changes it.
# ``volatile`` explains a time and must never separate two series.


PRECISION = "float32"


def fingerprint(machine: Machine = HERE) -> dict[str, object]:
    """Describe what makes two runs comparable.

    Imports the backends, for their versions and so that their threads can be counted.

    Returns
    -------
    dict
        JSON-ready.
    """
    described_processor = processor(machine)  # before OpenMP is loaded: it binds this thread
    backends = {name: b.versions() for name, b in sorted(BACKENDS.items()) if b.probe()}
    described, gpu_reason = gpus(machine)
    step = RULE.memory_step_bytes
    return {
        **described_processor,
        "memory_bytes": round(machine.memory().total / step) * step,
        "huge_pages": _huge_pages(machine.root),
        "os": _operating_system(),
        "kernel": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "numpy": np.__version__,
        "backends": backends,
        "threads": {"settings": threads.settings(os.environ), "pools": threads.pools()},
        "libraries": threads.libraries(),
        "precision": PRECISION,
        "gpus": described,
        "gpu_reason": gpu_reason,
    }


def fingerprint_id(fp: Mapping[str, object]) -> str:
    """Return a short name of a fingerprint: the same wherever the fingerprint is the same.

    Parameters
    ----------
    fp : mapping
        What ``fingerprint`` returned, or the same read back from a run file.

    Returns
    -------
    str
        The first 12 hexadecimal digits of the SHA-256 of its JSON with sorted keys. The
        sentence that says why there is no GPU is left out: its wording is no fact.
    """
    facts = {key: value for key, value in fp.items() if key != "gpu_reason"}
    canonical = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]


def volatile(machine: Machine = HERE) -> dict[str, object]:
    """Read what changes by the minute.

    Returns
    -------
    dict
        JSON-ready; None for what can't be read.
    """
    return {
        "utc": _iso(datetime.now(timezone.utc)),
        "boot_utc": _boot_utc(),
        "cpu_clock_mhz": _cpu_clock_mhz(),
        "load_average": list(psutil.getloadavg()),
        "pressure_percent": _pressure_percent(machine.root),
        "temperature_celsius": _temperatures(),
        "memory_available_bytes": machine.memory().available,
        "gpus": gpu_states(machine),
    }


def _huge_pages(root: Path) -> str | None:
    """Read when the kernel makes memory of huge pages: the choice stands in brackets."""
    choices = text(root / "sys/kernel/mm/transparent_hugepage/enabled")
    chosen = re.search(r"\[(\w+)\]", choices)
    return chosen and chosen[1]


def _operating_system() -> str:
    """Name the distribution where there is one."""
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return platform.system()


def _iso(moment: datetime) -> str:
    """Write a moment down to the second."""
    return moment.isoformat(timespec="seconds")


def _boot_utc() -> str | None:
    """Return when the machine started; None where ``/proc/stat`` does not say."""
    try:
        return _iso(datetime.fromtimestamp(psutil.boot_time(), timezone.utc))
    except (RuntimeError, OSError):
        return None


def _cpu_clock_mhz() -> float | None:
    """Return the mean clock of the cores now."""
    try:
        clock = psutil.cpu_freq()
    except (NotImplementedError, OSError):
        return None
    return clock and clock.current


def _pressure_percent(root: Path) -> dict[str, float] | None:
    """Return the share of the last 10 seconds in which some task waited, by for what."""
    folder, share = root / "proc/pressure", re.compile(r"some avg10=([\d.]+)")
    matches = {name: share.match(text(folder / name)) for name in ("cpu", "memory", "io")}
    return {name: float(match[1]) for name, match in matches.items() if match} or None


def _temperatures() -> dict[str, float] | None:
    """Return the hottest reading of each sensor."""
    if not hasattr(psutil, "sensors_temperatures"):
        return None
    with warnings.catch_warnings():
        # psutil warns about a sensor that it can't read; that is no news to anyone.
        warnings.simplefilter("ignore", RuntimeWarning)
        sensors = psutil.sensors_temperatures()
    return {name: max(r.current for r in read) for name, read in sensors.items()} or None


# The fingerprint of a fresh process: what a process has run changes the number of threads that
# is read in it. ``python -m bench.machine.fingerprint`` prints it as JSON.


ROOT = Path(__file__).resolve().parents[2]


def fresh_fingerprint(
    environment: Mapping[str, str] | None = None,
    cpus: Sequence[int] = (),
    interpreter: str = sys.executable,
) -> dict[str, Any]:
    """Take the fingerprint in a fresh process, once for each setting.

    Parameters
    ----------
    environment : mapping of str to str, optional
        Variables that the process has beside this one's.
    cpus : sequence of int
        That it may run on; empty for all that this one may.
    interpreter : str
        That runs it.

    Returns
    -------
    dict
        As ``bench.machine.fingerprint.fingerprint``. Where the process fails it is this
        process's own, with what went wrong under ``not_fresh``, so that it is no other
        run's.
    """
    variables = frozenset((environment or {}).items())
    return dict(_taken(variables, tuple(cpus or threads.AT_START), interpreter))


@cache
def _taken(
    environment: frozenset[tuple[str, str]], cpus: tuple[int, ...], interpreter: str
) -> dict[str, Any]:
    command = [interpreter, "-W", "ignore", "-m", "bench.machine.fingerprint"]
    command += map(str, cpus)
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, **dict(environment)},
            capture_output=True,
            text=True,
            timeout=RULE.fingerprint_timeout_seconds,
            check=True,
        )
        taken: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError) as error:
        return {**fingerprint(), "not_fresh": f"{type(error).__name__}: {error}"}
    return taken


if __name__ == "__main__":
    if sys.argv[1:]:
        os.sched_setaffinity(0, map(int, sys.argv[1:]))
    sys.stdout.write(f"{json.dumps(fingerprint())}\n")

# The fingerprint in pytest-benchmark's ``machine_info``.


#: What py-cpuinfo reads anew each time: the clock of the moment.
VOLATILE_CPU_KEYS = ("hz_actual", "hz_actual_friendly")


def extend(
    machine_info: dict[str, Any], measured_under: Mapping[str, object] | None = None
) -> None:
    """Add the fingerprint, and keep what changes from minute to minute apart.

    Parameters
    ----------
    machine_info : dict
        pytest-benchmark's, changed in place: ``fingerprint``, ``fingerprint_id`` and
        ``volatile`` are added, and the processor's current clock moves to the last. So do
        the thread pools of this process, as what it has measured left them.
    measured_under : mapping, optional
        The fingerprint of the processes that measured; a fresh one's by default.
    """
    stable = dict(measured_under or fresh_fingerprint())
    machine_info["fingerprint"] = stable
    machine_info["fingerprint_id"] = fingerprint_id(stable)
    cpu = machine_info.get("cpu", {})
    moved = {key: cpu.pop(key) for key in VOLATILE_CPU_KEYS if key in cpu}
    machine_info["volatile"] = {**volatile(), **moved, "thread_pools": threads.pools()}
