"""Finds kernels by their being there: every module with a ``KERNEL`` in these folders.

Listing them imports no framework: a kernel file asks its backend for the library the
first time that it is used.
"""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kernels.backends import BACKENDS
from kernels.contract import TrainKernel, UpdateKernel
from kernels.defaults import TrainDefaults, UpdateDefaults

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType

FOLDERS = (Path(__file__).parent / "train", Path(__file__).parent / "update")


class RegistryError(Exception):
    """A kernel file that can't be listed; the message names it."""


@dataclass(frozen=True)
class Registry:
    """The kernels that are there, by name, in alphabetical order.

    Attributes
    ----------
    train : dict of str to TrainKernel
    update : dict of str to UpdateKernel
    """

    train: dict[str, TrainKernel]
    update: dict[str, UpdateKernel]


def _module_of(path: Path) -> ModuleType:
    """Import a kernel file, from this package or from anywhere else."""
    if path.parent in FOLDERS:
        return importlib.import_module(f"kernels.{path.parent.name}.{path.stem}")
    spec = importlib.util.spec_from_file_location(f"added_kernels.{path.stem}", path)
    if spec is None or spec.loader is None:
        raise RegistryError(f"{path} is not a Python file.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _kernel_of(path: Path) -> Any:
    """Return the ``KERNEL`` of a file, or None where it has none."""
    try:
        return getattr(_module_of(path), "KERNEL", None)
    except Exception as error:
        raise RegistryError(f"{path} can't be read: {type(error).__name__}: {error}") from error


def _lacking(kernel: Any) -> str:
    """Say what an object that could be a kernel lacks, and what would give it."""
    for contract, method, defaults, base in (
        (TrainKernel, "epoch", TrainDefaults, "StepKernel, EpochKernel or TrainDefaults"),
        (UpdateKernel, "update", UpdateDefaults, "UpdateDefaults"),
    ):
        if hasattr(kernel, method):
            names = {*contract.__annotations__, *vars(contract)}
            members = sorted(name for name in names if not name.startswith("_"))
            missing = [name for name in members if not hasattr(kernel, name)]
            given = any(hasattr(defaults, name) for name in missing)
            return (
                f": it lacks {', '.join(missing)}, which {contract.__name__} in "
                f"kernels/contract.py describes"
                + (f"; deriving it from {base} gives most" if given else "")
            )
    return ""


def _check(path: Path, kernel: Any, taken: set[str]) -> None:
    """Raise where a ``KERNEL`` can't be listed."""
    if isinstance(kernel, type):
        raise RegistryError(
            f"{path} has a class as its KERNEL: write KERNEL = {kernel.__name__}()."
        )
    if not isinstance(kernel, (TrainKernel, UpdateKernel)):
        raise RegistryError(
            f"{path} has a KERNEL that is no train or update kernel{_lacking(kernel)}."
        )
    if kernel.name in taken:
        raise RegistryError(f"{path} names its kernel {kernel.name!r}, which exists.")
    if kernel.backend not in BACKENDS:
        raise RegistryError(
            f"{path} names the backend {kernel.backend!r}; there are: {', '.join(BACKENDS)}."
        )


def discover(added_folders: Iterable[Path] = ()) -> Registry:
    """List the kernels.

    Parameters
    ----------
    added_folders : iterable of Path
        Folders outside the project that hold kernel files too.

    Returns
    -------
    Registry

    Raises
    ------
    RegistryError
        When a file can't be read, two kernels share a name, or a ``KERNEL`` is a class,
        keeps neither contract of ``kernels.contract`` or names no backend that there is.
    """
    train: dict[str, TrainKernel] = {}
    update: dict[str, UpdateKernel] = {}
    for folder in (*FOLDERS, *added_folders):
        if not folder.is_dir():
            raise RegistryError(f"{folder} is not a folder with kernel files.")
        for path in sorted(folder.glob("[!_]*.py")):
            kernel = _kernel_of(path)
            if kernel is None:
                continue
            _check(path, kernel, {*train, *update})
            if isinstance(kernel, TrainKernel):
                train[kernel.name] = kernel
            else:
                update[kernel.name] = kernel
    return Registry(train=dict(sorted(train.items())), update=dict(sorted(update.items())))
