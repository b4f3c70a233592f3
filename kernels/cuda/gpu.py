"""What a library gives so that the kernels of ``sgd.cu`` run on its arrays."""

from __future__ import annotations

import ctypes
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from kernels.backends.cuda_driver import DriverError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from kernels.cuda.geometry import Launch

_MULTIPROCESSOR_COUNT = 16  # CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT in cuda.h


class Gpu(Protocol):
    """One GPU, with a library's arrays in its memory."""

    n_multiprocessors: int

    def array(self, host: NDArray[Any]) -> Any:
        """Enqueue a copy of a NumPy array, float32 or int32, to new memory of the GPU."""

    def write(self, array: Any, host: NDArray[Any]) -> None:
        """Enqueue a copy of a NumPy array to memory of the GPU that is there already."""

    def to_numpy(self, array: Any) -> NDArray[np.float32]:
        """Wait for an array, and copy it to the host."""

    def kernel(self, name: str, launch: Launch) -> Callable[..., object]:
        """Compile ``sgd.cu`` if it is not yet, and return one of its kernels.

        Parameters
        ----------
        name : str
            One of ``kernels.cuda.source.EXPORTS``.
        launch : Launch

        Returns
        -------
        callable
            Enqueues a launch; takes what the kernel is declared to take, scalars as NumPy's
            float32 and int32.
        """


@cache
def multiprocessors(device: str) -> int:
    """Ask the driver how many multiprocessors a GPU has.

    Parameters
    ----------
    device : str
        ``gpu(0)``, ….

    Returns
    -------
    int
        Those that this process may use: a part of them where the GPU is divided (MIG).

    Raises
    ------
    DriverError
        When the driver is not installed or does not answer.
    """
    index = int(device.removeprefix("gpu(").removesuffix(")"))
    handle, count = ctypes.c_int(), ctypes.c_int()
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError as error:
        raise DriverError("no NVIDIA driver is installed (libcuda.so.1 not found).") from error
    codes = (
        driver.cuInit(0),
        driver.cuDeviceGet(ctypes.byref(handle), index),
        driver.cuDeviceGetAttribute(ctypes.byref(count), _MULTIPROCESSOR_COUNT, handle),
    )
    if any(codes):
        raise DriverError(f"the NVIDIA driver does not know {device} (codes {codes}).")
    return count.value
