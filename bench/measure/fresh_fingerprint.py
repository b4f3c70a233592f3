"""The fingerprint as a process sees it that has measured nothing.

What a process has run changes what can be read in it: Numba's and PyTorch's parallel code
sets the number of OpenMP threads that MXNet had set before. A run's fingerprint must not
depend on which cases were in it, so it is taken in a process of its own.

``python -m bench.measure.fresh_fingerprint`` prints it as JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from bench.measure import affinity
from bench.measure.fingerprint import fingerprint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NO_ENVIRONMENT: Mapping[str, str] = MappingProxyType({})
TIMEOUT_SECONDS = 120.0
ROOT = Path(__file__).resolve().parents[2]


def fresh_fingerprint(
    environment: Mapping[str, str] = NO_ENVIRONMENT,
    cpus: Sequence[int] = (),
    interpreter: str = sys.executable,
) -> dict[str, Any]:
    """Take the fingerprint in a fresh process, once for each setting.

    Parameters
    ----------
    environment : mapping of str to str
        Variables that the process has beside this one's.
    cpus : sequence of int
        That it may run on; empty for all that this one may.
    interpreter : str
        That runs it.

    Returns
    -------
    dict
        As ``bench.measure.fingerprint.fingerprint``. Where the process fails it is this
        process's own, with what went wrong under ``not_fresh``, so that it is no other
        run's.
    """
    return dict(
        _taken(frozenset(environment.items()), tuple(cpus or affinity.AT_START), interpreter)
    )


@cache
def _taken(
    environment: frozenset[tuple[str, str]], cpus: tuple[int, ...], interpreter: str
) -> dict[str, Any]:
    command = [interpreter, "-W", "ignore", "-m", "bench.measure.fresh_fingerprint"]
    command += map(str, cpus)
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, **dict(environment)},
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
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
