"""What pytest loads in every session: nothing changes in those that don't ask for the suite."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

OWN = ("bench", "kernels", "data")
LOADED = """
import sys, json, pytest
class Seen:
    def pytest_configure(self, config):
        names = [name for name, _ in config.pluginmanager.list_name_plugin()]
        found = [*names, *(f"--{one}" for one in vars(config.option)), *sys.modules]
        own = {one for one in found if "minibatch_bench" in one or one.isdigit()}
        print("SEEN", json.dumps(sorted({*found} - own)))
sys.exit(pytest.main(["-q", "-s", *sys.argv[1:]], plugins=[Seen()]))
"""


def session(folder: Path, *arguments: str, program: str | None = None) -> tuple[int, str]:
    how = ("-m", "pytest") if program is None else ("-c", program)
    done = subprocess.run(
        [sys.executable, *how, "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env={key: value for key, value in os.environ.items() if not key.startswith("PYTEST")},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with packages of the same names."""
    for name in OWN:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("")
    (tmp_path / "bench" / "cases.py").write_text("def test_own(): pass\n")
    (tmp_path / "test_own.py").write_text(
        "import bench, data, kernels\n"
        "def test_own():\n"
        "    assert all(__file__.rpartition('/')[0] in one.__file__\n"
        "               for one in (bench, data, kernels))\n"
    )
    return tmp_path


def test_a_project_with_packages_of_these_names_is_left_alone(project: Path) -> None:
    code, printed = session(project, "test_own.py", "-q")
    assert code == pytest.ExitCode.OK, printed
    code, printed = session(project, "-q", "--pyargs", "bench.cases")
    assert "1 passed" in printed


def test_a_session_that_does_not_use_it_is_unchanged(project: Path) -> None:
    seen = []
    for extra in ((), ("-p", "no:minibatch_bench")):
        code, printed = session(project, "test_own.py", *extra, program=LOADED)
        assert code == pytest.ExitCode.OK, printed
        seen.append(next(one for one in printed.splitlines() if "SEEN" in one))
    assert seen[0] == seen[1]


@pytest.mark.parametrize("how", [(), ("-p", "bench.plugin")])
def test_the_cases_are_measured_from_another_folder(tmp_path: Path, how: tuple[str]) -> None:
    asked = ("--pyargs", "bench.cases.bench_epoch", "--kernels", "numpy.closed_form")
    listed = ("--collect-only", "-q", "--batch-sizes", "10", "--loaders", "inmemory")
    code, printed = session(tmp_path, *how, "--benchmark-only", *asked, *listed)
    assert code == pytest.ExitCode.OK, printed
    assert "bench_epoch[airfoil-numpy.closed_form-cpu(0)-inmemory-B10]" in printed


def test_another_package_that_hides_ours_is_named(tmp_path: Path) -> None:
    (tmp_path / "kernels").mkdir()
    (tmp_path / "kernels" / "__init__.py").write_text("")
    code, printed = session(tmp_path, "--pyargs", "bench.cases")
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "needs minibatch-bench's own kernels" in printed


def test_without_the_benchmark_plugin_others_run(project: Path) -> None:
    code, printed = session(project, "-q", "-p", "no:benchmark", "test_own.py")
    assert code == pytest.ExitCode.OK, printed
