"""Data that can't be read are said in one sentence, before anything runs."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.commands.sessions import EPOCH, ROOT, SMALL, environment

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("without_mxnet")]
WITHOUT_DATA = """
import pathlib, sys
from data import airfoil
airfoil.FILE = pathlib.Path("nowhere.dat")
import pytest
raise SystemExit(pytest.main(sys.argv[1:]))
"""


def test_a_missing_data_file_is_one_sentence(tmp_path: Path) -> None:
    arguments = ("--benchmark-only", EPOCH, *SMALL, "--kernels", "numpy.closed_form")
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_DATA, *arguments, "--results", str(tmp_path / "runs")],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 4, done.stdout + done.stderr
    assert done.stderr.strip().startswith("ERROR: nowhere.dat is missing; restore it with")
    assert "Traceback" not in done.stdout + done.stderr
    assert "INTERNALERROR" not in done.stdout + done.stderr
    assert not (tmp_path / "runs").exists()
