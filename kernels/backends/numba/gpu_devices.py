"""Which GPUs Numba can use here, and why not the others; waiting for one, and its clock.

Numba's CUDA target is a package of its own, ``numba-cuda``, maintained by NVIDIA; the one
that Numba itself still has is no longer developed and is left alone. What prepares a case
makes its GPU the current one of the thread, and the case is run before the next one.

No file of this folder may have a name that begins with ``cuda``: ``numba-cuda`` puts itself
before every import whose name has ``numba.cuda`` anywhere in it, and knows only its own.
"""

from __future__ import annotations

import importlib.util
import warnings
from contextlib import suppress
from functools import cache
from importlib import metadata
from typing import TYPE_CHECKING, Any

from kernels.backends import gpus
from kernels.backends.optional import missing
from kernels.contract import AVAILABLE, Availability, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from kernels.backends.cuda_driver import CudaDevice
    from kernels.contract import DeviceReport

#: The extras that bring it, by the version of CUDA.
EXTRAS = {12: "numba-cuda", 13: "numba-cuda13"}


def installed() -> Availability:
    """Say whether Numba's CUDA target is here; imports nothing."""
    if importlib.util.find_spec("numba_cuda") is None:
        return missing("Numba's CUDA target (numba-cuda)", EXTRAS[12])
    return AVAILABLE


def cuda_version() -> int:
    """Return which CUDA the installed target is of: 13 where what binds it to CUDA is."""
    with suppress(metadata.PackageNotFoundError):
        return 13 if metadata.version("cuda-bindings").startswith("13.") else 12
    return 12


def index_of(device: str) -> int:
    """Return the ``i`` of ``gpu(i)``."""
    return int(device.removeprefix("gpu(").removesuffix(")"))


def select(device: str) -> Any:
    """Make a GPU the one that this thread works on from now on.

    Parameters
    ----------
    device : str
        ``gpu(0)``, ….

    Returns
    -------
    module
        ``numba.cuda``.
    """
    from numba import cuda

    cuda.select_device(index_of(device))
    return cuda


def launcher(kernel: Any, grid: Any, block: Any, shared_bytes: int = 0) -> Callable[..., None]:
    """Return a kernel with its launch's shape, on the default stream.

    Parameters
    ----------
    kernel : Dispatcher
    grid, block : int or tuple of int
        Blocks, and threads in each.
    shared_bytes : int
        Dynamic shared memory of a block.

    Returns
    -------
    callable
    """
    with warnings.catch_warnings():
        # Small grids are what small tensors, and an epoch in one block, are measured with.
        warnings.filterwarnings("ignore", message="Grid size")
        launch: Callable[..., None] = kernel[grid, block, 0, shared_bytes]
    return launch


def drain(device: str) -> None:
    """Wait for all that was enqueued on a GPU."""
    from numba import cuda

    with cuda.gpus[index_of(device)]:
        cuda.synchronize()


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
    import numpy as np

    try:
        cuda = select(device)
        from kernels.backends.numba.gpu_jitted import update

        w = cuda.to_device(np.ones(2, np.float32))
        launcher(update, 1, 32)(w, cuda.to_device(np.ones(2, np.float32)), np.float32(2))
        result = w.copy_to_host().tolist()
    except Exception as error:  # noqa: BLE001 - driver, compiler, linker: each has its own
        lines = [line for line in str(error).splitlines() if line.strip()]
        return f"{type(error).__name__}: {lines[0] if lines else 'failed'}"
    return "" if result == [-1.0, -1.0] else f"1 - 2 gave {result}"


def judge(gpu: CudaDevice) -> Availability:
    """Say whether Numba can use a GPU.

    Parameters
    ----------
    gpu : CudaDevice

    Returns
    -------
    Availability
    """
    error = try_kernel(f"gpu({gpu.index})")
    if not error:
        return AVAILABLE
    return Availability(
        Status.BROKEN,
        f"one kernel on {gpu.name} gave {error!r}.",
        f"Check the driver with nvidia-smi: Numba here needs CUDA {cuda_version()}. "
        f"pip install -e '.[{EXTRAS[cuda_version()]}]' brings its compiler.",
    )


@cache
def reports() -> tuple[DeviceReport, ...]:
    """List the GPUs, probing each once.

    Returns
    -------
    tuple of DeviceReport
        At least one, with the reason where there is none.
    """
    answer = installed()
    return tuple(gpus.reports(judge) if answer else gpus.none_usable(answer))
