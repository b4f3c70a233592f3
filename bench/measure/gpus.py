"""Describes the GPUs, in the order in which CUDA numbers them."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from bench.measure.nvml import gpu_facts, gpu_state
from kernels.backends import cuda_driver

if TYPE_CHECKING:
    from bench.measure.machine import Machine


def gpus(machine: Machine) -> tuple[list[dict[str, object]], str]:
    """Describe what stays until someone changes a GPU or its settings.

    Parameters
    ----------
    machine : Machine

    Returns
    -------
    described : list of dict
        JSON-ready: what the driver says, and ``bench.measure.nvml.GpuFacts``.
    reason : str
        Why there is none.
    """
    found, reason = _listed(machine)
    described: list[dict[str, object]] = []
    for gpu in found:
        major, minor = gpu.compute_capability
        described.append(
            {
                "index": gpu.index,
                "name": gpu.name,
                "uuid": gpu.uuid,
                "compute_capability": f"{major}.{minor}",
                **asdict(gpu_facts(gpu.uuid, machine.nvml)),
            }
        )
    return described, reason


def gpu_states(machine: Machine) -> list[dict[str, object]]:
    """Describe how the GPUs are at this moment.

    Parameters
    ----------
    machine : Machine

    Returns
    -------
    list of dict
        JSON-ready: ``index``, and ``bench.measure.nvml.GpuState``.
    """
    found, _ = _listed(machine)
    return [{"index": gpu.index, **asdict(gpu_state(gpu.uuid, machine.nvml))} for gpu in found]


def _listed(machine: Machine) -> tuple[list[cuda_driver.CudaDevice], str]:
    """List the GPUs, or none and the reason."""
    try:
        found = machine.gpus()
    except cuda_driver.DriverError as error:
        return [], str(error)
    return found, "" if found else "the NVIDIA driver finds no GPU."
