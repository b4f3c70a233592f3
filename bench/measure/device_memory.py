"""How much of a GPU's memory this process takes, whoever in it has allocated it.

That is more than what a library's allocator has given out: the CUDA context, the code of
kernels, the workspaces of libraries, and what a pool keeps for later.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pynvml

from kernels.backends import cuda_driver

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Footprint:
    """Memory of a GPU.

    Attributes
    ----------
    n_bytes : int or None
        None where it can't be told.
    of : {'process', 'device'} or None
        What it is of: this process, as the driver counts it; or the device, whose used memory
        has grown by so much, by what other processes did too.
    """

    n_bytes: int | None = None
    of: str | None = None


class DeviceMemory:
    """Watches the memory of one GPU from now on.

    Make it before a library creates its context on the GPU.

    Parameters
    ----------
    uuid : str or None
        ``GPU-…``; None where there is no GPU to watch.
    nvml : module
        ``pynvml``, or what stands in for it.
    pid : int, optional
        Of the process; this one by default.
    """

    def __init__(self, uuid: str | None, nvml: Any = pynvml, pid: int | None = None) -> None:
        self._uuid, self._nvml = uuid, nvml
        self._pid = os.getpid() if pid is None else pid
        self._before = self._asked(self._used)

    @classmethod
    def of(cls, device: str) -> DeviceMemory:
        """Watch a device.

        Parameters
        ----------
        device : str
            ``cpu(0)``, ``gpu(0)``, …; on a CPU there is nothing to watch.

        Returns
        -------
        DeviceMemory
        """
        if not device.startswith("gpu"):
            return cls(None)
        try:
            gpus = {f"gpu({gpu.index})": gpu.uuid for gpu in cuda_driver.devices()}
        except cuda_driver.DriverError:
            return cls(None)
        return cls(gpus.get(device))

    def footprint(self) -> Footprint:
        """Say how much there is now.

        Returns
        -------
        Footprint
            In a container the driver may number processes as the host does, or tell the
            memory of none: then it is the growth of the device's.
        """
        own = self._asked(self._own)
        if own is not None:
            return Footprint(own, "process")
        now = self._asked(self._used)
        if now is None or self._before is None or now < self._before:
            return Footprint()
        return Footprint(now - self._before, "device")

    def _asked(self, question: Callable[[Any], int | None]) -> int | None:
        """Ask NVML about the GPU; None where it can't be asked, or does not say."""
        if self._uuid is None:
            return None
        nvml = self._nvml
        try:
            nvml.nvmlInit()
        except nvml.NVMLError:
            return None
        try:
            return question(nvml.nvmlDeviceGetHandleByUUID(self._uuid))
        except nvml.NVMLError:
            return None
        finally:
            nvml.nvmlShutdown()

    def _used(self, gpu: Any) -> int:
        return int(self._nvml.nvmlDeviceGetMemoryInfo(gpu).used)

    def _own(self, gpu: Any) -> int | None:
        processes = self._nvml.nvmlDeviceGetComputeRunningProcesses(gpu)
        told = [one.usedGpuMemory for one in processes if one.pid == self._pid]
        return None if not told or None in told else sum(map(int, told))
