"""Where what is known about a machine is read from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pynvml

from bench.measure import affinity
from kernels.backends import cuda_driver

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Machine:
    """Where the readings come from; tests put others in their place.

    Attributes
    ----------
    root : Path
        Holds ``proc`` and ``sys``.
    gpus : callable
        Lists the GPUs, or raises DriverError.
    nvml : module
    memory : callable
        Returns an object with ``total`` and ``available``, in bytes.
    cpus : callable
        Lists those that this process may run on; none where the system does not tell.
    """

    root: Path = Path("/")
    gpus: Callable[[], list[cuda_driver.CudaDevice]] = cuda_driver.devices
    nvml: Any = pynvml
    memory: Callable[[], Any] = psutil.virtual_memory
    cpus: Callable[[], tuple[int, ...]] = affinity.usable_cpus

    def cpuinfo(self) -> dict[str, str]:
        """Return what the kernel says about the first core; empty where it says nothing."""
        try:
            first_core, *_ = (self.root / "proc/cpuinfo").read_text().split("\n\n")
        except OSError:
            return {}
        pairs = (line.partition(":") for line in first_core.splitlines())
        return {key.strip(): " ".join(value.split()) for key, _, value in pairs}

    def virtualised(self) -> bool | None:
        """Say whether a hypervisor is below; None where the kernel does not say."""
        flags = self.cpuinfo().get("flags")
        return None if flags is None else "hypervisor" in flags.split()


HERE = Machine()
