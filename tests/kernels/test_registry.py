"""Kernels are found by being there, and a file that is wrong is named."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kernels.registry import FOLDERS, RegistryError, discover

ROOT = Path(__file__).resolve().parents[2]

TRAIN = """
from kernels.defaults import TrainDefaults

class Added(TrainDefaults):
    name = {name!r}
    backend = "mxnet"
    operator = "none"

    def prepare(self, workload, device, batch_size, loader, start): ...
    def reset(self, state, start): ...
    def epoch(self, state, order, learning_rates): ...
    def parameters(self, state): ...


KERNEL = Added()
"""
UPDATE = """
from kernels.defaults import UpdateDefaults

class Added(UpdateDefaults):
    name = {name!r}
    backend = "mxnet"
    operator = "none"
    bytes_per_parameter = 12

    def prepare(self, device, weights, gradients, eta): ...
    def update(self, state): ...
    def parameters(self, state): ...


KERNEL = Added()
"""


def test_every_kernel_file_of_the_project_is_listed_by_name() -> None:
    registry = discover()
    n_files = {
        folder.name: sum("\nKERNEL = " in path.read_text() for path in folder.glob("[!_]*.py"))
        for folder in FOLDERS
    }
    assert n_files == {"train": len(registry.train), "update": len(registry.update)}
    for listed in (registry.train, registry.update):
        assert listed
        assert list(listed) == sorted(listed)
        assert all(kernel.name == name for name, kernel in listed.items())


def test_listing_imports_no_framework() -> None:
    program = (
        "import sys\n"
        "import kernels.backends\n"
        "from kernels.registry import discover\n"
        "registry = discover()\n"
        "assert registry.train and registry.update\n"
        "print(sorted({'mxnet', 'torch', 'jax', 'numba', 'tensorflow'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == "[]"


def test_a_file_in_an_added_folder_is_found(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(TRAIN.format(name="added.train"))
    (tmp_path / "other.py").write_text(UPDATE.format(name="added.update"))
    registry = discover([tmp_path])
    assert registry.train["added.train"].operator == "none"
    assert registry.update["added.update"].bytes_per_parameter == 12
    assert list(registry.train) == sorted(registry.train)
    assert set(discover().train) == set(registry.train) - {"added.train"}


def test_files_without_a_kernel_are_no_kernels(tmp_path: Path) -> None:
    (tmp_path / "shared.py").write_text("X = 1\n")
    (tmp_path / "_private.py").write_text("raise RuntimeError\n")
    (tmp_path / "notes.txt").write_text("KERNEL = 1\n")
    assert discover([tmp_path]) == discover()


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "file.py").write_text("")
    for missing in (tmp_path / "nowhere", tmp_path / "file.py"):
        with pytest.raises(RegistryError) as refused:
            discover([missing])
        assert str(missing) in str(refused.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("def broken(:\n", "SyntaxError"),
        ("import no_such_module_anywhere\n", "no_such_module_anywhere"),
        ("raise RuntimeError('on import')\n", "on import"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_the_reason(
    tmp_path: Path, content: str, said: str
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(content)
    with pytest.raises(RegistryError) as refused:
        discover([tmp_path])
    assert str(path) in str(refused.value)
    assert said in str(refused.value)


@pytest.mark.parametrize("content", [TRAIN, UPDATE])
@pytest.mark.parametrize("name", ["nd.autograd", "update.sgd_update"])
def test_a_name_that_is_taken(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / "mine.py"
    path.write_text(content.format(name=name))
    with pytest.raises(RegistryError) as refused:
        discover([tmp_path])
    assert str(path) in str(refused.value)
    assert repr(name) in str(refused.value)


@pytest.mark.parametrize("left_out", ["name", "backend", "operator", "def parameters"])
@pytest.mark.parametrize("content", [TRAIN, UPDATE])
def test_a_kernel_that_lacks_something(tmp_path: Path, content: str, left_out: str) -> None:
    path = tmp_path / "mine.py"
    lines = content.format(name="added").splitlines()
    path.write_text("\n".join(line for line in lines if not line.strip().startswith(left_out)))
    with pytest.raises(RegistryError) as refused:
        discover([tmp_path])
    assert str(path) in str(refused.value)


@pytest.mark.parametrize("kernel", ["1", "'nd.added'", "object()", "Added"])
def test_a_kernel_that_is_something_else(tmp_path: Path, kernel: str) -> None:
    path = tmp_path / "mine.py"
    path.write_text(TRAIN.format(name="added") + f"KERNEL = {kernel}\n")
    with pytest.raises(RegistryError) as refused:
        discover([tmp_path])
    assert str(path) in str(refused.value)


def test_an_unknown_backend_is_named(tmp_path: Path) -> None:
    text = TRAIN.format(name="added").replace('"mxnet"', '"tensorflow"')
    (tmp_path / "added.py").write_text(text)
    with pytest.raises(RegistryError, match=r"added\.py names the backend 'tensorflow'.*mxnet"):
        discover([tmp_path])


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (
            TRAIN.replace("(TrainDefaults)", ""),
            "it lacks availability, brings_code, cost, device_kinds",
        ),
        (UPDATE.replace("(UpdateDefaults)", ""), "deriving it from UpdateDefaults gives most"),
        (
            TRAIN.replace("    def reset(self, state, start): ...\n", ""),
            r"it lacks reset, which TrainKernel in kernels/contract\.py describes\.$",
        ),
        (
            TRAIN.replace("(TrainDefaults)", "").replace("def reset", "def other"),
            "reset, rule, .*deriving it from StepKernel, EpochKernel or TrainDefaults gives",
        ),
        ("KERNEL = 3\n", r"no train or update kernel\."),
    ],
)
def test_a_kernel_that_is_not_whole_is_told_what_it_lacks(
    tmp_path: Path, content: str, says: str
) -> None:
    (tmp_path / "mine.py").write_text(content.replace("{name!r}", "'mine'"))
    with pytest.raises(RegistryError, match=says):
        discover([tmp_path])
