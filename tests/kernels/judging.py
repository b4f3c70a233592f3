"""Asks libraries about made-up GPUs in this process, where tests can answer for them."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from kernels.backends import gpus

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

    from kernels.backends.cuda_driver import CudaDevice
    from kernels.contract import Availability


def judge_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def judged(module: str, found: Sequence[CudaDevice]) -> list[Availability]:
        return [importlib.import_module(module).judge(gpu) for gpu in found]

    monkeypatch.setattr(gpus, "judged", judged)
