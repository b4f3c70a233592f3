"""The libraries that kernels run on; importing this package imports none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernels.backends.mxnet import BACKEND as MXNET

if TYPE_CHECKING:
    from kernels.contract import Backend

BACKENDS: dict[str, Backend] = {MXNET.name: MXNET}


def get(name: str) -> Backend:
    """Return the backend of a name.

    Parameters
    ----------
    name : str

    Returns
    -------
    Backend

    Raises
    ------
    KeyError
        When there is none of that name.
    """
    return BACKENDS[name]
