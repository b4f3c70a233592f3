"""On a terminal a run shows which case it is at and the time left, in one line."""

from __future__ import annotations

import os
import pty
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.commands.sessions import ROOT, command, environment

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("without_mxnet")]


def on_a_terminal(*arguments: str) -> str:
    """Run the small session on a pseudo-terminal and return all that it wrote."""
    parent, child = pty.openpty()
    with subprocess.Popen(
        command(*arguments), cwd=ROOT, env=environment(), stdout=child, stderr=child
    ) as process:
        os.close(child)
        written = b""
        while True:
            try:
                part = os.read(parent, 65_536)
            except OSError:  # Linux ends a terminal without a writer like this
                break
            if not part:
                break
            written += part
    os.close(parent)
    assert process.returncode == 0, written.decode()
    return written.decode()


def test_a_terminal_shows_one_line_that_is_written_over(tmp_path: Path) -> None:
    text = on_a_terminal(
        *("--kernels", "numpy.closed_form", "--devices", "cpu,gpu63"),
        *("--results", str(tmp_path / "runs")),
    )
    lines = [line.rstrip() for line in text.split("\r") if line.startswith("[")]
    assert [re.sub(r"about .* left", "about N left", line) for line in lines] == [
        "[1/2] about N left: bench_epoch[airfoil-numpy.closed_form-cpu(0)-inmemory-B10]",
        "[2/2] about N left: bench_epoch[airfoil-numpy.closed_form-cpu(0)-inmemory-B1500]",
    ]
    assert "bench_epoch.py ." not in text, "no dots beside the line"
    assert "2 passed" in text
    assert "2 skipped" in text
