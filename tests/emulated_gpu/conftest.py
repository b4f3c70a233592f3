"""Needs MXNet's GPU wheel and stand-ins for NVIDIA's libraries: ``tox run -e emulated-gpu``."""

from __future__ import annotations

import pytest

from kernels.backends import cuda_driver
from kernels.backends.mxnet.cuda_libraries import gpu_wheel


def _missing() -> str:
    """Say what is not there."""
    if gpu_wheel() is None:
        return "MXNet's GPU wheel is not installed; tox run -e emulated-gpu has it"
    try:
        found = cuda_driver.devices()
    except cuda_driver.DriverError as error:
        return f"{error} tox run -e emulated-gpu has a stand-in"
    if [gpu.uuid for gpu in found] != [cuda_driver.EMULATED]:
        return "there is a real GPU here"
    return ""


@pytest.fixture(autouse=True, scope="session")
def stand_ins() -> None:
    if why := _missing():
        pytest.skip(why)
