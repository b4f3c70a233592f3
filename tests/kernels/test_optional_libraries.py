"""A library that is not there, or broken, is a reason and never the end of the program."""

from __future__ import annotations

import importlib
import resource
import sys
from importlib import metadata
from pathlib import Path

import pytest

from kernels.backends.cupy.imports import WHEELS
from kernels.backends.numba import gpu_devices
from kernels.backends.optional import CUDA_13, importable, missing
from kernels.contract import Status

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PROJECT = Path(__file__).parents[2] / "pyproject.toml"


def test_one_that_is_not_installed_is_missing() -> None:
    answer = importable("no_such_library", "None Such", "such")
    assert answer.status is Status.MISSING
    assert "None Such is not installed." in str(answer)


@pytest.mark.parametrize(
    ("extra", "remedy"),
    [
        ("jax", "pip install -e '.[jax]' brings it."),
        (
            "cupy",
            "pip install -e '.[cupy]' brings it, for CUDA 12; '.[cupy13]' for 13, which the "
            "newest PyTorch has.",
        ),
    ],
)
def test_what_is_missing_names_the_extra_of_every_cuda(extra: str, remedy: str) -> None:
    assert missing("It", extra).remedy == remedy


def test_every_extra_that_is_named_is_there() -> None:
    extras = tomllib.loads(PROJECT.read_text())["project"]["optional-dependencies"]
    named = {*CUDA_13, *CUDA_13.values(), *gpu_devices.EXTRAS.values()}
    assert named <= {*extras}
    for wheel in WHEELS:
        assert any(needed.startswith(wheel.name) for needed in extras[wheel.extra])


@pytest.mark.parametrize("raised", ["ImportError", "OSError", "RuntimeError", "AttributeError"])
def test_one_whose_import_fails_in_any_way_is_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raised: str
) -> None:
    name = f"broken_by_{raised.lower()}"
    (tmp_path / f"{name}.py").write_text(f"raise {raised}('no such symbol')\n")
    monkeypatch.syspath_prepend(tmp_path)
    answer = importable(name, "Broken", "such")
    assert answer.status is Status.BROKEN
    assert f"importing Broken gave {raised}: no such symbol" in str(answer)


@pytest.mark.parametrize(
    ("installed", "told"),
    [
        (("nvidia-nccl-cu12",), "Install it anew"),
        (
            ("nvidia-nccl-cu11", "nvidia-nccl-cu13"),
            "nvidia-nccl-cu11 and nvidia-nccl-cu13 overwrite each other's library: give each",
        ),
    ],
)
def test_where_two_packages_have_overwritten_a_library_the_remedy_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installed: tuple[str, ...], told: str
) -> None:
    def version(name: str) -> str:
        if name not in installed:
            raise metadata.PackageNotFoundError(name)
        return "2.0"

    monkeypatch.setattr(metadata, "version", version)
    (tmp_path / "overwritten.py").write_text("raise ImportError('undefined symbol: nccl')\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert told in importable("overwritten", "Torch", "torch").remedy


def test_a_library_that_would_crash_for_want_of_room_is_not_loaded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (800_000_000, -1))
    monkeypatch.setattr(importlib, "import_module", pytest.fail)
    answer = importable("json", "JSON", "such")
    assert answer.status is Status.BROKEN
    assert answer.reason == "JSON may crash in an address space of 0.8 GB."
