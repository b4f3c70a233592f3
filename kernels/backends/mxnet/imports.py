"""Imports MXNet where it can be imported, and says why where it can't."""

from __future__ import annotations

import warnings
from functools import cache
from types import ModuleType
from typing import Any

from kernels.backends.mxnet.cuda_libraries import gpu_wheel, preload
from kernels.backends.mxnet.failures import explain
from kernels.backends.mxnet.numpy_names import lent_names
from kernels.backends.optional import room
from kernels.contract import AVAILABLE, Availability


class MXNetUnavailableError(ImportError):
    """MXNet can't be imported; the message is one sentence with the remedy."""


@cache
def _import() -> ModuleType | Availability:
    """Import MXNet once, or say why that failed."""
    enough = room("MXNet")
    if not enough:
        return enough
    if gpu_wheel() is not None:
        preload()
    try:
        # MXNet 1.9.1 warns about distutils and NumPy names that its users can't change.
        with warnings.catch_warnings(), lent_names():
            warnings.simplefilter("ignore")
            import mxnet
    except Exception as error:  # noqa: BLE001 - whatever it is, it must become a sentence
        return explain(error)
    _forget_scipy(mxnet)
    return mxnet  # type: ignore[no-any-return]


def _forget_scipy(mxnet: Any) -> None:
    """Let MXNet do as it does without SciPy.

    Where SciPy is installed ``nd.array`` looks its sparse matrices up under a name that
    SciPy deprecates (and drops in 2.0): a warning at every call, and the time for it.
    """
    for module in (mxnet.ndarray.utils, mxnet.ndarray.sparse):
        module.spsp = None


def availability() -> Availability:
    """Say whether MXNet can be imported; tries it.

    Returns
    -------
    Availability
    """
    imported = _import()
    return imported if isinstance(imported, Availability) else AVAILABLE


def load() -> ModuleType:
    """Import MXNet.

    Returns
    -------
    module
        ``mxnet``.

    Raises
    ------
    MXNetUnavailableError
    """
    imported = _import()
    if isinstance(imported, Availability):
        raise MXNetUnavailableError(str(imported))
    return imported


class _LazyModule(ModuleType):
    """``mxnet``, imported at the first use of a name in it.

    After that use its names are plain attributes, so a kernel pays nothing for it.
    """

    def __getattr__(self, name: str) -> Any:
        module = load()
        self.__dict__.update(vars(module))
        return getattr(module, name)


mx: Any = _LazyModule("mxnet")
