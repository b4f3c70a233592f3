"""No thread of ``sgd.cu`` reads what another has yet to write: ThreadSanitizer watches.

A barrier left out need not change a result on a CPU, where threads run in turns; it is
found all the same.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cuda import emulated

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
FLAGS = (
    *emulated.FLAGS,
    "-fsanitize=thread",
    "--param",
    "tsan-distinguish-volatile=1",
    "-g",
)
#: One block and several, few features and many; what is run under the sanitizer.
RUN = """
import sys
from pathlib import Path
from kernels.rule import VELOCITY_WITH_RATE
from tests.cuda.emulated import Emulation
from tests.cuda.emulated_training import Case, worst_distance
emulation = Emulation(Path(sys.argv[1]))
for case in (
    Case(25, 4, 7, 1, 64),
    Case(9, 132, 4, 1, 96),
    Case(41, 33, 20, 2, 64),
    Case(30, 130, 7, 3, 64),
):
    assert worst_distance(emulation, case, VELOCITY_WITH_RATE) <= 1
"""


def under_the_sanitizer(sanitizer: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", *arguments],
        cwd=ROOT,
        env={**os.environ, "LD_PRELOAD": sanitizer, "TSAN_OPTIONS": "exitcode=66"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def test_there_are_no_data_races(tmp_path: Path) -> None:
    compiler = emulated.compiler()
    if compiler is None:
        pytest.skip("no C++ compiler (g++ or clang++) is here to build the emulation with")
    found = subprocess.run(
        [compiler, "-print-file-name=libtsan.so"], capture_output=True, text=True, check=True
    )
    sanitizer = found.stdout.strip()
    if emulated.build(tmp_path, FLAGS).returncode or not Path(sanitizer).is_absolute():
        pytest.skip("the C++ compiler is not a GCC with ThreadSanitizer (libtsan)")
    if under_the_sanitizer(sanitizer, "pass").returncode:
        pytest.skip("ThreadSanitizer does not start in this Python")
    done = under_the_sanitizer(sanitizer, RUN, str(tmp_path / "emulation.so"))
    assert "WARNING: ThreadSanitizer" not in done.stderr, done.stderr[:3000]
    assert done.returncode == 0, done.stderr[-3000:]
