"""Which GPUs CuPy can use here, and why not the others."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from kernels.backends import gpus
from kernels.backends.cupy.imports import cupy, wheel
from kernels.contract import AVAILABLE, Availability, Status

if TYPE_CHECKING:
    from kernels.backends.cuda_driver import CudaDevice
    from kernels.contract import DeviceReport


def select(device: str) -> Any:
    """Make a GPU the one that this thread works on from now on.

    Parameters
    ----------
    device : str
        ``gpu(0)``, ….

    Returns
    -------
    cupy.cuda.Device
    """
    chosen = cupy.cuda.Device(int(device.removeprefix("gpu(").removesuffix(")")))
    chosen.use()
    return chosen


def try_operators(device: str) -> str:
    """Compile one kernel and multiply by cuBLAS on a GPU.

    Parameters
    ----------
    device : str

    Returns
    -------
    str
        What went wrong, on one line; empty when the result is right.
    """
    try:
        select(device)
        result = (cupy.ones((2, 2), dtype="float32").dot(cupy.ones(2, "float32")) + 1).tolist()
    except (RuntimeError, OSError, ImportError, cupy.cuda.compiler.CompileException) as error:
        lines = [line for line in str(error).splitlines() if line.strip()]
        return f"{type(error).__name__}: {lines[0] if lines else 'failed'}"
    return "" if result == [3.0, 3.0] else f"2 + 1 gave {result}"


def judge(gpu: CudaDevice) -> Availability:
    """Say whether CuPy can use a GPU.

    Parameters
    ----------
    gpu : CudaDevice

    Returns
    -------
    Availability
    """
    error = try_operators(f"gpu({gpu.index})")
    if not error:
        return AVAILABLE
    return Availability(
        Status.BROKEN,
        f"two operators on {gpu.name} gave {error!r}.",
        f"Check the driver with nvidia-smi: CuPy here needs CUDA {wheel().cuda}. "
        f"pip install -e '.[{wheel().extra}]' brings the libraries.",
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
