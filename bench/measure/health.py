"""What can be measured on this machine and how well: the data behind ``bench doctor``."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from bench.measure import noise
from bench.measure.fingerprint import fingerprint, fingerprint_id, volatile
from kernels.backends import BACKENDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kernels.contract import Availability, Backend, DeviceReport


def examine(backends: Mapping[str, Backend] = BACKENDS) -> dict[str, Any]:
    """Look at the backends, their devices and the machine.

    Parameters
    ----------
    backends : mapping of str to Backend

    Returns
    -------
    dict
        JSON-ready. ``backends`` and ``devices`` list also those that can't be used, with
        the reason and the remedy; ``noise`` is what makes timings noisy; ``machine`` is
        the fingerprint; ``can_measure`` says whether any device is available.
    """
    # The load is read first: what follows is load too.
    noisy = noise.warnings(noise.readings())
    machine: dict[str, Any] = fingerprint()
    capabilities = {f"gpu({g['index']})": g["compute_capability"] for g in machine["gpus"]}
    devices = [
        _device(backend, report, capabilities)
        for backend in backends.values()
        for report in backend.devices()
    ]
    return {
        "can_measure": any(device["status"] == "available" for device in devices),
        "backends": [_backend(backend) for backend in backends.values()],
        "devices": devices,
        "python": machine["python"],
        "numpy": machine["numpy"],
        "threads": machine["threads"],
        "noise": [asdict(warning) for warning in noisy],
        "machine": machine,
        "fingerprint_id": fingerprint_id(machine),
        "volatile": volatile(),
    }


def _answer(availability: Availability) -> dict[str, Any]:
    """Write an answer of a probe down."""
    return {
        "status": availability.status.value,
        "reason": availability.reason,
        "remedy": availability.remedy,
    }


def _backend(backend: Backend) -> dict[str, Any]:
    """Describe a backend; versions only where it can be imported."""
    answer = backend.probe()
    versions = backend.versions() if answer else {}
    return {"backend": backend.name, **_answer(answer), "versions": versions}


def _device(
    backend: Backend, report: DeviceReport, capabilities: Mapping[str, str]
) -> dict[str, Any]:
    """Describe a device; what only a GPU has is None elsewhere."""
    held = backend.held_code if report.device.startswith("gpu") else None
    return {
        "backend": backend.name,
        "device": report.device,
        **_answer(report.availability),
        "description": report.description,
        "compute_capability": capabilities.get(report.device),
        "wheel_holds": held and [f"{major}.{minor}" for major, minor in held],
    }
