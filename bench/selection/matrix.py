"""The matrix: every combination of the axes that a case module declares."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

from kernels.backends import BACKENDS
from kernels.contract import AVAILABLE, Availability, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from kernels.registry import Registry

    Params = Mapping[str, Any]

#: Axes that an option names; a case module without the axis is left out by that option.
AXES = (
    "workload",
    "kernel",
    "update_kernel",
    "backend",
    "device",
    "loader",
    "batch_size",
    "n_parameters",
)


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
    """

    registry: Registry
    values: Mapping[str, tuple[Any, ...]]
    narrowed: frozenset[str]

    def backend_of(self, params: Params) -> str:
        """Return the name of the backend that a case runs on."""
        if "backend" in params:
            return str(params["backend"])
        name = params["kernel"]
        kernel = self.registry.train.get(name) or self.registry.update[name]
        return kernel.backend

    def cases(
        self, axes: tuple[str, ...], wanted: Callable[[Params], bool] | None = None
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

        Yields
        ------
        dict of str to value
            ``update_kernel`` values come under the name ``kernel``.
        """
        if not self.narrowed <= {*axes, *self._implied(axes)}:
            return
        combinations = [
            dict(zip(map(_argument, axes), combination, strict=True))
            for combination in product(*(self.values[axis] for axis in axes))
        ]
        for params in sorted(combinations, key=lambda p: p["device"].startswith("gpu")):
            loaders = BACKENDS[self.backend_of(params)].loaders
            if "loader" in params and params["loader"] not in loaders:
                continue
            if wanted is None or wanted(params):
                yield params

    def _implied(self, axes: tuple[str, ...]) -> set[str]:
        """Return the axes whose narrowing a module honours without having them."""
        return {"kernel", "update_kernel"} if {"kernel", "update_kernel"} & {*axes} else set()


def _argument(axis: str) -> str:
    return "kernel" if axis == "update_kernel" else axis


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
    prefix = {"batch_size": "B", "n_parameters": "P"}
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


def usable(backend: str, device: str) -> bool:
    """Say whether a backend can use a device."""
    return availability(backend, device) == AVAILABLE
