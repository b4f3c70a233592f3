"""Where JAX kernels get their batches from."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from kernels.backends.jax.devices import named
from kernels.backends.jax.imports import jax

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data.workload import Workload
    from kernels.contract import Order


def rows(array: Any, index: Any) -> Any:
    """Write down a gather of rows whose indices are known to be in bounds.

    Parameters
    ----------
    array : Array, shape (n, ...)
    index : Array, shape (k,), integer

    Returns
    -------
    Array, shape (k, ...)
    """
    return array.at[index].get(mode="promise_in_bounds")


def slice_of(data: tuple[Any, Any], first: Any, m: int) -> tuple[Any, Any]:
    """Write down the batch of m samples from the first on.

    Parameters
    ----------
    data : tuple of (Array, shape (n, n_features); Array, shape (n,))
        Features and labels.
    first : int or Array, shape ()
        Traced: where it begins compiles nothing anew.
    m : int

    Returns
    -------
    tuple of (Array, shape (m, n_features); Array, shape (m,))
    """
    cut = jax.lax.dynamic_slice_in_dim
    features, labels = data
    return cut(features, first, m), cut(labels, first, m)


@cache
def _permute() -> Any:
    return jax.jit(lambda data, index: tuple(rows(array, index) for array in data))


@cache
def _cut() -> Any:
    return jax.jit(slice_of, static_argnums=2)


class InMemory:
    """One permutation on the device, then slices of it.

    An epoch costs one copy of the order to the device, one compiled call that takes the
    rows, and one a batch that cuts it out: indexing a JAX array from Python costs many
    times that.
    """

    def __init__(self, workload: Workload, device: str, batch_size: int) -> None:
        where = named(device)
        self._batch_size = batch_size
        self._permute, self._cut = _permute(), _cut()
        arrays = (workload.features, workload.labels)
        self.data = jax.device_put(arrays, where, may_alias=False)

    def permuted(self, order: Order) -> tuple[Any, Any]:
        """Enqueue the permutation: features (n, n_features), labels (n,)."""
        permuted: tuple[Any, Any] = self._permute(self.data, order.astype(np.int32))
        return permuted

    def __call__(self, order: Order) -> Iterator[tuple[Any, Any]]:
        """Yield the batches of one epoch: features (m, n_features), labels (m,)."""
        data = self.permuted(order)
        n, batch_size, cut = len(order), self._batch_size, self._cut
        for first in range(0, n, batch_size):
            yield cut(data, first, min(batch_size, n - first))
