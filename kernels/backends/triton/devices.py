"""Which GPUs Triton can use here, and why not the others."""

from __future__ import annotations

import subprocess
from functools import cache
from typing import TYPE_CHECKING, Any

from kernels.backends import gpus
from kernels.backends.torch import devices as torch_devices
from kernels.backends.torch.imports import torch
from kernels.backends.triton.imports import jitted, triton
from kernels.contract import AVAILABLE, Availability, Status

if TYPE_CHECKING:
    from kernels.backends.cuda_driver import CudaDevice
    from kernels.contract import DeviceReport


def select(device: str) -> Any:
    """Make a GPU the one that launches of this thread go to.

    Parameters
    ----------
    device : str

    Returns
    -------
    torch.device
        On the CPU only Triton's interpreter runs anything.
    """
    where = torch_devices.named(device)
    if where.type == "cuda":
        torch.cuda.set_device(where)
    return where


def try_kernel(device: str) -> str:
    """Compile one kernel and run it on a GPU.

    Parameters
    ----------
    device : str

    Returns
    -------
    str
        What went wrong, on one line; empty when the result is right.
    """
    try:
        w = torch.ones(2, device=select(device))
        jitted.sgd_update[(1,)](w, w.clone(), 0.25, 2, BLOCK=16)
        result = w.tolist()
    except (
        RuntimeError,
        OSError,
        subprocess.SubprocessError,
        triton.TritonError,
    ) as error:
        lines = [line for line in str(error).splitlines() if line.strip()]
        return f"{type(error).__name__}: {lines[0] if lines else 'failed'}"
    return "" if result == [0.75, 0.75] else f"1 - 0.25 gave {result}"


def judge(gpu: CudaDevice) -> Availability:
    """Say whether Triton can use a GPU.

    Parameters
    ----------
    gpu : CudaDevice

    Returns
    -------
    Availability
    """
    answer = torch_devices.judge(gpu)
    if not answer:
        return answer
    error = try_kernel(f"gpu({gpu.index})")
    if not error:
        return AVAILABLE
    return Availability(
        Status.BROKEN,
        f"one Triton kernel on {gpu.name} gave {error!r}.",
        "Triton needs a C compiler (apt-get install gcc) and a version that its PyTorch names.",
    )


@cache
def reports() -> tuple[DeviceReport, ...]:
    """List the GPUs, probing each once.

    Returns
    -------
    tuple of DeviceReport
        At least one, with the reason where there is none.
    """
    return tuple(gpus.reports(judge))
