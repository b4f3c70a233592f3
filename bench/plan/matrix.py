"""The matrix: every combination of the axes that a case module declares; its presets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from types import MappingProxyType, ModuleType
from typing import Any

import psutil

import data
from bench.plan.rule import RULE
from kernels.backends import BACKENDS
from kernels.contract import AVAILABLE, Availability, Status, TrainKernel, UpdateKernel
from kernels.registry import Registry

Params = Mapping[str, Any]
#: Values of axes by their names, by the name of a case module.
Fewer = Mapping[str, Mapping[str, tuple[Any, ...]]]

# Presets: how much of the matrix fits into the time that a person has.


@dataclass(frozen=True)
class Preset:
    """What a run measures unless an option says otherwise.

    Attributes
    ----------
    update_sizes : tuple of int
        Parameter counts of ``bench_update``.
    tensor_counts : tuple of int
        Into how many tensors it divides them.
    loaders : tuple of str or None
        None for all.
    most_steps : int
        Batch sizes that make an epoch longer than so many steps are left out.
    epochs : int
        Epochs of one training; each is one timed round.
    seconds_per_case : float
        A case repeats its training until this much timed work is done.
    notebook_repeats : int
        Trainings of each ``bench_notebook`` case.
    phases : bool
        Whether to look where the time of an epoch goes, in a pass of its own.
    fewer : mapping
        Of case modules that are not asked for by name, the values of axes to keep.
    """

    name: str
    workloads: tuple[str, ...]
    batch_sizes: tuple[int, ...]
    update_sizes: tuple[int, ...]
    epochs: int
    seconds_per_case: float
    notebook_repeats: int
    tensor_counts: tuple[int, ...] = (1, 100)
    loaders: tuple[str, ...] | None = None
    most_steps: int = 10_000
    phases: bool = True
    fewer: Fewer = field(default_factory=dict)


BATCH_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 1500)

QUICK = Preset(
    name="quick",
    workloads=("airfoil",),
    batch_sizes=(1, 10, 100, 500, 1500),
    update_sizes=(5, 10_000, 10_000_000),
    epochs=3,
    seconds_per_case=0.15,
    notebook_repeats=1,
    tensor_counts=(1,),
    phases=False,
    # What is no training: enough to see that it works, and what the machine can do.
    fewer={
        "bench_engine": {"batch_size": (100,)},
        "bench_loader": {"batch_size": (100,)},
        "bench_machine": {
            "control": ("empty_call", "empty_operator", "triad", "matmul"),
            "n_bytes": (4, 2**12, 2**18, 2**20, 2**22, 2**27),
        },
        "bench_step": {"batch_size": (100,)},
        "bench_update": {"n_parameters": (10_000,)},
    },
)
#: What ``ab`` and ``selftest`` take: what they measure does not follow a change of ``quick``.
PAIRS = replace(QUICK, name="pairs", batch_sizes=(1, 10, 100, 1500), fewer={})
DEFAULT = Preset(
    name="default",
    workloads=("airfoil",),
    batch_sizes=BATCH_SIZES,
    update_sizes=(5, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000),
    epochs=5,
    seconds_per_case=0.3,
    notebook_repeats=5,
)
FULL = Preset(
    name="full",
    workloads=("airfoil", "synthetic-10000x32"),
    batch_sizes=BATCH_SIZES,
    update_sizes=(
        *(5, 50, 100, 500, 1_000, 10_000, 100_000),
        *(1_000_000, 3_000_000, 10_000_000, 100_000_000),
    ),
    epochs=10,
    seconds_per_case=2.0,
    notebook_repeats=20,
)
#: Data from the size of the caches to far beyond them: where memory decides, not dispatch.
MEMORY = Preset(
    name="memory",
    workloads=(
        "synthetic-1000x4",
        "synthetic-1000000x4",
        "synthetic-100000x32",
        "synthetic-100000x256",
        "synthetic-10000x4096",
    ),
    batch_sizes=(1_000, 10_000),
    update_sizes=(1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000),
    epochs=2,
    seconds_per_case=0.5,
    notebook_repeats=1,
    loaders=("inmemory",),
)
PRESETS = {preset.name: preset for preset in (QUICK, DEFAULT, FULL, MEMORY, PAIRS)}

# Whether the host has room for a case's arrays.


def room_for(n_parameters: int, available: int | None = None) -> Availability:
    """Say whether so many parameters fit into the memory that is free.

    Parameters
    ----------
    available : int, optional
        Bytes; asked of the system unless given.
    """
    free = psutil.virtual_memory().available if available is None else available
    needed = 4 * RULE.arrays_per_case * n_parameters
    if needed <= free:
        return AVAILABLE
    return Availability(
        Status.TOO_LARGE,
        f"{n_parameters} parameters take {needed / 2**30:.1f} GiB of host memory, "
        f"{free / 2**30:.1f} GiB are free.",
        "Free memory, or give smaller --update-sizes.",
    )


# The matrix: every combination of the axes that a case module declares.


#: Axes that an option names; a case module without the axis is left out by that option.
AXES = (
    "workload",
    "kernel",
    "step_kernel",
    "engine_kernel",
    "update_kernel",
    "backend",
    "device",
    "loader",
    "engine",
    "batch_size",
    "n_parameters",
    "n_tensors",
    "control",
    "n_bytes",
)
#: Kernels that are measured with every loader also where no option names one: those of the
#: published text, and a peer.
LOADED_KERNELS = frozenset(("nd.autograd", "gluon.trainer", "torch.manual"))
#: Axes of kernels that answer a case module's question; their values come as ``kernel``.
KERNEL_AXES = frozenset(("kernel", "step_kernel", "engine_kernel", "update_kernel"))


@dataclass(frozen=True)
class Selection:
    """What is asked for, checked.

    Attributes
    ----------
    values : dict of str to tuple
        The values of each axis.
    narrowed : frozenset of str
        Axes that an option names, not the preset.
    most_steps : int or None
        Batch sizes so small that an epoch has more steps are left out, unless an option
        names the batch sizes.
    fewer : mapping
        As in `Preset`.
    """

    registry: Registry
    values: Mapping[str, tuple[Any, ...]]
    narrowed: frozenset[str]
    most_steps: int | None = None
    fewer: Fewer = field(default_factory=dict)

    def kernel_of(self, params: Params) -> TrainKernel | UpdateKernel:
        """Return the kernel of a case that has one."""
        name = params["kernel"]
        return self.registry.train.get(name) or self.registry.update[name]

    def backend_of(self, params: Params) -> str:
        """Return the name of the backend that a case runs on."""
        if "backend" in params:
            return str(params["backend"])
        return self.kernel_of(params).backend

    def availability(self, params: Params) -> Availability:
        """Say whether a case can run here: its backend, its kernel, the memory it needs."""
        device = params["device"]
        if "kernel" in params:
            answer = runs_on(self.kernel_of(params), device)
        else:
            answer = availability(self.backend_of(params), device)
        if answer and "n_parameters" in params:
            answer = room_for(params["n_parameters"])
        return answer

    def cases_of(self, module: ModuleType, *, named: bool = False) -> Iterator[dict[str, Any]]:
        """Yield the parameters of every case of a case module.

        Parameters
        ----------
        module : module
            It has ``AXES``, and may have ``wanted`` and ``PREFERRED``: arguments of
            `cases`.
        named : bool
            The module itself was asked for: options that name values of axes which it
            does not have say nothing of it then, and do not leave it out.
        """
        wanted = getattr(module, "wanted", None)
        fewer = {} if named else self.fewer.get(module.__name__.rpartition(".")[2], {})
        preferred = {**getattr(module, "PREFERRED", {}), **fewer}
        return self.cases(module.AXES, wanted, preferred, named=named)

    def cases(
        self,
        axes: tuple[str, ...],
        wanted: Callable[[Params], bool] | None = None,
        preferred: Mapping[str, tuple[Any, ...]] = MappingProxyType({}),
        *,
        named: bool = False,
    ) -> Iterator[dict[str, Any]]:
        """Yield the parameters of every case, CPU cases before GPU cases.

        MXNet's first use of a GPU shrinks its OpenMP pool, so within a process no CPU
        case may come after one.

        Parameters
        ----------
        axes : tuple of str
            Names from ``AXES``, in the order of the test id.
        wanted : callable, optional
            Says of a combination whether it is a case.
        preferred : mapping of str to tuple
            For an axis the values to keep, unless an option names that axis or the preset
            has none of them.
        named : bool
            As for `cases_of`.

        Yields
        ------
        dict of str to value
            Those of ``KERNEL_AXES`` come under the name ``kernel``.
        """
        # A module with one axis of kernels honours what narrows any of them.
        implied = KERNEL_AXES if KERNEL_AXES & {*axes} else frozenset()
        if not (named or self.narrowed <= {*axes, *implied}):
            return
        names = ["kernel" if axis in KERNEL_AXES else axis for axis in axes]
        combinations = [
            dict(zip(names, combination, strict=True))
            for combination in product(*(self._values(axis, preferred) for axis in axes))
        ]
        listing = {
            device: listed_by(device, self.values["backend"])
            for device in self.values["device"]
        }
        for params in sorted(combinations, key=lambda p: p["device"].startswith("gpu")):
            seen = self._is_seen(params, listing[params["device"]])
            if not (seen and self._loads(params) and self._fits(params)):
                continue
            if wanted is None or wanted(params):
                yield params

    def _values(self, axis: str, preferred: Mapping[str, tuple[Any, ...]]) -> tuple[Any, ...]:
        values = self.values[axis]
        if axis not in preferred or axis in self.narrowed:
            return values
        return tuple(value for value in values if value in preferred[axis]) or values

    def _is_seen(self, params: Params, listing: frozenset[str]) -> bool:
        """Say whether a case's kernel is for its device, and its backend lists it.

        A device that no backend lists is somebody's wish: it stays, to be skipped with the
        reason.
        """
        kind = params["device"][:3]
        if "kernel" in params and kind not in self.kernel_of(params).device_kinds:
            return False
        return not listing or self.backend_of(params) in listing

    def _loads(self, params: Params) -> bool:
        """Say whether a case's backend and kernel have its loader.

        What another loader than memory costs does not depend on the kernel: unless an
        option names loaders, it is measured with a few.
        """
        if "loader" not in params:
            return True
        loaders = BACKENDS[self.backend_of(params)].loaders
        if "kernel" in params:
            loaders = getattr(self.kernel_of(params), "loaders", None) or loaders
            if "loader" not in self.narrowed and params["kernel"] not in LOADED_KERNELS:
                loaders = loaders[:1]
        return params["loader"] in loaders

    def _fits(self, params: Params) -> bool:
        """Say whether a batch is at most the workload, and an epoch not too many steps."""
        if not {"workload", "batch_size"} <= {*params}:
            return True
        n_samples, size = data.n_samples(params["workload"]), params["batch_size"]
        if size > n_samples:
            return False
        if self.most_steps is None or "batch_size" in self.narrowed:
            return True
        return bool(n_samples <= self.most_steps * size)


def case_id(params: Params) -> str:
    """Return the part of a test's id between its brackets.

    Returns
    -------
    str
        As in ``airfoil-nd.autograd-cpu(0)-inmemory-B10``.
    """
    prefix = {"batch_size": "B", "n_parameters": "P", "n_tensors": "T", "n_bytes": "bytes"}
    return "-".join(f"{prefix.get(name, '')}{value}" for name, value in params.items())


def availability(backend: str, device: str) -> Availability:
    """Say whether a backend can use a device, and why not."""
    reports = {report.device: report.availability for report in BACKENDS[backend].devices()}
    if device in reports:
        return reports[device]
    return Availability(
        Status.NO_DEVICE, f"{backend} sees no {device} here.", f"It sees: {', '.join(reports)}."
    )


def runs_on(kernel: TrainKernel | UpdateKernel, device: str) -> Availability:
    """Say whether a kernel can run on a device, and why not."""
    if device[:3] not in kernel.device_kinds:
        kinds = " and ".join(kind.upper() for kind in kernel.device_kinds)
        return Availability(Status.NO_DEVICE, f"{kernel.name} is written for {kinds}s only.")
    if kernel.brings_code:
        return kernel.availability(device)
    return availability(kernel.backend, device) and kernel.availability(device)


def listed_by(device: str, backends: Iterable[str]) -> frozenset[str]:
    """Return those of some backends that list a device, whether or not they can use it."""
    return frozenset(
        name
        for name in backends
        if any(report.device == device for report in BACKENDS[name].devices())
    )
