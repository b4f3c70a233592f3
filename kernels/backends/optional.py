"""What all optional libraries share: importing them late, and saying why they are not there."""

from __future__ import annotations

import importlib
import importlib.util
import resource
from contextlib import suppress
from importlib import metadata
from types import ModuleType
from typing import TYPE_CHECKING, Any

from kernels.contract import AVAILABLE, Availability, Status

if TYPE_CHECKING:
    from collections.abc import Callable


class LazyModule(ModuleType):
    """A module of a name, imported at the first use of something in it.

    What was used once is a plain attribute from then on, so a kernel pays nothing for it.

    Parameters
    ----------
    name : str
    before : callable, optional
        Called before every use that imports.
    """

    def __init__(self, name: str, before: Callable[[], object] | None = None) -> None:
        super().__init__(name)
        self.__dict__["_before"] = before

    def __getattr__(self, name: str) -> Any:
        """Import the module and take what was asked for."""
        if self._before is not None:
            self._before()
        value = getattr(importlib.import_module(self.__name__), name)
        setattr(self, name, value)
        return value


#: Extras that bring CUDA 12, and those that bring 13 instead.
CUDA_13 = {"cupy": "cupy13", "numba-cuda": "numba-cuda13"}


def missing(title: str, extra: str) -> Availability:
    """Say that a library is not installed, and which extra brings it.

    Parameters
    ----------
    title : str
        The library's name as it is written.
    extra : str
        The extra of this project.

    Returns
    -------
    Availability
    """
    remedy = f"pip install -e '.[{extra}]' brings it"
    if extra in CUDA_13:
        remedy += f", for CUDA 12; '.[{CUDA_13[extra]}]' for 13, which the newest PyTorch has"
    return Availability(Status.MISSING, f"{title} is not installed.", f"{remedy}.")


#: With less address space MXNet 1.9.1 was seen to end the interpreter, or to hang, when it was
#: loaded (1.2 GB, one time of two); its libraries and their threads reserve that much.
LEAST_ADDRESS_SPACE = 2_000_000_000


def room(title: str) -> Availability:
    """Say whether there is room to load a large library: without, it ends the interpreter."""
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY or limit >= LEAST_ADDRESS_SPACE:
        return AVAILABLE
    return Availability(
        Status.BROKEN,
        f"{title} may crash in an address space of {limit / 1e9:.1f} GB.",
        "ulimit -v unlimited lifts the limit.",
    )


#: Each puts a library in place under the same path: the one installed last stays.
SAME_FILE = ("nvidia-nccl-cu11", "nvidia-nccl-cu12", "nvidia-nccl-cu13")


def overwritten() -> str:
    """Say which packages have overwritten each other's library; empty where none has."""
    there = []
    for name in SAME_FILE:
        with suppress(metadata.PackageNotFoundError):
            metadata.version(name)
            there.append(name)
    if len(there) < 2:
        return ""
    return (
        f"{' and '.join(there)} overwrite each other's library: give each version of CUDA "
        f"(MXNet has 11, the peers 12 or 13) an environment of its own."
    )


def importable(module: str, title: str, extra: str) -> Availability:
    """Import a library and say how it went.

    Parameters
    ----------
    module : str
        Its import name.
    title, extra : str
        As for `missing`.

    Returns
    -------
    Availability
        Missing where it is not there at all, broken where there is no `room` for it, and
        with the exception where its import fails.
    """
    if importlib.util.find_spec(module) is None:
        return missing(title, extra)
    enough = room(title)
    if not enough:
        return enough
    try:
        importlib.import_module(module)
    except Exception as error:  # noqa: BLE001 - whatever a broken installation raises
        kind = type(error).__name__
        return Availability(
            Status.BROKEN,
            f"importing {title} gave {kind}: {error}".replace("\n", " "),
            overwritten() or f"Install it anew: pip install --force-reinstall -e '.[{extra}]'.",
        )
    return AVAILABLE
