"""Asks the NVIDIA driver which GPUs are here, in the order that CUDA numbers them.

NVML numbers GPUs by bus and ignores CUDA_VISIBLE_DEVICES, so its index need not be the
``i`` of ``gpu(i)``. These few calls of the driver's own library (CUDA Driver API,
"Device Management") have the right order, create no context and take no GPU memory.
"""

from __future__ import annotations

import ctypes
import uuid
from dataclasses import dataclass

_CUDA_SUCCESS = 0
_CUDA_ERROR_NO_DEVICE = 100
_COMPUTE_CAPABILITY_MAJOR = 75
_COMPUTE_CAPABILITY_MINOR = 76


class DriverError(Exception):
    """The driver can't be asked; the message is one sentence."""


@dataclass(frozen=True)
class CudaDevice:
    """A GPU as the driver describes it.

    Attributes
    ----------
    index : int
        The ``i`` of ``gpu(i)``.
    name : str
    uuid : str
        ``GPU-…``, as nvidia-smi shows it.
    compute_capability : tuple of int
        Major and minor.
    """

    index: int
    name: str
    uuid: str
    compute_capability: tuple[int, int]


def _check(code: int, call: str) -> None:
    if code != _CUDA_SUCCESS:
        raise DriverError(f"the NVIDIA driver's {call} failed with code {code}.")


def _device(driver: ctypes.CDLL, index: int) -> CudaDevice:
    """Describe one GPU."""
    handle = ctypes.c_int()
    _check(driver.cuDeviceGet(ctypes.byref(handle), index), "cuDeviceGet")
    name = ctypes.create_string_buffer(256)
    _check(driver.cuDeviceGetName(name, len(name), handle), "cuDeviceGetName")
    identity = ctypes.create_string_buffer(16)
    _check(driver.cuDeviceGetUuid(identity, handle), "cuDeviceGetUuid")
    capability = []
    for attribute in (_COMPUTE_CAPABILITY_MAJOR, _COMPUTE_CAPABILITY_MINOR):
        value = ctypes.c_int()
        code = driver.cuDeviceGetAttribute(ctypes.byref(value), attribute, handle)
        _check(code, "cuDeviceGetAttribute")
        capability.append(value.value)
    return CudaDevice(
        index=index,
        name=name.value.decode(),
        uuid=f"GPU-{uuid.UUID(bytes=identity.raw)}",
        compute_capability=(capability[0], capability[1]),
    )


def devices() -> list[CudaDevice]:
    """List the GPUs.

    Returns
    -------
    list of CudaDevice
        Empty where the driver is here and finds none.

    Raises
    ------
    DriverError
        When the driver is not installed or does not answer.
    """
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError as error:
        raise DriverError("no NVIDIA driver is installed (libcuda.so.1 not found).") from error
    code = driver.cuInit(0)
    if code == _CUDA_ERROR_NO_DEVICE:
        return []
    _check(code, "cuInit")
    count = ctypes.c_int()
    _check(driver.cuDeviceGetCount(ctypes.byref(count)), "cuDeviceGetCount")
    return [_device(driver, index) for index in range(count.value)]
