"""The memory of an NDArray on the CPU, as NumPy sees it, without a copy."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

import numpy as np

from kernels.backends.mxnet.imports import mx

if TYPE_CHECKING:
    from numpy.typing import NDArray


def view(array: Any) -> NDArray[np.float32]:
    """Return a NumPy array over the memory of an NDArray.

    The memory is the NDArray's: keep it alive as long as the view, and wait for the engine
    before reading or writing through the view.

    Parameters
    ----------
    array : NDArray, float32
        Dense, on the CPU.

    Returns
    -------
    ndarray of the same shape

    Raises
    ------
    ValueError
        When the NDArray is not a dense float32 array on the CPU.
    """
    dense = array.stype == "default" and array.dtype == np.float32
    if not dense or array.context.device_type != "cpu":
        raise ValueError("only a dense float32 NDArray on the CPU can be seen from NumPy.")
    array.wait_to_read()
    pointer = ctypes.c_void_p()
    mx.base.check_call(mx.base._LIB.MXNDArrayGetData(array.handle, ctypes.byref(pointer)))
    address = ctypes.cast(pointer, ctypes.POINTER(ctypes.c_float))
    return np.ctypeslib.as_array(address, shape=array.shape)
