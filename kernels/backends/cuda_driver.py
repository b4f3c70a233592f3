"""Asks the NVIDIA driver which GPUs are here, in the order that CUDA numbers them.

NVML numbers GPUs by bus and ignores CUDA_VISIBLE_DEVICES, so its index need not be the
``i`` of ``gpu(i)``. These few calls of the driver's own library (CUDA Driver API,
"Device Management") have the right order, create no context and take no GPU memory.
"""

from __future__ import annotations

import ctypes
import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_CUDA_SUCCESS = 0
_CUDA_ERROR_NO_DEVICE = 100
_COMPUTE_CAPABILITY_MAJOR = 75
_COMPUTE_CAPABILITY_MINOR = 76
_COMPUTE_MODE = 20
_COMPUTE_MODES = {0: "default", 2: "prohibited", 3: "exclusive process"}
#: CU_DEVICE_ATTRIBUTE_… in cuda.h: what a time depends on.
_FACTS = {
    "multiprocessors": 16,
    "clock_khz": 13,
    "memory_clock_khz": 36,
    "memory_bus_bits": 37,
    "l2_bytes": 38,
}


#: The UUID of a GPU that the tests emulate on the CPU: it reads "emulated, no GPU".
EMULATED = f"GPU-{uuid.UUID(bytes=b'emulated, no GPU')}"


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
        Of an instance of a divided GPU (MIG), its own.
    compute_capability : tuple of int
        Major and minor.
    facts : mapping of str to int or str
        ``multiprocessors``, ``clock_khz``, ``memory_clock_khz`` (at most), ``memory_bus_bits``,
        ``l2_bytes``, ``compute_mode``; without what the driver does not tell.
    """

    index: int
    name: str
    uuid: str
    compute_capability: tuple[int, int]
    facts: Mapping[str, int | str] = field(default_factory=dict, hash=False)


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
    # The first version, all that drivers before CUDA 11.4 have, gives an instance its GPU's.
    get_uuid = getattr(driver, "cuDeviceGetUuid_v2", driver.cuDeviceGetUuid)
    _check(get_uuid(identity, handle), "cuDeviceGetUuid")
    code, major = _attribute(driver, handle, _COMPUTE_CAPABILITY_MAJOR)
    _check(code, "cuDeviceGetAttribute")
    code, minor = _attribute(driver, handle, _COMPUTE_CAPABILITY_MINOR)
    _check(code, "cuDeviceGetAttribute")
    return CudaDevice(
        index=index,
        name=name.value.decode(),
        uuid=f"GPU-{uuid.UUID(bytes=identity.raw)}",
        compute_capability=(major, minor),
        facts=_facts(driver, handle),
    )


def _attribute(driver: ctypes.CDLL, handle: ctypes.c_int, attribute: int) -> tuple[int, int]:
    """Ask for an attribute of a GPU: the call's code, and the value."""
    value = ctypes.c_int()
    code = driver.cuDeviceGetAttribute(ctypes.byref(value), attribute, handle)
    return code, value.value


def _facts(driver: ctypes.CDLL, handle: ctypes.c_int) -> dict[str, int | str]:
    asked = {name: _attribute(driver, handle, number) for name, number in _FACTS.items()}
    facts: dict[str, int | str] = {
        name: value for name, (code, value) in asked.items() if code == _CUDA_SUCCESS
    }
    code, mode = _attribute(driver, handle, _COMPUTE_MODE)
    if code == _CUDA_SUCCESS:
        facts["compute_mode"] = _COMPUTE_MODES.get(mode, f"{mode}")
    return facts


def is_shared_by_mps() -> bool:
    """Say whether processes share the GPUs' multiprocessors at the same time (NVIDIA's MPS).

    Returns
    -------
    bool
        Whether its control daemon runs: it has a pipe in a folder (Multi-Process Service,
        "CUDA_MPS_PIPE_DIRECTORY").
    """
    folder = os.environ.get("CUDA_MPS_PIPE_DIRECTORY", "/tmp/nvidia-mps")  # noqa: S108 - NVIDIA's
    return (Path(folder) / "control").exists()


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
