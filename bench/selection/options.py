"""From the options as they were given to a checked selection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import data
from bench.selection import parsing
from bench.selection.matrix import Selection
from bench.selection.presets import PRESETS
from data.errors import DataError
from kernels.backends import BACKENDS
from kernels.registry import discover

if TYPE_CHECKING:
    from pathlib import Path

    from bench.selection.presets import Preset

LARGEST_UPDATE = 10**9


@dataclass(frozen=True)
class Given:
    """The options that choose cases, as text; None where one was not given."""

    preset: str = "default"
    workloads: str | None = None
    kernels: str | None = None
    devices: str | None = None
    loaders: str | None = None
    batch_sizes: str | None = None
    update_sizes: str | None = None
    kernel_folders: tuple[Path, ...] = ()


def preset_of(given: Given) -> Preset:
    """Return the preset that was asked for.

    Parameters
    ----------
    given : Given

    Returns
    -------
    Preset

    Raises
    ------
    SelectionError
    """
    return PRESETS[parsing.one_of("--preset", given.preset, PRESETS, "preset")]


def _workloads(given: Given, preset: Preset) -> tuple[str, ...]:
    if given.workloads is None:
        return preset.workloads
    chosen = parsing.split("--workloads", given.workloads)
    for name in chosen:
        try:
            data.n_samples(name)
        except DataError as error:
            raise parsing.SelectionError(f"--workloads: {error}") from error
    return tuple(dict.fromkeys(chosen))


def _batch_sizes(given: Given, preset: Preset, workloads: tuple[str, ...]) -> tuple[int, ...]:
    smallest = min(workloads, key=data.n_samples)
    largest = data.n_samples(smallest)
    if given.batch_sizes is None:
        return tuple(size for size in preset.batch_sizes if size <= largest)
    why = f"the samples of {smallest}"
    return parsing.whole_numbers("--batch-sizes", given.batch_sizes, largest, why)


def _devices(given: Given) -> tuple[str, ...]:
    if given.devices is not None:
        return parsing.devices("--devices", given.devices)
    seen = [report.device for backend in BACKENDS.values() for report in backend.devices()]
    return tuple(dict.fromkeys(seen))


def _update_sizes(given: Given, preset: Preset) -> tuple[int, ...]:
    if given.update_sizes is None:
        return preset.update_sizes
    why = "parameters of float32"
    return parsing.whole_numbers("--update-sizes", given.update_sizes, LARGEST_UPDATE, why)


def select(given: Given) -> Selection:
    """Check the options and return what they select.

    Parameters
    ----------
    given : Given

    Returns
    -------
    Selection

    Raises
    ------
    SelectionError
        When a name is wrong or a number is out of range.
    RegistryError
        When a kernel file can't be listed.
    """
    preset = preset_of(given)
    registry = discover(given.kernel_folders)
    workloads = _workloads(given, preset)
    kernels: tuple[str, ...] = (*registry.train, *registry.update)
    if given.kernels is not None:
        kernels = parsing.names("--kernels", given.kernels, kernels, "kernel")
    all_loaders = tuple(dict.fromkeys(x for b in BACKENDS.values() for x in b.loaders))
    loaders = all_loaders
    if given.loaders is not None:
        loaders = parsing.names("--loaders", given.loaders, all_loaders, "loader")
    values: dict[str, tuple[Any, ...]] = {
        "workload": workloads,
        "kernel": tuple(name for name in kernels if name in registry.train),
        "update_kernel": tuple(name for name in kernels if name in registry.update),
        "backend": tuple(BACKENDS),
        "device": _devices(given),
        "loader": loaders,
        "batch_size": _batch_sizes(given, preset, workloads),
        "n_parameters": _update_sizes(given, preset),
    }
    options = {
        "workload": given.workloads,
        "kernel": given.kernels,
        "loader": given.loaders,
        "batch_size": given.batch_sizes,
        "n_parameters": given.update_sizes,
    }
    narrowed = frozenset(axis for axis, text in options.items() if text is not None)
    return Selection(registry=registry, values=values, narrowed=narrowed)
