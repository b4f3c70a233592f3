"""Whatever stops the import of MXNet becomes one sentence and one remedy."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from kernels.backends.mxnet.failures import explain
from kernels.contract import Status


def not_found(library: str) -> OSError:
    return OSError(f"{library}: cannot open shared object file: No such file or directory")


CASES = {
    "no mxnet": (
        ModuleNotFoundError("No module named 'mxnet'", name="mxnet"),
        Status.MISSING,
        "mxnet is not installed",
        "pip install -e '.[cpu]'",
    ),
    "no distutils": (
        ModuleNotFoundError("No module named 'distutils'", name="distutils"),
        Status.BROKEN,
        "distutils",
        "pip install setuptools",
    ),
    "no libquadmath": (
        not_found("libquadmath.so.0"),
        Status.BROKEN,
        "libquadmath.so.0",
        "apt-get install libquadmath0",
    ),
    "no libgomp": (
        not_found("libgomp.so.1"),
        Status.BROKEN,
        "libgomp.so.1",
        "apt-get install libgomp1",
    ),
    "no libgfortran": (
        not_found("libgfortran.so.3"),
        Status.BROKEN,
        "libgfortran.so.3",
        "apt-get install libgfortran3",
    ),
    "another system library": (
        not_found("libexotic-2.1.so"),
        Status.BROKEN,
        "libexotic-2.1.so",
        "Install the system package",
    ),
    "no driver": (
        not_found("libcuda.so.1"),
        Status.NO_DEVICE,
        "without the NVIDIA driver (libcuda.so.1)",
        "pip uninstall mxnet-cu112",
    ),
    "no cuDNN": (
        not_found("libcudnn.so.8"),
        Status.BROKEN,
        "libcudnn.so.8",
        "package nvidia-cudnn-cu11",
    ),
    "no cuBLAS": (
        not_found("libcublas.so.11"),
        Status.BROKEN,
        "libcublas.so.11",
        "package nvidia-cublas-cu11",
    ),
    "anything else": (
        ValueError("numbers\n  over two lines"),
        Status.BROKEN,
        "importing mxnet raised ValueError: numbers over two lines",
        "--force-reinstall",
    ),
    "another module": (
        ModuleNotFoundError("No module named 'requests'", name="requests"),
        Status.BROKEN,
        "No module named 'requests'",
        "mxnet==1.9.1",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_failure_is_explained_with_its_remedy(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    error, status, reason, remedy = CASES[case]
    monkeypatch.setattr(sys, "version_info", (3, 11, 7))
    monkeypatch.setattr(np, "__version__", "1.26.4")
    answer = explain(error)
    assert answer.status is status
    assert reason in answer.reason
    assert remedy in answer.remedy
    assert not answer
    assert "\n" not in str(answer)


def test_on_newer_pythons_mxnet_is_installed_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = ModuleNotFoundError("No module named 'mxnet'", name="mxnet")
    monkeypatch.setattr(sys, "version_info", (3, 12, 9))
    assert "--no-deps" not in explain(missing).remedy
    monkeypatch.setattr(sys, "version_info", (3, 13, 0))
    assert explain(missing).remedy.endswith("then pip install --no-deps mxnet==1.9.1.")


@pytest.mark.parametrize("version", ["1.25.2", "1.9.5", "3.0.0", "3.0.0rc1"])
def test_a_numpy_that_mxnet_does_not_work_on(
    version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(np, "__version__", version)
    answer = explain(AttributeError("module 'numpy' has no attribute 'gone'"))
    assert answer.status is Status.BROKEN
    assert f"NumPy {version}" in answer.reason
    assert "numpy>=1.26,<3" in answer.remedy


@pytest.mark.parametrize("python", [(3, 10, 0), (3, 14, 9)])
@pytest.mark.parametrize("numpy", ["1.26.0", "2.0.0", "2.5.1"])
def test_supported_versions_are_not_blamed(
    python: tuple[int, int, int], numpy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "version_info", python)
    monkeypatch.setattr(np, "__version__", numpy)
    assert "raised AttributeError" in explain(AttributeError("gone")).reason
