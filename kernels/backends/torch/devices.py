"""Which devices PyTorch can use here, and why not the others."""

from __future__ import annotations

import warnings
from functools import cache
from typing import TYPE_CHECKING, Any

from kernels.backends import gpus
from kernels.backends.torch.imports import torch
from kernels.contract import AVAILABLE, Availability, DeviceReport, Status

if TYPE_CHECKING:
    from kernels.backends.cuda_driver import CudaDevice

CPU_BUILD = Availability(
    Status.MISSING,
    "the installed PyTorch is a CPU build.",
    "Install the CUDA build that PyTorch's installation page names for this driver.",
)


def named(device: str) -> Any:
    """Return PyTorch's own name of a device.

    Parameters
    ----------
    device : str
        ``cpu(0)``, ``gpu(1)``, …

    Returns
    -------
    torch.device
    """
    kind, _, number = device.rstrip(")").partition("(")
    return torch.device("cuda", int(number)) if kind == "gpu" else torch.device("cpu")


def try_operator(device: str) -> str:
    """Add 1 to a tensor on a device.

    Parameters
    ----------
    device : str

    Returns
    -------
    str
        What went wrong, on one line; empty when the result is right.
    """
    try:
        # PyTorch warns of a GPU that it holds no code for; the operator tells.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = (torch.ones(2, device=named(device)) + 1).tolist()
    except (RuntimeError, AssertionError) as error:
        return next((line for line in str(error).splitlines() if line.strip()), "failed")
    return "" if result == [2.0, 2.0] else f"1 + 1 gave {result}"


def judge(gpu: CudaDevice) -> Availability:
    """Run one operator on a GPU, where this build of PyTorch can.

    Parameters
    ----------
    gpu : CudaDevice

    Returns
    -------
    Availability
    """
    if torch.version.cuda is None:
        return CPU_BUILD
    error = try_operator(f"gpu({gpu.index})")
    if not error:
        return AVAILABLE
    major, minor = gpu.compute_capability
    return Availability(
        Status.BROKEN,
        f"one operator on {gpu.name} (compute capability {major}.{minor}, PyTorch for CUDA "
        f"{torch.version.cuda}) gave {error!r}.",
        "Check the driver with nvidia-smi, and that this PyTorch was built for the GPU.",
    )


@cache
def reports() -> tuple[DeviceReport, ...]:
    """List the devices, probing each GPU once.

    Returns
    -------
    tuple of DeviceReport
        ``cpu(0)`` first; at least one GPU, with the reason where there is none. CUDA is
        left alone where the driver lists no GPU.
    """
    return (DeviceReport("cpu(0)", AVAILABLE), *gpus.reports(judge))
