"""From the options as they were given to a checked selection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import data
from bench.selection import parsing
from bench.selection.matrix import Selection
from bench.selection.presets import PRESETS
from data.errors import DataError
from kernels.backends import BACKENDS, FIRST
from kernels.controls import SIZES
from kernels.registry import discover
from kernels.stepwise import StepKernel

if TYPE_CHECKING:
    from pathlib import Path

    from bench.selection.presets import Preset
    from kernels.registry import Registry

LARGEST_UPDATE = 10**9
#: MXNet's engines: as it comes, and one that does each operator before the call returns.
ENGINES = ("ThreadedEnginePerDevice", "NaiveEngine")
#: Enough to see what the engine costs; an option can name others.
ENGINE_KERNELS = ("nd.autograd", "nd.closed_form", "nd.foreach", "gluon.hybrid")


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
    if given.batch_sizes is None:
        return preset.batch_sizes
    largest = max(workloads, key=data.n_samples)
    why = f"the samples of {largest}"
    return parsing.whole_numbers(
        "--batch-sizes", given.batch_sizes, data.n_samples(largest), why
    )


def _backends(given: Given, registry: Registry, kernels: tuple[str, ...]) -> tuple[str, ...]:
    """Return the backends to look at: where kernels are named, only theirs.

    What is looked at is imported, and what is imported may disturb what is measured.
    """
    if given.kernels is None:
        return tuple(BACKENDS)
    used = {(registry.train.get(name) or registry.update[name]).backend for name in kernels}
    return tuple(name for name in BACKENDS if name in used)


def _devices(given: Given, backends: tuple[str, ...]) -> tuple[str, ...]:
    if given.devices is not None:
        return parsing.devices("--devices", given.devices)
    seen = [report.device for name in backends for report in BACKENDS[name].devices()]
    return tuple(dict.fromkeys(seen))


def _update_sizes(given: Given, preset: Preset) -> tuple[int, ...]:
    if given.update_sizes is None:
        return preset.update_sizes
    why = "parameters of float32"
    return parsing.whole_numbers("--update-sizes", given.update_sizes, LARGEST_UPDATE, why)


def _engine_kernels(
    given: Given, registry: Registry, kernels: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the MXNet kernels to try under each engine."""
    chosen = kernels if given.kernels is not None else ENGINE_KERNELS
    return tuple(
        name
        for name in chosen
        if name in registry.train and registry.train[name].backend == FIRST
    )


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
    backends = _backends(given, registry, kernels)
    all_loaders = tuple(dict.fromkeys(x for b in BACKENDS.values() for x in b.loaders))
    loaders = preset.loaders or all_loaders
    if given.loaders is not None:
        loaders = parsing.names("--loaders", given.loaders, all_loaders, "loader")
    values: dict[str, tuple[Any, ...]] = {
        "workload": workloads,
        "kernel": tuple(name for name in kernels if name in registry.train),
        "step_kernel": tuple(
            name for name in kernels if isinstance(registry.train.get(name), StepKernel)
        ),
        "engine_kernel": _engine_kernels(given, registry, kernels),
        "update_kernel": tuple(name for name in kernels if name in registry.update),
        "backend": backends,
        "device": _devices(given, backends),
        "loader": loaders,
        "batch_size": _batch_sizes(given, preset, workloads),
        "n_parameters": _update_sizes(given, preset),
        "n_tensors": preset.tensor_counts,
        "engine": ENGINES,
        "control": tuple(SIZES),
        "n_bytes": tuple(sorted({size for sizes in SIZES.values() for size in sizes})),
    }
    options = {
        "workload": given.workloads,
        "kernel": given.kernels,
        "loader": given.loaders,
        "batch_size": given.batch_sizes,
        "n_parameters": given.update_sizes,
    }
    narrowed = frozenset(axis for axis, text in options.items() if text is not None)
    return Selection(registry, values, narrowed, preset.most_steps)
