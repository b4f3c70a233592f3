"""What sets a side apart, as it is given on the command line."""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
import sys
import tempfile
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from bench.plan.values import SelectionError
from bench.run import runner
from bench.run.checkout import PREFIX, checkout
from bench.run.sides import Side, side_of

if TYPE_CHECKING:
    from pathlib import Path


def test_a_side_without_anything_is_as_it_is_here() -> None:
    assert side_of("--a", []) == Side()
    assert Side().label == "as it is here"


def test_threads_variables_and_cpus_are_of_the_process() -> None:
    side = side_of("--a", ["threads=1", "env:OMP_NUM_THREADS=2", "env:MY_FLAG=a=b", "pin=0"])
    assert side.setting.environment["OMP_NUM_THREADS"] == "2"  # the one that is named
    assert side.setting.environment["OPENBLAS_NUM_THREADS"] == "1"
    assert side.setting.environment["MY_FLAG"] == "a=b"
    assert side.setting.cpus == (0,)
    assert "threads=1, env:OMP_NUM_THREADS=2" in side.label


def test_kernel_device_revision_and_slowdown() -> None:
    side = side_of("--b", ["kernel=numpy.closed_form", "device=gpu1", "rev=v1", "slowdown=5%"])
    assert (side.kernel, side.device, side.revision) == ("numpy.closed_form", "gpu(1)", "v1")
    assert side.slowdown == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("nothing", "'nothing' is not understood; give rev=…: a git revision"),
        ("colour=red", "'colour=red' is not understood"),
        ("rev=", "'rev=' is not understood"),
        ("env:1X=2", "'env:1X=2' is not understood"),
        ("device=gpu(0),gpu(1)", "names several"),
        ("threads=0", "--threads"),
        ("slowdown=90%", "at most 50"),
        ("python=/no/such/python", "can't be run: No such file"),
    ],
)
def test_what_can_t_be_read_is_refused_in_a_sentence(given: str, said: str) -> None:
    with pytest.raises(SelectionError, match=re.escape(said)):
        side_of("--a", [given])


def test_a_key_is_given_once() -> None:
    with pytest.raises(SelectionError, match="threads is given twice"):
        side_of("--a", ["threads=1", "threads=2"])


def test_an_interpreter_without_the_dependencies_says_what_it_lacks(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path)], check=True)
    with pytest.raises(SelectionError, match="can't run this suite: ModuleNotFoundError"):
        side_of("--b", [f"python={tmp_path}/bin/python"])


def test_an_interpreter_is_known_by_its_place(tmp_path: Path) -> None:
    """A virtual environment's Python is a link; resolved, it would be another environment."""
    assert side_of("--b", [f"python={sys.executable}"]).interpreter == sys.executable


def test_a_revision_is_laid_out_and_gone_afterwards() -> None:
    now = runner.commit()
    if now is None:
        pytest.skip("this is no git checkout")
    with checkout("--a", "HEAD") as (commit, folder):
        assert commit == now
        assert (folder / "kernels" / "registry.py").is_file()
        assert (folder / "data" / "airfoil_self_noise.dat").is_file()
        assert not (folder / "bench").exists()
    assert not folder.exists()


def test_a_revision_that_is_not_there_is_refused() -> None:
    with (
        pytest.raises(SelectionError, match="rev=no-such-revision can't be measured"),
        checkout("--a", "no-such-revision"),
    ):
        pass


def test_what_a_killed_comparison_has_laid_out_goes_with_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left, held, new = (tmp_path / f"{PREFIX}{name}" for name in ("left", "held", "new"))
    for folder in (left, held, new):
        (folder / "kernels").mkdir(parents=True)
    for folder in (left, held):
        os.utime(folder, (0, 0))
    handle = os.open(held, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with pytest.raises(SelectionError), checkout("--a", "no-such-revision"):
        pass
    assert left.exists(), "nothing is laid out yet"
    with suppress(SelectionError), checkout("--a", "HEAD"):
        assert not left.exists()
        assert held.exists()
        assert new.exists()
    os.close(handle)
