"""The fingerprint as a process sees it that has measured nothing.

What a process has run changes what can be read in it: Numba's and PyTorch's parallel code
sets the number of OpenMP threads that MXNet had set before. A run's fingerprint must not
depend on which cases were in it, so it is taken in a process of its own.

``python -m bench.measure.fresh_fingerprint`` prints it as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from bench.measure.fingerprint import fingerprint

TIMEOUT_SECONDS = 120.0
ROOT = Path(__file__).resolve().parents[2]


@cache
def fresh_fingerprint() -> dict[str, Any]:
    """Take the fingerprint in a fresh process, once.

    Returns
    -------
    dict
        As ``bench.measure.fingerprint.fingerprint``. Where the process fails it is this
        process's own, with what went wrong under ``not_fresh``, so that it is no other
        run's.
    """
    command = [sys.executable, "-W", "ignore", "-m", "bench.measure.fresh_fingerprint"]
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
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
    sys.stdout.write(f"{json.dumps(fingerprint())}\n")
