"""Which devices JAX can use here, and why not the others."""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING, Any

from kernels.backends import gpus
from kernels.backends.jax.imports import jax, jnp
from kernels.contract import AVAILABLE, Availability, DeviceReport, Status

if TYPE_CHECKING:
    from kernels.backends.cuda_driver import CudaDevice


def kind_of(device: str) -> str:
    """Return JAX's name of a device's platform: ``cpu`` or ``gpu``."""
    return device.partition("(")[0]


def named(device: str) -> Any:
    """Return JAX's own device.

    Parameters
    ----------
    device : str
        ``cpu(0)``, ``gpu(1)``, …

    Returns
    -------
    jax.Device

    Raises
    ------
    RuntimeError
        When JAX has no such device.
    """
    kind, _, number = device.rstrip(")").partition("(")
    found = jax.devices(kind)
    if int(number) >= len(found):
        raise RuntimeError(f"JAX lists {len(found)} devices of the kind {kind!r}.")
    return found[int(number)]


def try_operator(device: str) -> str:
    """Add 1 to an array on a device.

    Parameters
    ----------
    device : str

    Returns
    -------
    str
        What went wrong, on one line; empty when the result is right.
    """
    try:
        result = (jnp.ones(2, device=named(device)) + 1).tolist()
    except RuntimeError as error:
        return next((line for line in str(error).splitlines() if line.strip()), "failed")
    return "" if result == [2.0, 2.0] else f"1 + 1 gave {result}"


def judge_cpu() -> Availability:
    """Run one operator on the CPU, in this process."""
    error = try_operator("cpu(0)")
    if error:
        return Availability(Status.BROKEN, f"one operator on the CPU gave {error!r}.")
    return AVAILABLE


@cache
def judge_cpu_elsewhere() -> Availability:
    """Run one operator on the CPU, in a process of its own that uses no GPU.

    With its first operator JAX starts all platforms that it has, on a GPU too.
    """
    try:
        (answer,) = gpus.answered(__name__, environment={"JAX_PLATFORMS": "cpu"})
    except gpus.NoAnswerError as error:
        return Availability(Status.BROKEN, f"on the CPU {error}")
    return answer


def judge(gpu: CudaDevice) -> Availability:
    """Run one operator on a GPU, where JAX has what it needs for one.

    Parameters
    ----------
    gpu : CudaDevice

    Returns
    -------
    Availability
    """
    try:
        jax.devices("gpu")
    except RuntimeError as error:
        said = next((line for line in str(error).splitlines() if line.strip()), "")
        return Availability(
            Status.MISSING,
            f"the installed JAX is a CPU build, or its GPU plugin does not start: {said}",
            "pip install 'jax[cuda12]', or 'jax[cuda13]' for a driver of CUDA 13.",
        )
    error_text = try_operator(f"gpu({gpu.index})")
    if not error_text:
        return AVAILABLE
    return Availability(
        Status.BROKEN,
        f"one operator on {gpu.name} gave {error_text!r}.",
        "Check the driver with nvidia-smi.",
    )


@cache
def reports() -> tuple[DeviceReport, ...]:
    """List the devices, probing each GPU once.

    Returns
    -------
    tuple of DeviceReport
        ``cpu(0)`` first; at least one GPU, with the reason where there is none.
    """
    return (DeviceReport("cpu(0)", AVAILABLE), *gpus.reports(judge))


if __name__ == "__main__":
    sys.stdout.write(gpus.told([judge_cpu()]))
