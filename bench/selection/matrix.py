"""The matrix: every combination of the axes that a case module declares."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import data
from bench.selection.memory import room_for
from kernels.backends import BACKENDS
from kernels.contract import AVAILABLE, Availability, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from types import ModuleType

    from kernels.contract import TrainKernel, UpdateKernel
    from kernels.registry import Registry

    Params = Mapping[str, Any]

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
    registry : Registry
    values : dict of str to tuple
        The values of each axis.
    narrowed : frozenset of str
        Axes that an option names, not the preset.
    most_steps : int or None
        Batch sizes so small that an epoch has more steps are left out, unless an option
        names the batch sizes.
    """

    registry: Registry
    values: Mapping[str, tuple[Any, ...]]
    narrowed: frozenset[str]
    most_steps: int | None = None

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

        Yields
        ------
        dict of str to value
        """
        wanted = getattr(module, "wanted", None)
        preferred = getattr(module, "PREFERRED", {})
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
        if not (named or self.narrowed <= {*axes, *self._implied(axes)}):
            return
        combinations = [
            dict(zip(map(_argument, axes), combination, strict=True))
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

    def _implied(self, axes: tuple[str, ...]) -> set[str]:
        """Return the axes whose narrowing a module honours without having them."""
        return {*KERNEL_AXES} if KERNEL_AXES & {*axes} else set()


def _argument(axis: str) -> str:
    return "kernel" if axis in KERNEL_AXES else axis


def case_id(params: Params) -> str:
    """Return the part of a test's id between its brackets.

    Parameters
    ----------
    params : mapping

    Returns
    -------
    str
        As in ``airfoil-nd.autograd-cpu(0)-inmemory-B10``.
    """
    prefix = {"batch_size": "B", "n_parameters": "P", "n_tensors": "T", "n_bytes": "bytes"}
    return "-".join(f"{prefix.get(name, '')}{value}" for name, value in params.items())


def availability(backend: str, device: str) -> Availability:
    """Say whether a backend can use a device, and why not.

    Parameters
    ----------
    backend, device : str

    Returns
    -------
    Availability
    """
    reports = {report.device: report.availability for report in BACKENDS[backend].devices()}
    if device in reports:
        return reports[device]
    return Availability(
        Status.NO_DEVICE, f"{backend} sees no {device} here.", f"It sees: {', '.join(reports)}."
    )


def runs_on(kernel: TrainKernel | UpdateKernel, device: str) -> Availability:
    """Say whether a kernel can run on a device, and why not.

    Parameters
    ----------
    kernel : TrainKernel or UpdateKernel
    device : str

    Returns
    -------
    Availability
    """
    if device[:3] not in kernel.device_kinds:
        kinds = " and ".join(kind.upper() for kind in kernel.device_kinds)
        return Availability(Status.NO_DEVICE, f"{kernel.name} is written for {kinds}s only.")
    return availability(kernel.backend, device) and kernel.availability(device)


def listed_by(device: str, backends: Iterable[str]) -> frozenset[str]:
    """Return those of some backends that list a device, whether or not they can use it."""
    return frozenset(
        name
        for name in backends
        if any(report.device == device for report in BACKENDS[name].devices())
    )


def usable(backend: str, device: str) -> bool:
    """Say whether a backend can use a device."""
    return availability(backend, device) == AVAILABLE
